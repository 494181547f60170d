/** A broken assumption of our own code. Never used for input: that gets a coded `PlayoutError`. */
export class InvariantViolation extends Error {
  override readonly name = "InvariantViolation";
}

/** Asserts what only a programmer's error could break. Stays on in production. */
export function invariant(condition: unknown, why: string): asserts condition {
  if (!condition) throw new InvariantViolation(`Invariant broken: ${why}`);
}
