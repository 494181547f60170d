import type { FrameWriter } from "../bus/frame-bus.js";
import type { PictureTreatment } from "../conform/conformer.js";
import type { ProgramFormat } from "../media/program-format.js";
import { fadeAlphaAt } from "../plan/fade.js";
import type { Place, SegmentPlace } from "../plan/place.js";
import type { HouseGrid } from "../time/house-grid.js";
import type { Tick } from "../time/units.js";
import { expectationOf } from "./expectation.js";
import { Ladder, type LadderStep } from "./ladder.js";
import { metaOfPicture, metaOfPlanned, metaOfStandIn, type PictureMeta } from "./meta.js";
import type { ChannelSettings } from "./settings.js";
import type { SharedPicture } from "./shared-picture.js";
import type { PictureTiming, Source } from "./source.js";

/** What airs as a tick's picture, and how its slot describes it. */
export interface PictureOfTick {
  readonly picture: Parameters<FrameWriter["submit"]>[1];
  readonly meta: PictureMeta;
  readonly timing: PictureTiming;
}

/**
 * The channel's unbroken line of pictures: the planned one where it is there, else what the ladder says; and in what relation
 * each stands to the one before: a repeat, a break, the first of its segment.
 */
export class PictureLine {
  readonly #grid: HouseGrid;
  readonly #format: ProgramFormat;
  readonly #ladder: Ladder;
  /** Where the tick before lay; undefined at the first tick and after ticks that came too late. */
  #before: { readonly place: Place; readonly isStandIn: boolean } | undefined;
  /** The planned picture that aired at the tick before, if one did. */
  #aired: SharedPicture | undefined;
  #treatment: PictureTreatment = { aspect: "preserve", alpha: 1, field: "both" };

  constructor(settings: ChannelSettings, grid: HouseGrid, format: ProgramFormat) {
    this.#grid = grid;
    this.#format = format;
    this.#ladder = new Ladder(settings, grid);
  }

  /** How a tick's picture is treated. The same object for as long as nothing changes. */
  treatment(n: Tick, place: SegmentPlace): PictureTreatment {
    const aspect = place.segment.aspect ?? this.#format.aspectPolicy;
    const alpha = fadeAlphaAt(place, n, this.#grid);
    if (this.#treatment.alpha !== alpha || this.#treatment.aspect !== aspect) {
      this.#treatment = { aspect, alpha, field: "both" };
    }
    return this.#treatment;
  }

  /** Decides the picture of tick `n`. Called once for each tick that is submitted, in order. */
  tick(n: Tick, place: Place, source: Source | undefined, revision: number): PictureOfTick {
    const decided = this.#decide(n, place, source, revision);
    const { standIn, pad } = decided.meta;
    this.#before = { place, isStandIn: standIn !== undefined && !pad };
    return decided;
  }

  /** A tick of this place is left to the committer, who stands in for it. */
  left(place: Place): void {
    this.#before = { place, isStandIn: true };
  }

  /** So many ticks were left to the committer, who will have held what there was. */
  skipped(ticks: number): void {
    this.#ladder.skipped(ticks);
    this.#aired = undefined;
    this.#before = undefined;
  }

  /** Gives back what is kept for holding. */
  close(): void {
    this.#ladder.clear();
  }

  #decide(n: Tick, place: Place, source: Source | undefined, revision: number): PictureOfTick {
    if (place.in !== "segment" || place.segment.asset === undefined) {
      this.#ladder.clear();
      this.#aired = undefined;
      return { picture: "black", meta: metaOfPlanned(n, place, revision), timing: "none" };
    }
    const answer = source?.picture(n, this.treatment(n, place));
    if (answer?.is === "picture") return this.#planned(n, place, revision, answer.picture);
    this.#aired = undefined;
    if (source?.expectsPictures === false) return this.#standIn(n, place, revision, soundOnly, "none");
    const isEnded = answer?.is === "ended";
    const reason = isEnded ? "endedEarly" : (source?.reason ?? "late");
    const step = this.#ladder.standIn(expectationOf(place, revision), reason);
    return this.#standIn(n, place, revision, step, isEnded ? "none" : "late");
  }

  #planned(n: Tick, place: SegmentPlace, revision: number, picture: SharedPicture): PictureOfTick {
    const isRepeat = picture === this.#aired;
    this.#ladder.aired(n, place, picture);
    this.#aired = picture;
    return {
      picture: picture.buffer,
      meta: metaOfPicture(n, place, revision, picture, isRepeat, this.#breaks(n, place)),
      timing: "on-time",
    };
  }

  #standIn(
    n: Tick,
    place: SegmentPlace,
    revision: number,
    step: LadderStep,
    timing: PictureTiming,
  ): PictureOfTick {
    const picture = step.held?.buffer ?? (step.kind === "black" ? "black" : "slate");
    return { picture, meta: metaOfStandIn(n, place, revision, step, this.#isJoined(n, place)), timing };
  }

  /** True where this picture does not follow from the tick before: a return from a fault, a splice, a join. */
  #breaks(n: Tick, place: SegmentPlace): boolean {
    const isReturn = this.#before?.isStandIn === true && n !== place.first;
    return isReturn || this.#isJoined(n, place);
  }

  /** True where the segment is entered in its middle. */
  #isJoined(n: Tick, place: SegmentPlace): boolean {
    const before = this.#before;
    if (before === undefined) return true;
    if (n === place.first) return false;
    return before.place.in !== "segment" || before.place.segment.id !== place.segment.id;
  }
}

/** An asset without pictures airs with the slate for its picture. */
const soundOnly: LadderStep = Object.freeze({ kind: "slate", reason: "soundOnly", held: undefined });
