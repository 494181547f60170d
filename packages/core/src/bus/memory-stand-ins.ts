import { type HoldablePicture, standInFor } from "../supervision/stand-in.js";
import type { Tick } from "../time/units.js";
import type { StandInPolicy } from "./committer.js";
import { type FrameMeta, noSegmentId, type StandInReason } from "./frame-meta.js";
import { MemoryExpectations } from "./memory-expectations.js";

/** Until the engine says otherwise (timing.md: hold for faults is 2 s; 60 ticks are that or less at every rate up to 30). */
const initialPolicy: StandInPolicy = { holdTicksMax: 60, after: "slate" };

/** Writes the metas of stand-ins: what could be held, what the plan expects, and why ticks are missing. */
export class MemoryStandIns {
  readonly expectations = new MemoryExpectations();
  policy = initialPolicy;
  reason: StandInReason = "none";
  #last: { segmentId: string; tick: Tick; heldTicks: number; meta: FrameMeta } | undefined;
  /** True while the tick before was a stand-in of the committer's own. */
  #standing = false;

  /** The meta of a stand-in at `tick` with its `samples` of silence; it is then taken to air. */
  metaFor(tick: Tick, samples: number): FrameMeta {
    const expectation = this.expectations.at(tick);
    const last: HoldablePicture | undefined = this.#last;
    const { kind, reason } = standInFor({ policy: this.policy, expectation, last, reason: this.reason });
    const held = kind === "hold" ? this.#last : undefined;
    if (held) held.heldTicks++;
    else this.#last = undefined;
    this.#standing = true;
    return {
      planRevision: expectation?.planRevision ?? 0,
      segmentId: expectation?.segmentId ?? noSegmentId,
      assetUri: expectation?.assetUri ?? "",
      assetTitle: expectation?.assetTitle ?? "",
      // Where the plan has nothing there is no segment to be the first tick of.
      firstOfSegment: expectation?.firstTick === tick && expectation.segmentId !== noSegmentId,
      repeat: false,
      standIn: kind,
      standInReason: reason,
      pad: expectation?.pad ?? false,
      discontinuity: false,
      late: false,
      mediaTime: held?.meta.mediaTime,
      sourcePts: held?.meta.sourcePts,
      sourceTimeBase: held?.meta.sourceTimeBase,
      sourceIndex: held?.meta.sourceIndex,
      decoderIndex: undefined,
      decodeNs: 0,
      silentSamples: expectation?.pad ? 0 : samples,
      ancillary: [],
    };
  }

  /** Takes note of a submitted tick; answers its meta, marked where it returns from a stand-in of ours. */
  noteAired(tick: Tick, byName: boolean, meta: FrameMeta): FrameMeta {
    // Expectations that were lived through make room for those to come, whether or not one was needed.
    this.expectations.at(tick);
    if (byName || meta.pad || meta.standIn === "slate" || meta.standIn === "black") this.#last = undefined;
    else if (meta.standIn === undefined) this.#noteShown(tick, meta);
    else if (this.#last) this.#last.heldTicks++;
    const returns = this.#standing && meta.standIn === undefined;
    this.#standing = false;
    return returns && !meta.discontinuity ? { ...meta, discontinuity: true } : meta;
  }

  #noteShown(tick: Tick, meta: FrameMeta): void {
    if (this.#last === undefined) {
      this.#last = { segmentId: meta.segmentId, tick, heldTicks: 0, meta };
    } else {
      this.#last.segmentId = meta.segmentId;
      this.#last.tick = tick;
      this.#last.heldTicks = 0;
      this.#last.meta = meta;
    }
  }
}
