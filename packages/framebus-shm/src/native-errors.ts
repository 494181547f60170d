import { type ErrorCode, errorCodes, PlayoutError } from "@retrovue/core";

const isErrorCode = (code: unknown): code is ErrorCode =>
  typeof code === "string" && Object.hasOwn(errorCodes, code);

/** An error of the addon as the engine knows errors; its code is one of ours already. */
export function fromNative(thrown: unknown): PlayoutError {
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
  if (!(thrown instanceof Error) || !isErrorCode(code)) return PlayoutError.from(thrown);
  return new PlayoutError(code, thrown.message, { cause: thrown });
}

/** Runs a call into the addon; the stack of what it throws is the caller's. */
export function native<T>(call: () => T): T {
  try {
    return call();
  } catch (thrown) {
    throw fromNative(thrown);
  }
}

/** Throws what an aborted signal stands for. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw PlayoutError.from(signal.reason, "Cancelled");
}

/** Awaits something that opens; where the signal was aborted meanwhile, closes it again and rejects. */
export async function opened<T extends { close(): void }>(
  opening: Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  let thing: T;
  try {
    thing = await opening;
  } catch (thrown) {
    throw fromNative(thrown);
  }
  if (signal.aborted) {
    thing.close();
    throw PlayoutError.from(signal.reason, "Cancelled");
  }
  return thing;
}
