import {
  type FrameLease,
  type FrameMeta,
  type Nanoseconds,
  type PicturePlanes,
  PlayoutError,
  type SampleIndex,
  type Tick,
  type ViewVerdict,
} from "@retrovue/core";
import type { NativeReader } from "./native.js";
import { wire } from "./wire/offsets.js";

/** What a slot said, copied out of it. */
export interface LeaseParts {
  readonly tick: Tick;
  readonly time: Nanoseconds;
  readonly meta: FrameMeta;
  readonly picture: PicturePlanes;
  readonly buffer: number;
  readonly generation: number;
  readonly sampleStart: SampleIndex;
  readonly samples: number;
}

/** One tick, read. Everything but pixels and samples was copied out of the slot when it was made. */
export class ShmLease implements FrameLease {
  readonly overrun = false;
  readonly tick: Tick;
  readonly time: Nanoseconds;
  readonly meta: FrameMeta;
  readonly picture: PicturePlanes;
  readonly sampleStart: SampleIndex;
  readonly samples: number;
  readonly #native: NativeReader;
  readonly #buffer: number;
  readonly #generation: number;
  #verdict: ViewVerdict | undefined;

  constructor(native: NativeReader, parts: LeaseParts) {
    this.#native = native;
    this.tick = parts.tick;
    this.time = parts.time;
    this.meta = parts.meta;
    this.picture = parts.picture;
    this.sampleStart = parts.sampleStart;
    this.samples = parts.samples;
    this.#buffer = parts.buffer;
    this.#generation = parts.generation;
  }

  get pictureId(): string {
    if (this.#buffer === wire.slate) return "slate";
    if (this.#buffer === wire.black) return "black";
    return `${this.#buffer}.${this.#generation}`;
  }

  copySound(into: readonly Float32Array[], offset: number): ViewVerdict {
    for (const channel of into) {
      if (!Number.isSafeInteger(offset) || offset < 0 || channel.length < offset + this.samples) {
        throw new PlayoutError("InvalidArgument", `${this.samples} samples do not fit at ${offset}.`);
      }
    }
    const intact = this.#native.sound(this.sampleStart, this.samples, into, offset);
    return intact ? "intact" : "overwritten";
  }

  release(): ViewVerdict {
    this.#verdict ??= this.#native.intact(this.#buffer, this.#generation) ? "intact" : "overwritten";
    return this.#verdict;
  }
}
