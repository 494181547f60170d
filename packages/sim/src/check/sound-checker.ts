import {
  type FrameLease,
  type Nanoseconds,
  type SegmentPlace,
  sameMedia,
  samplesPerTickMax,
} from "@retrovue/core";
import { sampleNearest } from "@retrovue/core/testing";
import type { Actor, FaultName } from "../world/cast.js";
import type { Facts } from "../world/facts.js";
import { Episode } from "./episode.js";
import { ExactSounds, type SampleBytes, sampleBytes } from "./exact-sounds.js";
import { promisedNs } from "./recovery.js";
import { type SampleShape, shapeOf } from "./sound-shape.js";
import { Violation } from "./violation.js";

/** How far a shaped sample may be from what it should be at most: float32, and ramps drawn by their chords. */
const tolerance = 1e-3;

/** Missing sound fades out over 5 ms and comes back over as many; at an early end this reaches into the tick before. */
const fadeSamplesMax = 240;

/** Faults that take sound away while pictures go on. */
const costsSoundAlone: ReadonlySet<FaultName> = new Set(["sound-rejected", "sound-stuck", "short"]);

/** Holds every sample that airs against the plan. */
export class SoundChecker {
  readonly #facts: Facts;
  readonly #channels: readonly SampleBytes[];
  readonly #samplesOf: readonly Float32Array[];
  readonly #silence: SampleBytes;
  readonly #exact: ExactSounds;
  /** The last sample of the tick before in each channel: what a fade-out starts from. */
  readonly #last: number[];
  readonly #missing = new Episode();
  #lastIndex = 0;
  /** The tick before, where its picture and all of its sound were as planned. */
  #whole: { readonly tick: number; readonly place: SegmentPlace } | undefined;
  samplesChecked = 0;

  constructor(facts: Facts, channels: number) {
    this.#facts = facts;
    const samplesMax = samplesPerTickMax(facts.grid);
    this.#channels = Array.from({ length: channels }, () => sampleBytes(samplesMax));
    this.#samplesOf = this.#channels.map(({ samples }) => samples);
    this.#silence = sampleBytes(samplesMax);
    this.#exact = new ExactSounds(samplesMax);
    this.#last = new Array<number>(channels).fill(0);
  }

  /** Any tick: the right share of samples, which are then looked at by one of the checks below. */
  checkShare(lease: FrameLease): void {
    const { grid } = this.#facts;
    const { tick } = lease;
    if (lease.samples !== grid.samplesIn(tick) || lease.sampleStart !== grid.sampleAt(tick)) {
      throw new Violation("sound/exact-share", tick, `${lease.samples} samples from ${lease.sampleStart}.`);
    }
    for (let index = 0; index < this.#samplesOf.length; index++)
      this.#last[index] = this.#samplesOf[index]?.[this.#lastIndex] ?? 0;
    this.#lastIndex = lease.samples - 1;
    if (lease.copySound(this.#samplesOf, 0) !== "intact")
      throw new Violation("sound/intact", tick, "Overwritten while read.");
  }

  /** A tick where the plan has no sound. */
  checkSilence(lease: FrameLease): void {
    this.#whole = undefined;
    this.#missing.end();
    for (const channel of this.#channels) {
      if (this.#isSilent(channel, lease.samples)) continue;
      const i = channel.samples.findIndex((sample) => sample !== 0);
      throw new Violation("sound/planned-silence", lease.tick, `Sample ${i} is ${channel.samples[i]}.`);
    }
    if (lease.meta.silentSamples !== 0) {
      throw new Violation(
        "sound/silence-told-truly",
        lease.tick,
        "Planned silence is told as missing sound.",
      );
    }
  }

  /** A tick that has an asset on air. `isDisturbed`: something from outside may cost sound. */
  check(lease: FrameLease, place: SegmentPlace, actor: Actor, now: Nanoseconds, isDisturbed: boolean): void {
    const { tick, samples, meta } = lease;
    const { sound } = actor.pattern;
    if (sound === undefined) {
      if (meta.silentSamples === 0) this.checkSilence(lease);
      else this.#checkMissing(lease, undefined);
      return;
    }
    const runStart = this.#facts.grid.sampleAt(place.anchor.first);
    const position = sampleNearest(place.anchor.inPoint, sound.sampleRate) + lease.sampleStart - runStart;
    const left = Math.max(0, sound.samples - position);
    const ends = left < samples + fadeSamplesMax;
    // What an endless asset plays when it begins again is its own affair.
    if (actor.fault === "endless" && ends) return;
    if (meta.silentSamples > 0 && !ends && !isDisturbed && this.#isNeedless(lease, place, actor)) {
      throw new Violation(
        "sound/no-needless-silence",
        tick,
        `${meta.silentSamples} samples of ${actor.uri} are missing.`,
      );
    }
    this.#checkReturn(lease, place, actor, now, ends, isDisturbed);
    const isWhole = meta.silentSamples === 0 && meta.standIn === undefined;
    this.#whole = isWhole ? { tick, place } : undefined;
    const shape = shapeOf(place, tick, this.#facts);
    this.#checkSamples(lease, actor, position, shape);
    if (meta.silentSamples > 0) this.#checkMissing(lease, { actor, position, gain: shape.gain });
    this.samplesChecked += samples;
  }

  /** True where nothing is wrong that could have cost sound. */
  #isNeedless(lease: FrameLease, place: SegmentPlace, actor: Actor): boolean {
    if (actor.fault === "none") return true;
    if (costsSoundAlone.has(actor.fault) || actor.pattern.pictures === undefined) return false;
    // What costs pictures and sound alike does not take sound from under a picture that goes on.
    if (lease.meta.standIn !== undefined) return false;
    const whole = this.#whole;
    const goesOn = whole?.tick === lease.tick - 1 && sameMedia(whole.place, place);
    return goesOn || lease.tick === place.anchor.first;
  }

  /** What can come back is back in time, to be heard as well as to be seen. */
  #checkReturn(
    lease: FrameLease,
    place: SegmentPlace,
    actor: Actor,
    now: Nanoseconds,
    isOver: boolean,
    isDisturbed: boolean,
  ): void {
    const isGone = lease.meta.silentSamples === lease.samples;
    if (!isGone || isOver) {
      this.#missing.end();
      return;
    }
    const key = `${actor.uri} ${place.anchor.first} ${this.#facts.workersLost}`;
    const isExcused = isDisturbed || this.#facts.isUnsettled(now);
    const lasted = this.#facts.grid.length(this.#missing.ticks(key, lease.tick, isExcused));
    const promised = promisedNs(actor);
    if (promised === undefined || lasted <= promised) return;
    throw new Violation(
      "sound/back-in-time",
      lease.tick,
      `${actor.fault} of ${actor.uri} keeps its sound away for ${lasted / 1_000_000n} ms; promised are ${promised / 1_000_000n}.`,
    );
  }

  #checkSamples(lease: FrameLease, actor: Actor, position: number, shape: SampleShape): void {
    const { samples, meta } = lease;
    const { id, uri } = actor.pattern;
    // Where all is told as missing there is nothing that could be altered.
    if (meta.silentSamples >= samples) return;
    for (const [index, channel] of this.#channels.entries()) {
      if (shape.isPlain && this.#exact.isAt(channel, samples, id, index, position)) continue;
      const planned = this.#exact.from(samples, id, index, position);
      const altered = shape.isLevel
        ? countAltered(channel.samples, planned, 0, samples, shape.gain)
        : this.#countShaped(lease, shape, channel.samples, planned);
      if (altered <= meta.silentSamples) continue;
      const middle = samples >> 1;
      const isLevel = shape.gain !== 1 && channel.samples[middle] === planned[middle];
      const heard = this.#isSilent(channel, samples) ? "(silence, not) " : "";
      throw new Violation(
        isLevel ? "sound/gain-as-planned" : "sound/no-sample-lost-or-doubled",
        lease.tick,
        `${altered} samples of channel ${index} are not those of ${heard}${uri} from sample ${position}; ${meta.silentSamples} are told as missing.`,
      );
    }
  }

  /** Looks at samples of which some are under a ramp; counts those that are not and are not as planned. */
  #countShaped(lease: FrameLease, shape: SampleShape, heard: Float32Array, planned: Float32Array): number {
    const { samples, meta } = lease;
    const [from, to] = shape.isFaded ? [samples, samples] : [shape.cutIn, shape.cutOut];
    if (meta.silentSamples === 0) {
      for (let i = 0; i < from; i++) this.#checkShaped(lease, shape, i, heard[i] ?? 0, planned[i] ?? 0);
      for (let i = to; i < samples; i++) this.#checkShaped(lease, shape, i, heard[i] ?? 0, planned[i] ?? 0);
    }
    return countAltered(heard, planned, from, to, shape.gain);
  }

  #isSilent({ bytes }: SampleBytes, samples: number): boolean {
    return this.#silence.bytes.compare(bytes, 0, samples * 4, 0, samples * 4) === 0;
  }

  /** A sample under a fade, or within 2 ms of a cut. */
  #checkShaped(lease: FrameLease, shape: SampleShape, i: number, actual: number, source: number): void {
    const cut = shape.cutAt(i);
    const uncut = shape.uncut(i, source);
    const planned = limited(uncut * cut, shape.gain);
    const isOff = Math.abs(actual - planned) > tolerance * Math.max(1, shape.gain);
    if (!isOff) return;
    if (cut === 1) {
      throw new Violation(
        "sound/faded-as-planned",
        lease.tick,
        `Sample ${i} is ${actual}; ${planned} is planned.`,
      );
    }
    // Two ramps at once are drawn by their chord; and what lies behind an edit that came just now was not known.
    const most = Math.abs(uncut) + tolerance;
    const isLoose = shape.isFaded || this.#facts.isEditedNear(lease.tick);
    if (isLoose && Math.abs(actual) <= most && actual * planned >= -tolerance) return;
    throw new Violation(
      "sound/cut-within-its-own-samples",
      lease.tick,
      `Sample ${i} is ${actual}; ${planned} is to be heard.`,
    );
  }

  /** What is told as missing is silence, but for the fades that lead to it and back: never another sound. */
  #checkMissing(
    lease: FrameLease,
    of: { readonly actor: Actor; readonly position: number; readonly gain: number } | undefined,
  ): void {
    const { samples, tick } = lease;
    for (const [index, channel] of this.#channels.entries()) {
      if (this.#isSilent(channel, samples)) continue;
      const before = Math.abs(this.#last[index] ?? 0);
      const own = of && this.#exact.from(samples, of.actor.pattern.id, index, of.position);
      let foreign = 0;
      for (let i = 0; i < samples; i++) {
        const actual = Math.abs(channel.samples[i] ?? 0);
        if (actual <= Math.abs(own?.[i] ?? 0) * (of?.gain ?? 0) + tolerance) continue;
        foreign += 1;
        if (actual <= before + tolerance && foreign <= fadeSamplesMax) continue;
        throw new Violation(
          "sound/missing-is-silent",
          tick,
          `Sample ${i} is ${channel.samples[i]} where sound is told as missing.`,
        );
      }
    }
  }
}

/** How many samples of a stretch are not as planned, each with this gain. */
function countAltered(
  heard: Float32Array,
  planned: Float32Array,
  from: number,
  to: number,
  gain: number,
): number {
  let altered = 0;
  for (let i = from; i < to; i++) {
    const source = planned[i] ?? 0;
    if (heard[i] !== (gain === 1 ? source : Math.fround(limited(source * gain, gain)))) altered += 1;
  }
  return altered;
}

/** Only a gain can lift a sample above full scale. */
const limited = (value: number, gain: number): number =>
  gain > 1 ? Math.max(-1, Math.min(1, value)) : value;
