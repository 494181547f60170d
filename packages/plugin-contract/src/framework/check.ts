import assert from "node:assert/strict";
import { type ErrorCode, PlayoutError } from "@retrovue/core";

/** Fails the check unless `condition` holds; `what` says what was expected. */
export function ensure(condition: unknown, what: string): asserts condition {
  assert.ok(condition, what);
}

/** Fails the check unless both are deeply and strictly equal. */
export function equal<T>(actual: T, expected: T, what: string): void {
  try {
    assert.deepStrictEqual(actual, expected);
  } catch (cause) {
    // The assertion's own message shows the difference, ours says what was compared.
    throw new Error(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/**
 * Marks a promise that is awaited later: should the check fail before it gets there, its rejection is no second error.
 */
export function awaitedLater<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {});
  return work;
}

/**
 * Fails the check unless `work` rejects with a `PlayoutError` of one of `codes`; answers it. May be started now and awaited
 * later.
 */
export function rejects(
  work: Promise<unknown>,
  codes: ErrorCode | readonly ErrorCode[],
  what: string,
): Promise<PlayoutError> {
  const expected: readonly string[] = typeof codes === "string" ? [codes] : codes;
  return awaitedLater(
    work.then(
      (value) =>
        assert.fail(`${what}: expected ${expected.join(" or ")}, but it resolved with ${String(value)}`),
      (error: unknown) => {
        const got = PlayoutError.is(error) ? error.code : String(error);
        ensure(PlayoutError.is(error), `${what}: expected ${expected.join(" or ")}, got ${got}`);
        ensure(expected.includes(error.code), `${what}: expected ${expected.join(" or ")}, got ${got}`);
        return error;
      },
    ),
  );
}

/** As `rejects`, for a call that throws where it stands. */
export function throws(call: () => unknown, code: ErrorCode, what: string): void {
  assert.throws(call, (error) => PlayoutError.is(error, code), `${what}: expected ${code}`);
}

/**
 * Waits until `probe` answers something else than undefined, looking again as other work of the process goes on.
 * For what an implementation settles on a thread or in a process of its own; `signal` bounds it.
 */
export async function eventually<T>(
  probe: () => T | undefined | Promise<T | undefined>,
  what: string,
  signal: AbortSignal,
): Promise<T> {
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (signal.aborted) throw new Error(`${what} did not come about.`, { cause: signal.reason });
    await new Promise<void>((resolve) => setTimeout(resolve, 1));
  }
}
