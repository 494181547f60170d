import type { FrameMeta, FrameReader, StandInReason, Tick } from "@retrovue/core";
import { readBlockMark, readCompactMark } from "@retrovue/core/testing";

/** What a channel plays, as far as a watch must know it. */
export interface WatchedProgramme {
  readonly width: number;
  readonly height: number;
  /** Compact marks are bytes of the pattern decoder's; blocks survive coding. */
  readonly mark: "compact" | "blocks";
  /** Pictures of what is looped, one for each tick. */
  readonly frames: number;
  /** Which picture a tick shows, where it is no single loop; undefined where it may be any. */
  readonly frameAt?: (tick: number) => number | undefined;
}

/** One tick as it was seen. */
export interface WatchedTick {
  readonly tick: Tick;
  /** As `hold late`; undefined where what is planned was shown. */
  readonly standIn: string | undefined;
  readonly meta: FrameMeta;
  /** Number of the picture, by its pixels. */
  readonly frame: number | undefined;
}

/** Reads a bus tick by tick, as an independent reader: none may be missing, and pictures must be those of the clock. */
export class TickWatch {
  readonly faults: string[] = [];
  /** What stood in at which tick, as `hold late`. */
  readonly standIns = new Map<number, string>();
  ticks = 0;
  first: Tick | undefined;
  last = 0 as Tick;
  /** Which picture is shown at tick 0 of the loop: found at the first planned tick, then held to. */
  anchor: number | undefined;
  readonly #reader: FrameReader;
  readonly #programme: WatchedProgramme;
  readonly #trueReasons: ReadonlySet<StandInReason>;

  constructor(
    reader: FrameReader,
    programme: WatchedProgramme,
    trueReasons: ReadonlySet<StandInReason>,
    anchor?: number,
  ) {
    this.#reader = reader;
    this.#programme = programme;
    this.#trueReasons = trueReasons;
    this.anchor = anchor;
  }

  /** The place in the loop of what is planned at a tick. */
  placeOf(tick: number): number {
    const { frames } = this.#programme;
    return (tick + (this.anchor ?? 0)) % frames;
  }

  /** One tick: the next one, the right frame, or a stand-in with a reason that is true. */
  async look(): Promise<WatchedTick> {
    const lease = await this.#reader.next(AbortSignal.timeout(60_000));
    if (lease.overrun) throw new Error("The campaign's reader does not keep up.");
    const { tick, meta } = lease;
    const frame = this.#markOf(lease.picture);
    if (lease.release() !== "intact") throw new Error("The campaign's reader does not keep up.");
    if (this.first !== undefined && tick !== this.last + 1)
      this.faults.push(`after tick ${this.last} came ${tick}`);
    this.first ??= tick;
    this.last = tick;
    this.ticks += 1;
    if (meta.standIn !== undefined) {
      const standIn = `${meta.standIn} ${meta.standInReason}`;
      this.standIns.set(tick, standIn);
      if (!this.#trueReasons.has(meta.standInReason))
        this.faults.push(`tick ${tick} stood in for the reason ${meta.standInReason}`);
      return { tick, meta, frame, standIn };
    }
    this.#hold(tick, frame);
    return { tick, meta, frame, standIn: undefined };
  }

  #hold(tick: Tick, frame: number | undefined): void {
    const { frames, frameAt } = this.#programme;
    if (frameAt !== undefined) {
      const expected = frameAt(tick);
      if (expected !== undefined && frame !== expected)
        this.faults.push(`tick ${tick} shows frame ${frame}, not ${expected}`);
      return;
    }
    if (frame !== undefined) this.anchor ??= (((frame - tick) % frames) + frames) % frames;
    if (frame === undefined || frame !== this.placeOf(tick))
      this.faults.push(`tick ${tick} shows frame ${frame}, not ${this.placeOf(tick)}`);
  }

  #markOf({ planes, strides }: { planes: readonly Uint8Array[]; strides: readonly number[] }) {
    const { width, height, mark } = this.#programme;
    const bytes = planes[0] ?? new Uint8Array();
    if (mark === "compact") return readCompactMark(bytes)?.frame;
    const view = { bytes, offset: 0, stride: strides[0] ?? width, step: 1, width, height, shift: undefined };
    return readBlockMark(view)?.frame;
  }
}
