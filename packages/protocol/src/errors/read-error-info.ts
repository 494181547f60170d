import { fromBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { type ErrorInfo, ErrorInfoSchema } from "../gen/google/rpc/error_details_pb.js";
import { type Status as RpcStatus, StatusSchema } from "../gen/google/rpc/status_pb.js";
import { errorDomain } from "./error-domain.js";

/** The engine's `ErrorInfo` among an error's details; undefined where another program answered, as a proxy does. */
export function errorInfoIn(status: RpcStatus): ErrorInfo | undefined {
  for (const detail of status.details) {
    const info = anyUnpack(detail, ErrorInfoSchema);
    if (info?.domain === errorDomain) return info;
  }
  return undefined;
}

/** Reads the trailer `grpc-status-details-bin`; undefined if the bytes are not a status. */
export function statusFromBytes(bytes: Uint8Array): RpcStatus | undefined {
  try {
    return fromBinary(StatusSchema, bytes);
  } catch {
    return undefined;
  }
}
