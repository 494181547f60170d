import { Metadata, type ServiceError } from "@grpc/grpc-js";
import { PlayoutError } from "@retrovue/core";
import { messageOf, statusBytesOf } from "@retrovue/protocol";

/** Anything thrown as grpc-js wants it: status, message, and the details in their trailer. Never `UNKNOWN`, never a stack. */
export function serviceErrorOf(thrown: unknown): ServiceError {
  const error = PlayoutError.from(thrown);
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(statusBytesOf(error)));
  return bare(error.entry.status, messageOf(error), metadata);
}

/** A status that is none of our errors: those of the public services beside ours. */
export function bare(code: number, details: string, metadata: Metadata = new Metadata()): ServiceError {
  return Object.assign(new Error(details), { code, details, metadata });
}
