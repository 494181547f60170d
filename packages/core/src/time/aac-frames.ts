import { ceilDiv, floorDiv } from "./division.js";
import type { SampleIndex } from "./units.js";

/** Samples per channel in an AAC-LC frame (ISO/IEC 14496-3, 4.5.2.1.1). At 48 kHz that is 1 920 units of PTS. */
export const aacFrameSamples = 1024;

const frame = BigInt(aacFrameSamples);

/**
 * The start of the AAC frame that holds sample `s`. Frames lie on the sample indices divisible by 1 024, counted from
 * the epoch, so a restarted encoder cuts sound at the same places and its PTS continue the old line.
 */
export const aacFrameAtOrBefore = (s: SampleIndex): SampleIndex =>
  Number(floorDiv(BigInt(s), frame) * frame) as SampleIndex;

/** The first start of an AAC frame at or after sample `s`. */
export const aacFrameAtOrAfter = (s: SampleIndex): SampleIndex =>
  Number(ceilDiv(BigInt(s), frame) * frame) as SampleIndex;
