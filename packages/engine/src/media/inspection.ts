import type { AssetInfo, Candidate, PlayoutError } from "@retrovue/core";
import { type FromWorker, fromPlainError, toPlainError } from "../workers/messages.js";

/** What was found out about an asset. */
export interface Inspection {
  readonly uri: string;
  /** Every decoder's answer, best first. */
  readonly candidates: readonly Candidate[];
  /** Who would play it: the best that opens it. Undefined where nobody does. */
  readonly decoder: string | undefined;
  readonly asset: AssetInfo | undefined;
  /** Why nobody plays it. */
  readonly error: PlayoutError | undefined;
}

type Answer = Extract<FromWorker, { kind: "inspected" }>;

/** As it may cross between processes. */
export const toPlainInspection = ({
  candidates,
  decoder,
  asset,
  error,
}: Inspection): Pick<Answer, "info" | "decoder" | "candidates" | "error"> => ({
  candidates: candidates.map(({ name, index, probe }) => ({
    name,
    index,
    score: probe.score,
    reason: probe.reason.slice(0, 4_096),
  })),
  ...(decoder !== undefined && { decoder }),
  ...(asset && { info: { ...asset } }),
  ...(error && { error: toPlainError(error) }),
});

/** The inspection that crossed. */
export const fromPlainInspection = (
  uri: string,
  { candidates, decoder, info, error }: Answer,
): Inspection => ({
  uri,
  candidates: candidates.map(({ name, index, score, reason }) => ({ name, index, probe: { score, reason } })),
  decoder,
  asset: info,
  error: error && fromPlainError(error),
});
