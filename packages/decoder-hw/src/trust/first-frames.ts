/** How a device's picture compares with the software decoder's of the same place. */
export interface Comparison {
  /** True where every sample of every plane is equal. */
  readonly exact: boolean;
  /** Over all planes, in dB against the full range of the samples; infinite where they are equal. */
  readonly psnrDb: number;
}

/** What makes two pictures of a codec the same. */
export type Measure = { readonly kind: "exact" } | { readonly kind: "psnr"; readonly minDb: number };

/** What follows from a comparison. */
export type Verdict =
  /** The picture may be given out. */
  | { readonly is: "same" }
  /**
   * It must not be given out: the session ends with `DecodeFailed`, and the next decoder takes over at the same place.
   * `demote`: the device is not to be trusted with this codec and profile any more; not so where the media itself is damaged,
   * since no standard says how that is to look.
   */
  | { readonly is: "different"; readonly why: string; readonly demote: boolean };

/** What is known of a picture when it comes to be compared. */
export interface ComparedPicture {
  /** Its place in presentation order since the session began, from 0; for people. */
  readonly index: number;
  /** True where either decoder concealed damage in it, or in what it was predicted from. */
  readonly concealed: boolean;
}

/** What the policy is made with. */
export interface FirstFramesOptions {
  /** libav's name of the codec. */
  readonly codec: string;
  /** Pictures that are compared at the start, and again after the codec's parameters change; 0 compares none. Default 12. */
  readonly count?: number;
}

/** A whole group of pictures with B-frames of the usual encoders' default depth (3), three times over. */
export const comparedDefault = 12;

/**
 * Where two decoders that both keep to ISO/IEC 23002-1 (before it IEEE 1180) may differ: each inverse transform with a mean
 * square error of at most 0.02, so 0.04 between two, and an error handed on along at most 132 predictions (ISO/IEC 13818-2,
 * 6.3.17.1: a macroblock is coded intra at least that often). 132 × 0.04 = 5.28, which is 40.9 dB of 255². Faults of
 * the sort that this is for, as rows of padding, exchanged planes or a shifted range, lie below 35 dB.
 */
const transformMinDb = 40;

/** Codecs whose standards leave their inverse transform to the decoder, within bounds. */
const inexact: ReadonlySet<string> = new Set(["mpeg1video", "mpeg2video", "mpeg4", "h263", "mjpeg"]);

/** Integer transforms and exact prediction: H.264, HEVC, VVC, VP8, VP9, AV1 and VC-1 have one right picture for each stream. */
export const measureOf = (codec: string): Measure =>
  inexact.has(codec) ? { kind: "psnr", minDb: transformMinDb } : { kind: "exact" };

/**
 * Which pictures of a session are compared with software decode before anyone sees them, and what follows: a device is trusted
 * with an asset when its first pictures are right, and again after the codec's parameters change in mid-stream.
 */
export class FirstFrames {
  readonly measure: Measure;
  readonly #codec: string;
  readonly #count: number;
  #left: number;
  #parameters: number | undefined;
  #compared = 0;

  constructor({ codec, count = comparedDefault }: FirstFramesOptions) {
    this.measure = measureOf(codec);
    this.#codec = codec;
    this.#count = count;
    this.#left = count;
  }

  /** Pictures compared so far. */
  get compared(): number {
    return this.#compared;
  }

  /** True while pictures are still to be compared: as long, the software decoder is kept open beside the device. */
  get isWatching(): boolean {
    return this.#left > 0;
  }

  /**
   * True where the next picture is to be compared before it is given out.
   *
   * @param parameters a number that changes whenever the codec's parameters do (extradata, size, format), as a count of changes
   */
  isDue(parameters: number): boolean {
    if (this.#parameters !== undefined && this.#parameters !== parameters) this.#left = this.#count;
    this.#parameters = parameters;
    return this.#left > 0;
  }

  /** Judges a picture that was due. */
  judge({ exact, psnrDb }: Comparison, { index, concealed }: ComparedPicture): Verdict {
    this.#compared += 1;
    this.#left = Math.max(0, this.#left - 1);
    const { measure } = this;
    if (exact || (measure.kind === "psnr" && psnrDb >= measure.minDb)) return same;
    const bar = measure.kind === "exact" ? "must be bit-exact" : `must reach ${measure.minDb} dB`;
    const seen = Number.isFinite(psnrDb) ? `${psnrDb.toFixed(1)} dB` : "not equal";
    const why = `Picture ${index} of ${this.#codec} differs from software decode: ${seen}, ${bar}.`;
    return { is: "different", why, demote: !concealed };
  }
}

const same: Verdict = Object.freeze({ is: "same" });
