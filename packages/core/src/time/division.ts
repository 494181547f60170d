/** Integer division rounded towards minus infinity. `b` must be positive. */
export function floorDiv(a: bigint, b: bigint): bigint {
  // BigInt division truncates, which is the same where nothing is negative: the tick loop's case, without a remainder.
  if (a >= 0n) return a / b;
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}

/** Integer division rounded towards plus infinity. `b` must be positive. */
export function ceilDiv(a: bigint, b: bigint): bigint {
  if (a <= 0n) return a / b;
  const quotient = a / b;
  return a % b > 0n ? quotient + 1n : quotient;
}
