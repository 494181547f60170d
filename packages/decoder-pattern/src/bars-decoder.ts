import {
  type AssetInfo,
  type Decoder,
  type EndOfMedia,
  endOfMedia,
  type MediaTime,
  mediaTime,
  type PictureFormat,
  type PictureFrame,
  PlayoutError,
  planesOf,
  rowBytes,
  rowsOf,
  type SoundBlock,
} from "@retrovue/core";

/** White, yellow, cyan, green, magenta, red, blue, black at 75 %: Y, Cb, Cr in 8 bits, BT.709 limited range (ITU-R BT.471). */
const bars = [
  [180, 128, 128],
  [168, 44, 136],
  [145, 147, 44],
  [133, 63, 52],
  [63, 193, 204],
  [51, 109, 212],
  [28, 212, 120],
  [16, 128, 128],
] as const;

const sampleRate = 48_000;
/** 1 kHz: a period of 48 samples, so that the tone is exact and its memory can be lent again and again. */
const periodSamples = 48;
/** −18 dBFS, the alignment level of EBU R 68. */
const amplitude = 10 ** (-18 / 20);

const fallback: PictureFormat = Object.freeze({
  width: 1_280,
  height: 720,
  pixelFormat: "yuv420p",
  sampleAspect: Object.freeze({ num: 1, den: 1 }),
  colour: Object.freeze({ primaries: "bt709", transfer: "bt709", matrix: "bt709", range: "limited" }),
  fieldOrder: "progressive",
  rotation: 0,
});

/** The bars' format: the wanted size and planar layout, in BT.709. */
export const barsFormat = (wanted: PictureFormat | undefined): PictureFormat =>
  wanted === undefined || !/^yuv4/.test(wanted.pixelFormat)
    ? fallback
    : Object.freeze({
        ...fallback,
        width: wanted.width,
        height: wanted.height,
        pixelFormat: wanted.pixelFormat,
        sampleAspect: wanted.sampleAspect,
      });

/** What is said of the bars. */
export const barsInfo = (uri: string, format: PictureFormat): AssetInfo =>
  Object.freeze({
    uri,
    container: "pattern",
    duration: undefined,
    picture: { codec: "bars", format, nominalRate: undefined, still: true },
    sound: { codec: "tone", sampleRate, channels: 2, layout: "stereo", language: undefined },
  });

/** Colour bars, a still, and a tone of 1 kHz without end. Its memory never changes, so any number of loans may be out. */
export class BarsDecoder implements Decoder {
  readonly info: AssetInfo;
  readonly #format: PictureFormat;
  readonly #planes: { readonly planes: readonly Uint8Array[]; readonly strides: readonly number[] };
  #tone = new Float32Array(0);
  #hasGivenPicture = false;
  #nextSample = 0;
  #isDisposed = false;

  constructor(uri: string, wanted: PictureFormat | undefined) {
    this.#format = barsFormat(wanted);
    this.info = barsInfo(uri, this.#format);
    this.#planes = drawBars(this.#format);
  }

  async seek(to: MediaTime, signal: AbortSignal): Promise<void> {
    this.#check(signal);
    this.#hasGivenPicture = false;
    this.#nextSample = to <= 0n ? 0 : Number((to * BigInt(sampleRate) + 500_000_000n) / 1_000_000_000n);
  }

  async readPicture(
    _notBefore: MediaTime,
    _options: unknown,
    signal: AbortSignal,
  ): Promise<PictureFrame | EndOfMedia> {
    this.#check(signal);
    if (this.#hasGivenPicture) return endOfMedia;
    this.#hasGivenPicture = true;
    return {
      ...this.#planes,
      format: this.#format,
      time: mediaTime(0n),
      duration: undefined,
      sourcePts: undefined,
      sourceTimeBase: undefined,
      sourceIndex: 0,
      concealed: false,
      inPlace: false,
      ancillary: [],
      release() {},
    };
  }

  async readSound(samples: number, signal: AbortSignal): Promise<SoundBlock | EndOfMedia> {
    this.#check(signal);
    if (this.#tone.length < samples + periodSamples) this.#tone = toneOf(samples + periodSamples);
    const position = this.#nextSample;
    this.#nextSample = position + samples;
    const from = position % periodSamples;
    const channel = this.#tone.subarray(from, from + samples);
    return {
      channels: [channel, channel],
      samples,
      sampleRate,
      time: mediaTime((BigInt(position) * 1_000_000_000n) / BigInt(sampleRate)),
      release() {},
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
  }

  #check(signal: AbortSignal): void {
    if (this.#isDisposed) throw new PlayoutError("Closed", "The decoder was disposed.");
    if (signal.aborted) throw PlayoutError.from(signal.reason, "Cancelled");
  }
}

const toneOf = (samples: number): Float32Array<ArrayBuffer> =>
  Float32Array.from(
    { length: samples },
    (_, n) => amplitude * Math.sin((2 * Math.PI * (n % periodSamples)) / periodSamples),
  );

function drawBars({ pixelFormat, width, height }: PictureFormat) {
  const deepBits = Number(/p(\d\d)le$/.exec(pixelFormat)?.[1] ?? 8) - 8;
  const layouts = planesOf(pixelFormat);
  const strides = layouts.map((layout) => rowBytes(layout, width));
  const planes = layouts.map((layout, index) => {
    const stride = strides[index] ?? 0;
    const samples = stride / layout.bytesPerSample;
    const row = new Uint8Array(stride);
    for (let x = 0; x < samples; x++) {
      const value = (bars[Math.floor((x * bars.length) / samples)]?.[index] ?? 128) << deepBits;
      row[x * layout.bytesPerSample] = value & 0xff;
      if (layout.bytesPerSample === 2) row[x * 2 + 1] = value >> 8;
    }
    const plane = new Uint8Array(stride * rowsOf(layout, height));
    for (let at = 0; at < plane.length; at += stride) plane.set(row, at);
    return plane;
  });
  return { planes, strides };
}
