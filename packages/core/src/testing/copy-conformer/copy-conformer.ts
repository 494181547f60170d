import type { PictureBuffer } from "../../bus/frame-bus.js";
import type {
  Conformer,
  ConformerFactory,
  PictureTreatment,
  SoundConformer,
} from "../../conform/conformer.js";
import { PlayoutError } from "../../errors/playout-error.js";
import type { PictureFrame } from "../../media/picture.js";
import type { PictureFormat } from "../../media/picture-format.js";
import type { ProgramFormat } from "../../media/program-format.js";
import { sameRational } from "../../time/rational.js";
import type { SampleIndex } from "../../time/units.js";
import { compactMarkBytes } from "../marks/compact-mark.js";
import { type CopyPlan, copyPicture, copyRows, planCopy } from "./copy-picture.js";
import { LinearResampler } from "./linear-resampler.js";

/** How a copy conformer works. */
export interface CopyConformerOptions {
  /**
   * For simulations: pictures carry compact marks, which no dimming may touch. Rows are copied as they are and the alpha
   * is noted in the marks' last byte. Default false.
   */
  readonly compact?: boolean;
}

/** Kept copy plans; assets of more formats than this are planned anew each time. */
const plansMax = 64;

/**
 * A conformer in plain TypeScript: nearest neighbour, 8-bit planar formats, no colour conversion; sound exact to the
 * sample. For tests and simulations.
 */
export class CopyConformer implements Conformer {
  readonly #plans = new Map<string, CopyPlan>();
  readonly #compact: boolean;
  #disposed = false;

  constructor(
    readonly format: ProgramFormat,
    options: CopyConformerOptions = {},
  ) {
    this.#compact = options.compact === true;
  }

  async picture(
    from: PictureFrame,
    into: PictureBuffer,
    how: PictureTreatment,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.#disposed) throw closed();
    if (signal.aborted) throw PlayoutError.from(signal.reason, "Cancelled");
    const same = this.#isSame(from.format);
    if (this.#compact && same) {
      if (!from.inPlace) copyRows(from, into, this.format);
      const first = into.planes[0];
      if (first) first[compactMarkBytes - 1] = Math.round(how.alpha * 255);
      return;
    }
    if (same && how.alpha === 1 && (how.field === "both" || from.format.fieldOrder === "progressive")) {
      if (!from.inPlace) copyRows(from, into, this.format);
      return;
    }
    copyPicture(from, into, this.#plan(from.format, how), how.alpha);
  }

  openSound(sampleRate: number, _channels: number, _layout: string, _start: SampleIndex): SoundConformer {
    if (this.#disposed) throw closed();
    // House sample 0 is taken to be heard at the asset's zero exactly, so there is no phase to round.
    return new LinearResampler({
      sourceRate: sampleRate,
      houseRate: this.format.sampleRate,
      houseChannels: this.format.channels,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
  }

  #isSame(from: PictureFormat): boolean {
    return (
      from.width === this.format.width &&
      from.height === this.format.height &&
      from.pixelFormat === this.format.pixelFormat &&
      from.rotation === 0 &&
      sameRational(from.sampleAspect, this.format.sampleAspect)
    );
  }

  #plan(from: PictureFormat, how: PictureTreatment): CopyPlan {
    const { width, height, pixelFormat, sampleAspect, rotation, fieldOrder } = from;
    const key = `${width} ${height} ${pixelFormat} ${sampleAspect.num}/${sampleAspect.den} ${rotation} ${fieldOrder} ${how.aspect} ${how.field}`;
    let plan = this.#plans.get(key);
    if (plan === undefined) {
      plan = planCopy(from, this.format, how.aspect, how.field);
      if (this.#plans.size < plansMax) this.#plans.set(key, plan);
    }
    return plan;
  }
}

/** Makes copy conformers. */
export class CopyConformerFactory implements ConformerFactory {
  constructor(private readonly options: CopyConformerOptions = {}) {}

  async open(format: ProgramFormat, signal: AbortSignal): Promise<CopyConformer> {
    if (signal.aborted) throw PlayoutError.from(signal.reason, "Cancelled");
    return new CopyConformer(format, this.options);
  }
}

const closed = (): PlayoutError => new PlayoutError("Closed", "The conformer was disposed.");
