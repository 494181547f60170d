import type { HouseGrid } from "./house-grid.js";
import type { SampleIndex, Tick } from "./units.js";

/** MPEG-TS timestamps (PTS, DTS) tick at 90 kHz and wrap at 33 bits (ISO/IEC 13818-1, 2.4.3.7). */
export const ptsModulus = 1n << 33n;

/** Units of PTS in a second. */
export const ptsRate = 90_000n;

/** Units of PCR in a second: the 27 MHz system clock. */
export const pcrRate = 27_000_000n;

/** The PCR wraps where its 33-bit 90 kHz base does. */
export const pcrModulus = ptsModulus * 300n;

/**
 * PTS of tick `n`: `floor(n · den · 90000 / num)` modulo 2^33. Derived from the tick alone, so that a restarted
 * encoder goes on with the same line; wraps every 26.5 hours.
 */
export function ptsOfTick(grid: HouseGrid, n: Tick): bigint {
  const { num, den } = grid.frameRate;
  return ((BigInt(n) * BigInt(den) * ptsRate) / BigInt(num)) % ptsModulus;
}

/** PTS of sample `s` at `sampleRate`: `floor(s · 90000 / rate)` modulo 2^33. */
export const ptsOfSample = (s: SampleIndex, sampleRate: number): bigint =>
  ((BigInt(s) * ptsRate) / BigInt(sampleRate)) % ptsModulus;

/** PCR, in units of 27 MHz, at the time that tick `n` is shown; modulo 2^33 · 300. */
export function pcrOfTick(grid: HouseGrid, n: Tick): bigint {
  const { num, den } = grid.frameRate;
  return ((BigInt(n) * BigInt(den) * pcrRate) / BigInt(num)) % pcrModulus;
}

/**
 * The running value that a wrapped one stands for: the value congruent to `wrapped` that lies nearest to `near`. Right
 * while the two are less than half a wrap (13.2 hours) apart; a tie goes forward.
 *
 * @param wrapped a PTS, DTS (`modulus` = `ptsModulus`) or PCR (`pcrModulus`) as read from the wire
 * @param near the running value of a neighbour; the result may be negative if this is near zero
 */
export function unwrap(wrapped: bigint, near: bigint, modulus: bigint): bigint {
  const half = modulus / 2n;
  const ahead = (((wrapped - near) % modulus) + modulus) % modulus;
  return near + (ahead > half ? ahead - modulus : ahead);
}
