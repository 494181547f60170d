import { fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type handleBidiStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  type ServerDuplexStream,
} from "@grpc/grpc-js";
import { type ControlAccess, PlayoutError, Status } from "@retrovue/core";
import {
  Health,
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  type Reflection,
  requestFromBytes,
  ServerReflection,
  ServerReflectionResponseSchema,
  type ServingHealth,
} from "@retrovue/protocol/serving";
import { callerOf, signalOf } from "./caller.js";
import { send } from "./control-handlers.js";
import { bare, serviceErrorOf } from "./status.js";

/** Answers `grpc.health.v1.Health/Check`. Nobody is asked who they are: orchestrators cannot say. */
export const checkHandler =
  (health: ServingHealth): handleUnaryCall<Uint8Array, Uint8Array> =>
  (call, answer) => {
    try {
      requestFromBytes(Health.method.check, call.request);
      const { service } = fromBinary(HealthCheckRequestSchema, call.request);
      const state = health.check(service);
      if (state === undefined) answer(bare(Status.NotFound, `${service.slice(0, 200)} is not served here.`));
      else answer(null, toBinary(HealthCheckResponseSchema, state));
    } catch (thrown) {
      answer(serviceErrorOf(thrown));
    }
  };

/** Answers `grpc.health.v1.Health/Watch`. */
export const watchHandler =
  (health: ServingHealth): handleServerStreamingCall<Uint8Array, Uint8Array> =>
  (call) => {
    const work = async () => {
      requestFromBytes(Health.method.watch, call.request);
      const { service } = fromBinary(HealthCheckRequestSchema, call.request);
      const signal = signalOf(call);
      const states = health.watch(service, signal);
      if (states === undefined)
        throw new PlayoutError("LimitExceeded", "Too many watch the engine's health.");
      call.sendMetadata(new Metadata());
      await send(states, call, (state) => toBinary(HealthCheckResponseSchema, state), signal);
    };
    work().catch((thrown: unknown) => call.emit("error", serviceErrorOf(thrown)));
  };

/** Questions of one reflection stream that may wait for their answers. */
const questionsMax = 64;

/** Answers `ServerReflectionInfo`, question by question. */
export const reflectionHandler =
  (
    reflection: Reflection,
    access: ControlAccess,
    isLocal: boolean,
  ): handleBidiStreamingCall<Uint8Array, Uint8Array> =>
  (call) => {
    try {
      callerOf(call, access, isLocal);
    } catch (thrown) {
      call.emit("error", serviceErrorOf(thrown));
      return;
    }
    let asked = 0;
    call.on("data", (bytes: Uint8Array) => {
      try {
        if (++asked > questionsMax)
          throw new PlayoutError("LimitExceeded", "Too many questions in one stream.");
        const question = requestFromBytes(ServerReflection.method.serverReflectionInfo, bytes);
        const answer = reflection.answer(question as Parameters<Reflection["answer"]>[0]);
        call.write(toBinary(ServerReflectionResponseSchema, answer));
      } catch (thrown) {
        fail(call, thrown);
      }
    });
    call.on("end", () => call.end());
  };

function fail(call: ServerDuplexStream<Uint8Array, Uint8Array>, thrown: unknown): void {
  call.removeAllListeners("data");
  call.emit("error", serviceErrorOf(thrown));
}
