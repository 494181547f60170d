import type {
  FrameMeta,
  FrameWriter,
  HouseGrid,
  PictureBuffer,
  ProgramFormat,
  Refusal,
  Tick,
  TickSound,
} from "@retrovue/core";
import { samplesPerTickMax } from "@retrovue/core";

/** What a slate that moves shows and plays at one tick. */
export interface SlateMoment {
  /** Stays the slate's own. */
  readonly picture: PictureBuffer;
  readonly sound: TickSound | undefined;
}

/** A slate that moves: made where the channel's frames are made, and only while slate airs. */
export interface LiveSlate extends AsyncDisposable {
  /** The slate airs at tick `n`. Undefined while there is nothing to show yet: the bus's reserved picture airs. */
  at(n: Tick): SlateMoment | undefined;
  /** Something else airs at tick `n`. */
  rest(n: Tick): void;
}

/** Seconds over which a slate's sound comes and goes (timing.md: 5 ms). */
const fadeSeconds = 0.005;

/**
 * A worker's end of its bus that airs a moving slate wherever the channel asks for the reserved one. What the slot says stays the
 * channel's word: a stand-in, and why. The slate is heard only where nothing of the plan's sound is.
 */
export class SlateWriter implements FrameWriter {
  readonly #inner: FrameWriter;
  readonly #slate: LiveSlate;
  readonly #mixed: readonly Float32Array[];
  readonly #fade: number;
  /** What each channel's slate sound ended with at the tick before; zeros where it was not heard. */
  readonly #last: number[];
  #isHeard = false;

  /** @param inner borrowed, as is the slate */
  constructor(inner: FrameWriter, slate: LiveSlate, grid: HouseGrid, format: ProgramFormat) {
    this.#inner = inner;
    this.#slate = slate;
    this.#mixed = Array.from({ length: format.channels }, () => new Float32Array(samplesPerTickMax(grid)));
    this.#fade = Math.floor(format.sampleRate * fadeSeconds);
    this.#last = new Array<number>(format.channels).fill(0);
  }

  loan(signal: AbortSignal): Promise<PictureBuffer> {
    return this.#inner.loan(signal);
  }

  submit(
    tick: Tick,
    picture: PictureBuffer | "slate" | "black",
    sound: TickSound | undefined,
    meta: FrameMeta,
  ): void {
    let moment: SlateMoment | undefined;
    if (picture === "slate") moment = this.#slate.at(tick);
    else this.#slate.rest(tick);
    const isFree = sound === undefined || meta.silentSamples >= sound.samples;
    const heard = isFree ? moment?.sound : undefined;
    this.#inner.submit(tick, moment?.picture ?? picture, this.#mix(sound, heard), meta);
  }

  onRefused(listener: (refusal: Refusal) => void): Disposable {
    return this.#inner.onRefused(listener);
  }

  head(): Tick {
    return this.#inner.head();
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** The channel's sound, and the slate's: it comes in and goes out within the fade, never by a step. */
  #mix(sound: TickSound | undefined, heard: TickSound | undefined): TickSound | undefined {
    const wasHeard = this.#isHeard;
    this.#isHeard = heard !== undefined;
    const samples = heard?.samples ?? sound?.samples;
    if (samples === undefined || !(wasHeard || this.#isHeard)) return sound;
    for (const [c, mixed] of this.#mixed.entries()) {
      const own = sound?.channels[c];
      if (own === undefined) mixed.fill(0, 0, samples);
      else mixed.set(own.subarray(0, samples));
      const from = heard?.channels[c];
      if (from === undefined) this.#letGo(mixed, c, samples);
      else
        for (let i = 0; i < samples; i++)
          mixed[i] = (mixed[i] ?? 0) + (from[i] ?? 0) * this.#gain(wasHeard, i);
      this.#last[c] = from?.[samples - 1] ?? 0;
    }
    return { channels: this.#mixed, samples };
  }

  #gain(wasHeard: boolean, sample: number): number {
    return wasHeard ? 1 : Math.min(1, (sample + 1) / this.#fade);
  }

  /** The last value heard runs out to zero. */
  #letGo(mixed: Float32Array, channel: number, samples: number): void {
    const length = Math.min(this.#fade, samples);
    const last = this.#last[channel] ?? 0;
    for (let i = 0; i < length; i++) mixed[i] = (mixed[i] ?? 0) + last * (1 - (i + 1) / length);
  }
}
