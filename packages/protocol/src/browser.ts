// What a web page needs: messages, services and reading errors. Nothing here imports Node or the core's code.
export { errorDomain } from "./errors/error-domain.js";
export { errorInfoIn, statusFromBytes } from "./errors/read-error-info.js";
export * from "./gen/google/rpc/error_details_pb.js";
export { type Status as RpcStatus, StatusSchema as RpcStatusSchema } from "./gen/google/rpc/status_pb.js";
export * from "./gen/retrovue/master_clock_pb.js";
export * from "./gen/retrovue/playout_events_pb.js";
export * from "./gen/retrovue/playout_pb.js";
export * from "./gen/retrovue/playout_plans_pb.js";
export * from "./gen/retrovue/playout_status_pb.js";
export { methodName, methods, services } from "./service/services.js";
export { apiVersion } from "./version/api-version.js";
