import {
  create,
  type DescMessage,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import type { ControlServices } from "@retrovue/core";
import { methodName } from "@retrovue/protocol";

type Input<M> = M extends { readonly input: infer I extends DescMessage } ? I : never;
type Output<M> = M extends { readonly output: infer O extends DescMessage } ? O : never;

/** What a test says of a call besides its request. */
export interface CallOptions {
  readonly correlationId?: string;
  readonly signal?: AbortSignal;
}

const contextOf = ({ correlationId = "test", signal = new AbortController().signal }: CallOptions) => ({
  correlationId,
  peer: "test",
  signal,
});

/** Makes one call of an engine's control plane, without a transport. */
export async function call<M extends DescMethodUnary>(
  control: ControlServices,
  method: M,
  request: MessageInitShape<Input<M>>,
  options: CallOptions = {},
): Promise<MessageShape<Output<M>>> {
  const message = create(method.input, request as never);
  return (await control.call(methodName(method), message, contextOf(options))) as MessageShape<Output<M>>;
}

/** Begins a streaming call of an engine's control plane, without a transport. */
export function stream<M extends DescMethodServerStreaming>(
  control: ControlServices,
  method: M,
  request: MessageInitShape<Input<M>>,
  options: CallOptions = {},
): AsyncIterator<MessageShape<Output<M>>> {
  const message = create(method.input, request as never);
  const messages = control.stream(methodName(method), message, contextOf(options));
  return messages[Symbol.asyncIterator]() as AsyncIterator<MessageShape<Output<M>>>;
}
