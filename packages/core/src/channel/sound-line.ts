import type { TickSound } from "../bus/frame-bus.js";
import { type ProgramFormat, samplesPerTickMax } from "../media/program-format.js";
import type { SegmentPlace } from "../plan/place.js";
import { sameMedia } from "../plan/same.js";
import type { HouseGrid } from "../time/house-grid.js";
import type { Tick } from "../time/units.js";
import { type Ramp, spansOf } from "./envelope.js";
import type { SoundPump } from "./sound-pump.js";

/** How a tick's sound is shaped by the plan. */
export interface SoundShape {
  /** Whose sound it is. */
  readonly place: SegmentPlace;
  readonly gainDb: number;
  /** Amplitude of the segment's fades at the start and the end of the tick. */
  readonly fadeFrom: number;
  readonly fadeTo: number;
  /** True at a segment's first tick where it does not continue what was before. */
  readonly cutIn: boolean;
  /** True at its last tick where what follows does not continue it. */
  readonly cutOut: boolean;
}

/** A tick's sound and how much of it is not the plan's. */
export interface SoundOfTick {
  /** Valid until the next tick's is made. */
  readonly sound: TickSound;
  readonly silentSamples: number;
  /** True where sound is missing that the media has: its decoder is behind. */
  readonly isLate: boolean;
}

/** Seconds of a ramp at a hard cut, within the segment's own samples (timing.md: at most 2 ms). */
const cutSeconds = 0.002;

/** Seconds over which missing sound fades out and comes back (timing.md: 5 ms). */
const gapSeconds = 0.005;

/**
 * The channel's unbroken line of sound: takes each tick's exact share from whoever is on air, de-clicks cuts, and where
 * sound is missing fades it out and back in.
 */
export class SoundLine {
  readonly #grid: HouseGrid;
  readonly #channels: readonly Float32Array[];
  readonly #cut: number;
  readonly #gap: number;
  /** True while missing sound has been faded out, so that its return fades in. */
  #inGap = false;
  /** Whose sound the tick before had; undefined after planned silence. */
  #before: SegmentPlace | undefined;
  /** Index of the last sample of the tick before, whose values the arrays still hold. */
  #lastIndex = 0;

  constructor(grid: HouseGrid, format: ProgramFormat) {
    this.#grid = grid;
    const length = samplesPerTickMax(grid);
    this.#channels = Array.from({ length: format.channels }, () => new Float32Array(length));
    this.#cut = Math.floor(format.sampleRate * cutSeconds);
    this.#gap = Math.floor(format.sampleRate * gapSeconds);
  }

  /** What was heard before the next tick was not made here and does not lead to it: fade in. */
  resume(): void {
    this.#inGap = true;
  }

  /** Silence that the plan asks for. */
  planned(n: Tick): SoundOfTick {
    const samples = this.#grid.samplesIn(n);
    for (const channel of this.#channels) channel.fill(0, 0, samples);
    this.#inGap = false;
    this.#before = undefined;
    this.#lastIndex = samples - 1;
    return { sound: { channels: this.#channels, samples }, silentSamples: 0, isLate: false };
  }

  /** The tick's sound as far as `pump` has it (undefined: it has none yet), silence for the rest. */
  tick(n: Tick, pump: SoundPump | undefined, shape: SoundShape): SoundOfTick {
    const samples = this.#grid.samplesIn(n);
    const start = this.#grid.sampleAt(n);
    if (shape.cutIn) this.#inGap = false;
    // Joining a run in its middle is no cut that the plan knows of: what was heard before does not lead to it.
    else if (this.#before !== undefined && !sameMedia(this.#before, shape.place)) this.#inGap = true;
    this.#before = shape.place;
    pump?.skipTo(start);
    // Sound that begins later than this tick leaves silence before it.
    const first = pump === undefined ? samples : Math.min(samples, Math.max(0, pump.at - start));
    const end = pump === undefined ? samples : Math.min(samples, first + pump.available);
    const isLate = pump !== undefined && !pump.ended && pump.at + pump.available < start + samples;
    const hasSound = end > first;
    const tail = end < samples || !hasSound;

    let faded = 0;
    if (!hasSound) {
      faded = this.#fadeOutFromLast(samples);
    } else {
      const ramps: Ramp[] = [];
      if (shape.fadeFrom !== 1 || shape.fadeTo !== 1) {
        ramps.push({ start: 0, end: samples, from: shape.fadeFrom, to: shape.fadeTo });
      }
      if (shape.cutIn) ramps.push({ start: 0, end: Math.min(this.#cut, samples), from: 0, to: 1 });
      if (shape.cutOut) ramps.push({ start: Math.max(0, samples - this.#cut), end: samples, from: 1, to: 0 });
      const back = this.#inGap || first > 0;
      if (back) {
        const until = Math.min(end, first + this.#gap);
        ramps.push({ start: first, end: until, from: 0, to: 1 });
        faded += until - first;
      }
      if (tail) {
        const from = Math.max(first, end - this.#gap);
        ramps.push({ start: from, end, from: 1, to: 0 });
        faded += end - from;
      }
      for (const channel of this.#channels) {
        channel.fill(0, 0, first);
        channel.fill(0, end, samples);
      }
      for (const span of spansOf(first, end, ramps)) {
        pump?.take(this.#channels, span.offset, span.samples, {
          gainDb: shape.gainDb,
          rampFrom: span.from,
          rampTo: span.to,
        });
      }
    }
    this.#inGap = tail;
    this.#lastIndex = samples - 1;
    const missing = samples - (end - first);
    return {
      sound: { channels: this.#channels, samples },
      silentSamples: hasSound ? Math.min(samples, missing + faded) : missing,
      isLate,
    };
  }

  /**
   * Nothing to fade was left in this tick: the last value heard runs out to zero instead, so that there is no step.
   * Returns the samples that this takes.
   */
  #fadeOutFromLast(samples: number): number {
    const length = this.#inGap ? 0 : Math.min(this.#gap, samples);
    for (const channel of this.#channels) {
      const last = this.#inGap ? 0 : (channel[this.#lastIndex] ?? 0);
      for (let i = 0; i < length; i++) channel[i] = last * (1 - (i + 1) / length);
      channel.fill(0, length, samples);
    }
    return length;
  }
}
