import type { Expectation } from "../bus/committer.js";
import type { StandInKind, StandInReason } from "../bus/frame-meta.js";
import type { SegmentPlace } from "../plan/place.js";
import { type HoldablePicture, standInFor } from "../supervision/stand-in.js";
import type { HouseGrid } from "../time/house-grid.js";
import type { Tick } from "../time/units.js";
import type { ChannelSettings } from "./settings.js";
import type { SharedPicture } from "./shared-picture.js";

/** What airs in place of the planned picture. */
export interface LadderStep {
  readonly kind: StandInKind;
  readonly reason: StandInReason;
  /** The picture to hold; undefined for slate and black. */
  readonly held: SharedPicture | undefined;
}

/**
 * The channel's way down when a picture is missing: hold the segment's last one, then slate, then black. It keeps the last
 * picture aired so that it can be held even when the decoder that made it is gone.
 */
export class Ladder {
  readonly #settings: ChannelSettings;
  readonly #grid: HouseGrid;
  #last: SharedPicture | undefined;
  #holdable: { segmentId: string; tick: Tick; heldTicks: number } | undefined;

  constructor(settings: ChannelSettings, grid: HouseGrid) {
    this.#settings = settings;
    this.#grid = grid;
  }

  /** The planned picture airs: from now on it is what a hold would show. */
  aired(tick: Tick, place: SegmentPlace, picture: SharedPicture): void {
    if (this.#last !== picture) {
      this.#last?.release();
      this.#last = picture.hold();
    }
    if (this.#holdable === undefined) {
      this.#holdable = { segmentId: place.segment.id, tick, heldTicks: 0 };
      return;
    }
    this.#holdable.segmentId = place.segment.id;
    this.#holdable.tick = tick;
    this.#holdable.heldTicks = 0;
  }

  /** The committer stood in for so many ticks by itself: it will have held what there was. */
  skipped(ticks: number): void {
    if (this.#holdable !== undefined) this.#holdable.heldTicks += ticks;
  }

  /** Nothing can be held across this: the plan has no media here. */
  clear(): void {
    this.#last?.release();
    this.#last = undefined;
    this.#holdable = undefined;
  }

  /** Decides what stands in for one tick. */
  standIn(expectation: Expectation, reason: StandInReason): LadderStep {
    const { settings, short } = { settings: this.#settings, short: reason === "endedEarly" };
    const policy = {
      holdTicksMax: this.#grid.ticksIn(short ? settings.shortHoldNs : settings.holdNsMax),
      after: short ? settings.onShort : settings.afterHold,
    };
    const last: HoldablePicture | undefined = this.#holdable;
    const { kind, reason: told } = standInFor({ policy, expectation, last, reason });
    if (kind === "hold" && this.#holdable !== undefined) {
      this.#holdable.heldTicks += 1;
      return { kind, reason: told, held: this.#last };
    }
    this.clear();
    return { kind, reason: told, held: undefined };
  }
}
