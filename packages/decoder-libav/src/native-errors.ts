import { type ErrorCode, errorCodes, PlayoutError } from "@retrovue/core";

const isErrorCode = (code: unknown): code is ErrorCode =>
  typeof code === "string" && Object.hasOwn(errorCodes, code);

/** Runs a call into the addon; what it throws names the asset, and its stack is the caller's. */
export function native<T>(uri: string, call: () => T): T {
  try {
    return call();
  } catch (thrown) {
    throw fromNative(uri, thrown);
  }
}

/** An error of the addon as the engine knows errors; its code is one of ours already. */
export function fromNative(uri: string, thrown: unknown): PlayoutError {
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
  if (!(thrown instanceof Error) || !isErrorCode(code)) return PlayoutError.from(thrown, "DecodeFailed");
  return new PlayoutError(code, `${uri}: ${thrown.message}`, { cause: thrown, details: { uri } });
}

/** Throws what an aborted signal stands for. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw PlayoutError.from(signal.reason, "Cancelled");
}
