import {
  type FrameLease,
  fadeAlphaAt,
  type Place,
  type SegmentPlace,
  samplesPerTickMax,
  tickAfter,
} from "@retrovue/core";
import { exactSample, matchExactSound, sampleNearest } from "@retrovue/core/testing";
import type { Actor } from "../world/cast.js";
import type { Facts } from "../world/facts.js";
import { Violation } from "./violation.js";

/** Samples of a 2 ms ramp at a cut. */
const cutSamples = 96;

/** How far a faded sample may be from what it should be at most: float32, and ramps drawn by their chords. */
const tolerance = 1e-3;

/** Holds every sample that airs against the plan. */
export class SoundChecker {
  readonly #facts: Facts;
  readonly #channels: readonly Float32Array[];
  samplesChecked = 0;

  constructor(facts: Facts, channels: number) {
    this.#facts = facts;
    this.#channels = Array.from({ length: channels }, () => new Float32Array(samplesPerTickMax(facts.grid)));
  }

  /** Any tick: the right share of samples; silence where the plan has none. */
  checkShare(lease: FrameLease): void {
    const { grid } = this.#facts;
    const { tick } = lease;
    if (lease.samples !== grid.samplesIn(tick) || lease.sampleStart !== grid.sampleAt(tick)) {
      throw new Violation("sound/exact-share", tick, `${lease.samples} samples from ${lease.sampleStart}.`);
    }
    if (lease.copySound(this.#channels, 0) !== "intact")
      throw new Violation("sound/intact", tick, "Overwritten while read.");
  }

  /** A tick where the plan has no sound. */
  checkSilence(lease: FrameLease): void {
    for (const channel of this.#channels) {
      for (let i = 0; i < lease.samples; i++) {
        if (channel[i] !== 0)
          throw new Violation("sound/planned-silence", lease.tick, `Sample ${i} is ${channel[i]}.`);
      }
    }
    if (lease.meta.silentSamples !== 0) {
      throw new Violation(
        "sound/silence-told-truly",
        lease.tick,
        "Planned silence is told as missing sound.",
      );
    }
  }

  /** A tick that has an asset with sound on air. `isTroubled`: something is wrong that may cost sound. */
  check(lease: FrameLease, place: SegmentPlace, actor: Actor, isTroubled: boolean): void {
    const { grid, timeline } = this.#facts;
    const { tick, samples, meta } = lease;
    const { sound, id } = actor.pattern;
    if (sound === undefined || actor.fault === "endless") return;
    const runStart = grid.sampleAt(place.anchor.first);
    const position = sampleNearest(place.anchor.inPoint, sound.sampleRate) + lease.sampleStart - runStart;
    const left = Math.max(0, sound.samples - position);
    const ends = left < samples + fadeSamplesMax;
    if (meta.silentSamples > 0 && !ends && !isTroubled) {
      throw new Violation(
        "sound/no-needless-silence",
        tick,
        `${meta.silentSamples} samples of ${actor.uri} are missing.`,
      );
    }
    const fadeFrom = fadeAlphaAt(place, tick, grid);
    const fadeTo = fadeAlphaAt(place, tickAfter(tick, 1), grid);
    const before = timeline.at((tick - 1) as typeof tick);
    const cutIn = tick === place.first && !continues(before, place) ? cutSamples : 0;
    const after = timeline.placesFrom(place.end, 1)[0];
    timeline.at(tick);
    const cutOut =
      tick + 1 === place.end && !(after !== undefined && continues(place, after)) ? cutSamples : 0;
    for (const [index, channel] of this.#channels.entries()) {
      let altered = 0;
      for (let i = 0; i < samples; ) {
        const matched =
          position + i >= 0 ? matchExactSound(channel, i, samples - i, id, index, position + i) : 0;
        i += matched;
        if (i >= samples) break;
        const ramp = fadeFrom + ((fadeTo - fadeFrom) * i) / samples;
        const isFaded = fadeFrom !== 1 || fadeTo !== 1;
        const isCut = i < cutIn || i >= samples - cutOut;
        const expected = exactSample(id, index, position + i) * ramp;
        const actual = channel[i] ?? 0;
        if (isFaded && !isCut && meta.silentSamples === 0 && Math.abs(actual - expected) > tolerance) {
          throw new Violation(
            "sound/faded-as-planned",
            tick,
            `Sample ${i} is ${actual}; ${expected} is planned.`,
          );
        }
        if (
          isCut &&
          meta.silentSamples === 0 &&
          (Math.abs(actual) > Math.abs(expected) + tolerance || actual * expected < -tolerance)
        ) {
          throw new Violation(
            "sound/cut-within-its-own-samples",
            tick,
            `Sample ${i} is ${actual}; at most ${expected} may be heard.`,
          );
        }
        if (!isFaded && !isCut) altered += 1;
        i += 1;
      }
      if (altered > meta.silentSamples) {
        throw new Violation(
          "sound/no-sample-lost-or-doubled",
          tick,
          `${altered} samples of channel ${index} are not those of ${actual(channel, samples)}${actor.uri} from sample ${position}; ${meta.silentSamples} are told as missing.`,
        );
      }
    }
    this.samplesChecked += samples;
  }
}

/** A fade-out of 5 ms at an early end reaches into the tick before. */
const fadeSamplesMax = 240;

const actual = (channel: Float32Array, samples: number): string =>
  channel.subarray(0, samples).every((sample) => sample === 0) ? "(silence, not) " : "";

function continues(before: Place, next: Place): boolean {
  return (
    before.in === "segment" &&
    next.in === "segment" &&
    before.end === next.first &&
    before.segment.asset?.uri === next.segment.asset?.uri &&
    before.anchor.first === next.anchor.first &&
    before.anchor.inPoint === next.anchor.inPoint
  );
}
