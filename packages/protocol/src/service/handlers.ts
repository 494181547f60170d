import type {
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  MessageShape,
} from "@bufbuild/protobuf";
import type { CallContext } from "@retrovue/core";

/**
 * A service as whoever implements it sees it: one function for each method, by the method's name in lower camel case.
 * Requests come decoded; answers are whole messages. A class in the engine says `implements Handlers<typeof PlayoutPlans>`
 * and does not compile while a method is missing.
 */
export type Handlers<Service extends DescService> = {
  readonly [Name in keyof Service["method"]]: Service["method"][Name] extends DescMethodUnary<
    infer I,
    infer O
  >
    ? (request: MessageShape<I>, context: CallContext) => Promise<MessageShape<O>>
    : Service["method"][Name] extends DescMethodServerStreaming<infer I, infer O>
      ? (request: MessageShape<I>, context: CallContext) => AsyncIterable<MessageShape<O>>
      : never;
};
