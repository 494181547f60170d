import type { ProbeResult } from "./decoder.js";

/** One decoder's answer for an asset. */
export interface Candidate {
  readonly index: number;
  readonly name: string;
  readonly probe: ProbeResult;
}
