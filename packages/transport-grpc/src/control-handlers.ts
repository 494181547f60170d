import { type DescMethod, type Message, toBinary } from "@bufbuild/protobuf";
import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  type ServerWritableStream,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import type { ControlAccess } from "@retrovue/core";
import { methodName } from "@retrovue/protocol";
import { type CallLedger, requestFromBytes } from "@retrovue/protocol/serving";
import { callerOf } from "./caller.js";
import { serviceErrorOf } from "./status.js";

/** What the handlers of one listener work with. */
export interface ControlHandlersDeps {
  readonly ledger: CallLedger;
  readonly access: ControlAccess;
  /** True where only this host reaches the listener. */
  readonly isLocal: boolean;
}

/** Answers a method of the control API. */
export function controlHandler(
  method: DescMethod,
  deps: ControlHandlersDeps,
): UntypedServiceImplementation[string] {
  return method.methodKind === "server_streaming" ? streaming(method, deps) : unary(method, deps);
}

function unary(
  method: DescMethod,
  { ledger, access, isLocal }: ControlHandlersDeps,
): handleUnaryCall<Uint8Array, Uint8Array> {
  const name = methodName(method);
  return (call, answer) => {
    const work = async () => {
      const caller = callerOf(call, access, isLocal);
      const response = await ledger.call(name, requestFromBytes(method, call.request), caller);
      return toBinary(method.output, response as Message);
    };
    work().then(
      (bytes) => answer(null, bytes),
      (thrown: unknown) => answer(serviceErrorOf(thrown)),
    );
  };
}

function streaming(
  method: DescMethod,
  { ledger, access, isLocal }: ControlHandlersDeps,
): handleServerStreamingCall<Uint8Array, Uint8Array> {
  const name = methodName(method);
  return (call) => {
    const work = async () => {
      const caller = callerOf(call, access, isLocal);
      const messages = ledger.stream(name, requestFromBytes(method, call.request), caller);
      // Headers at once: a follower knows that it follows before anything happens.
      call.sendMetadata(new Metadata());
      await send(messages, call, (message) => toBinary(method.output, message as Message), caller.signal);
    };
    work().catch((thrown: unknown) => call.emit("error", serviceErrorOf(thrown)));
  };
}

/** Writes what comes, no faster than the caller reads, and ends the stream. */
export async function send<T>(
  messages: AsyncIterable<T>,
  call: ServerWritableStream<unknown, Uint8Array>,
  encode: (message: T) => Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  for await (const message of messages) {
    if (!call.write(encode(message))) await drained(call, signal);
    if (signal.aborted) return;
  }
  call.end();
}

function drained(call: ServerWritableStream<unknown, Uint8Array>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      call.off("drain", go);
      signal.removeEventListener("abort", go);
      resolve();
    };
    call.once("drain", go);
    signal.addEventListener("abort", go, { once: true });
    if (signal.aborted) go();
  });
}
