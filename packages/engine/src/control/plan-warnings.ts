import { create } from "@bufbuild/protobuf";
import { type AssetInfo, type Nanoseconds, nanoseconds, nsPerMs, type PlanDraft } from "@retrovue/core";
import { type PlanWarning, PlanWarningSchema } from "@retrovue/protocol";

/** Segments shorter than this that follow one another cannot all be prepared in time: opening a file takes some 100 ms. */
const shortNs = 500n * nsPerMs;

/** So many short ones in a row: more than are prepared at one time by default. */
const shortRunLength = 4;

const warning = (code: string, message: string, segmentIndex?: number): PlanWarning =>
  create(PlanWarningSchema, { code, message, ...(segmentIndex !== undefined && { segmentIndex }) });

/**
 * What of a plan will air but perhaps not as meant, as far as the plan alone tells.
 *
 * @param begins when a plan without a start begins
 * @param from what ends by then never airs
 */
export function planWarnings(
  plan: PlanDraft,
  begins: Nanoseconds,
  from: Nanoseconds,
): readonly PlanWarning[] {
  const warnings: PlanWarning[] = [];
  let cursor = plan.start ?? begins;
  let shortRun = 0;
  for (const [index, segment] of plan.segments.entries()) {
    if (segment.start !== undefined && segment.start > cursor && index > 0) {
      const gapMs = (segment.start - cursor) / nsPerMs;
      warnings.push(
        warning("gap", `Nothing is planned for ${gapMs} ms before this segment: black and silence.`, index),
      );
    }
    cursor = segment.start ?? cursor;
    const end = nanoseconds(cursor + segment.duration);
    if (end <= from && plan.end !== "loop") {
      warnings.push(
        warning("in-the-past", "The segment ends before the plan takes effect: it never airs.", index),
      );
    }
    shortRun = segment.asset !== undefined && segment.duration < shortNs ? shortRun + 1 : 0;
    if (shortRun === shortRunLength) {
      const message = "A run of segments too short to be prepared in time: some will be held over, flagged.";
      warnings.push(warning("short-run", message, index - shortRunLength + 1));
    }
    cursor = end;
  }
  return warnings;
}

/** What an asset says about the segment that airs it. */
export function assetWarnings(
  segment: PlanDraft["segments"][number],
  index: number,
  asset: AssetInfo,
): readonly PlanWarning[] {
  const warnings: PlanWarning[] = [];
  const { duration, picture, sound } = asset;
  if (duration === undefined && picture?.still !== true) {
    warnings.push(
      warning("length-unknown", "How long the asset is cannot be known without reading it all.", index),
    );
  } else if (duration !== undefined && segment.inPoint + segment.duration > duration) {
    const missingMs = (segment.inPoint + segment.duration - duration) / nsPerMs;
    const message = `The asset is ${missingMs} ms shorter than its segment: held, then slate or black.`;
    warnings.push(warning("ends-early", message, index));
  }
  if (picture === undefined)
    warnings.push(warning("no-picture", "The asset has sound only: the slate is its picture.", index));
  if (sound === undefined) warnings.push(warning("no-sound", "The asset has no sound: silence.", index));
  return warnings;
}
