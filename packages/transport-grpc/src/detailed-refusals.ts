import { ServerInterceptingCall, type ServerInterceptor, status as Status } from "@grpc/grpc-js";
import { PlayoutError } from "@retrovue/core";
import { serviceErrorOf } from "./status.js";

const detailsKey = "grpc-status-details-bin";

/**
 * Puts our details on what grpc-js refuses by itself while it reads a call: a message above the bound. It does so below all
 * interceptors, but through the very `sendStatus` that the innermost call offers them, so that is where it is caught; should that change,
 * the refusal stays what it is, without details. Memory stays bounded, since grpc-js judges by the length that a message announces.
 */
export const detailedRefusals =
  (messageBytesMax: number): ServerInterceptor =>
  (_method, call) => {
    const send = call.sendStatus.bind(call);
    call.sendStatus = (status) => {
      const isBare = status.code === Status.RESOURCE_EXHAUSTED && !status.metadata?.get(detailsKey).length;
      send(isBare ? { ...status, ...tooLarge(messageBytesMax) } : status);
    };
    return new ServerInterceptingCall(call);
  };

function tooLarge(limit: number) {
  const { details, metadata } = serviceErrorOf(
    new PlayoutError("LimitExceeded", `The request is larger than ${limit} bytes.`, {
      remedy: "Send less at once.",
      details: { limit },
    }),
  );
  return { details, metadata };
}
