import type {
  DescMethod,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  Message,
} from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  type ConnectRouter,
  type HandlerContext,
  type MethodImpl,
} from "@connectrpc/connect";
import { PlayoutError } from "@retrovue/core";
import { methodName, services } from "@retrovue/protocol";
import {
  type CallLedger,
  Health,
  Reflection,
  ServerReflection,
  type ServingHealth,
} from "@retrovue/protocol/serving";
import { callerOf } from "./call-context.js";
import { connectErrorOf } from "./errors.js";

/** The older name of the reflection service, by which most tools still ask; the messages are the same. */
const reflectionBefore = "grpc.reflection.v1alpha.ServerReflection";

/** Questions of one reflection stream. */
const questionsMax = 64;

/** Serves every method of the control API from a ledger. */
export function addControl(router: ConnectRouter, ledger: CallLedger): void {
  for (const method of services.flatMap((service): readonly DescMethod[] => service.methods)) {
    // The union of kinds does not narrow by its member here, so the kind is told apart by hand.
    if (method.methodKind === "unary")
      router.rpc(method as DescMethodUnary, unary(method as DescMethodUnary, ledger));
    if (method.methodKind === "server_streaming") {
      const stream = method as DescMethodServerStreaming;
      router.rpc(stream, streaming(stream, ledger));
    }
  }
}

const unary =
  (method: DescMethodUnary, ledger: CallLedger): MethodImpl<DescMethodUnary> =>
  async (request: Message, context: HandlerContext) => {
    try {
      return (await ledger.call(methodName(method), request, callerOf(context))) as Message;
    } catch (thrown) {
      throw connectErrorOf(thrown);
    }
  };

const streaming = (
  method: DescMethodServerStreaming,
  ledger: CallLedger,
): MethodImpl<DescMethodServerStreaming> =>
  async function* (request: Message, context: HandlerContext) {
    try {
      yield* ledger.stream(methodName(method), request, callerOf(context)) as AsyncIterable<Message>;
    } catch (thrown) {
      throw connectErrorOf(thrown);
    }
  };

/** Serves the public health service. */
export function addHealth(router: ConnectRouter, health: ServingHealth): void {
  router.service(Health, {
    check: ({ service }) => {
      const state = health.check(service);
      if (state === undefined)
        throw new ConnectError(`${service.slice(0, 200)} is not served here.`, Code.NotFound);
      return state;
    },
    watch: ({ service }, { signal }) => {
      const states = health.watch(service, signal);
      if (states === undefined)
        throw connectErrorOf(new PlayoutError("LimitExceeded", "Too many watch the engine's health."));
      return states;
    },
  });
}

/** Serves the public reflection service under both of its names; over HTTP/2 alone, since questions and answers overlap. */
export function addReflection(router: ConnectRouter): void {
  const reflection = new Reflection([...services, Health, ServerReflection]);
  for (const typeName of [ServerReflection.typeName, reflectionBefore]) {
    const service: DescService = { ...ServerReflection, typeName };
    const method = { ...ServerReflection.method.serverReflectionInfo, parent: service };
    router.rpc(method as typeof ServerReflection.method.serverReflectionInfo, async function* (questions) {
      let asked = 0;
      for await (const question of questions) {
        if (++asked > questionsMax)
          throw connectErrorOf(new PlayoutError("LimitExceeded", "Too many questions in one stream."));
        yield reflection.answer(question);
      }
    });
  }
}
