// What servers of the control API share, whatever they speak.
export {
  Health,
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus,
  HealthCheckResponseSchema,
} from "./gen/grpc/health/v1/health_pb.js";
export {
  ServerReflection,
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
} from "./gen/grpc/reflection/v1/reflection_pb.js";
export { type Caller, CallLedger, readCorrelationId } from "./serving/call-ledger.js";
export { bearerTokenIn, certificateNameOf, isLoopbackHost } from "./serving/credentials.js";
export { defaultAccess } from "./serving/default-access.js";
export {
  type ListenAddress,
  type Listener,
  type ListenOptions,
  listenOn,
  parseListen,
} from "./serving/listener.js";
export { OpenSockets } from "./serving/open-sockets.js";
export { Reflection } from "./serving/reflection.js";
export { requestFromBytes } from "./serving/request-from-bytes.js";
export { parseServerOptions, type ServerOptions } from "./serving/server-options.js";
export { ServingHealth } from "./serving/serving-health.js";
export { ServingLife, type ServingListener } from "./serving/serving-life.js";
export { readTls, type TlsMaterial } from "./serving/tls-material.js";
