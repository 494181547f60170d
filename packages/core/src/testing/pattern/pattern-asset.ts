import { invariant } from "../../errors/invariant.js";
import { PlayoutError } from "../../errors/playout-error.js";
import type { FieldOrder, PixelFormat, Rotation } from "../../media/picture-format.js";
import { type Rational, rational } from "../../time/rational.js";
import { type MediaTime, mediaTime, nsPerSecond } from "../../time/units.js";
import { PictureTimes, type TimestampRounding } from "./picture-times.js";

/** The pictures of a pattern. */
export interface PatternPictures {
  /** Undefined: whatever the channel wants, else 640×360. */
  readonly size: { readonly width: number; readonly height: number } | undefined;
  readonly pixelFormat: PixelFormat;
  readonly sampleAspect: Rational;
  /** Interlaced: each field carries a number of its own, 2n for the first field of picture n and 2n + 1 for the second. */
  readonly fieldOrder: FieldOrder;
  readonly rotation: Rotation;
  /** `compact` marks are eight raw bytes: for simulations. */
  readonly mark: "blocks" | "compact";
  readonly times: PictureTimes;
  /** How many; `Infinity` for a pattern that never ends. */
  readonly count: number;
}

/** The sound of a pattern. */
export interface PatternSound {
  readonly sampleRate: number;
  readonly channels: number;
  /** `exact` for paths that change no sample, `noise` for resampling and lossy ones. */
  readonly mark: "exact" | "noise";
  /** Samples per channel; `Infinity` for a pattern that never ends. */
  readonly samples: number;
}

/** An asset made of numbers: every picture and every sample says where it comes from. */
export interface PatternAsset {
  readonly uri: string;
  /** 1 to 255, in every mark. */
  readonly id: number;
  readonly pictures: PatternPictures | undefined;
  readonly sound: PatternSound | undefined;
}

/** How to make a pattern; everything has a default. */
export interface PatternOptions {
  /** Default `test://pattern` with the id as its fragment. */
  readonly uri?: string;
  /** 1 to 255. Default 1. */
  readonly id?: number;
  /** Of pictures and sound. Default 10 s; `Infinity` never ends. */
  readonly duration?: MediaTime | typeof Number.POSITIVE_INFINITY;
  /** False for a sound-only pattern. */
  readonly pictures?:
    | false
    | {
        readonly width?: number;
        readonly height?: number;
        readonly pixelFormat?: PixelFormat;
        readonly sampleAspect?: Rational;
        readonly fieldOrder?: FieldOrder;
        readonly rotation?: Rotation;
        /** Pictures per second. Default 25. */
        readonly rate?: Rational;
        /** Variable rate: how long each picture is shown, nanoseconds, over and over. */
        readonly durations?: readonly bigint[];
        readonly timestamps?: TimestampRounding;
        /** Default `blocks`, and `compact` where the picture is too small for blocks. */
        readonly mark?: "blocks" | "compact";
      };
  /** False for a silent pattern. Default 48 kHz stereo, exact marks. */
  readonly sound?:
    | false
    | {
        readonly sampleRate?: number;
        readonly channels?: number;
        readonly mark?: "exact" | "noise";
        /** Where it differs from the pictures'. */
        readonly duration?: MediaTime | typeof Number.POSITIVE_INFINITY;
      };
}

/** Smallest width at which block marks read back safely after scaling. */
export const blockWidthMin = 64;

/** Makes a pattern. `InvalidArgument` for values out of range. */
export function patternAsset(options: PatternOptions = {}): PatternAsset {
  const id = options.id ?? 1;
  if (!Number.isInteger(id) || id < 1 || id > 255) throw refused(`id ${id} is not 1 to 255`);
  const duration = options.duration ?? mediaTime(10n * nsPerSecond);
  const pictures = options.pictures === false ? undefined : picturesOf(options.pictures ?? {}, duration);
  const sound = options.sound === false ? undefined : soundOf(options.sound ?? {}, duration);
  if (pictures === undefined && sound === undefined) throw refused("it has neither pictures nor sound");
  return Object.freeze({ uri: options.uri ?? `test://pattern#${id}`, id, pictures, sound });
}

function picturesOf(
  options: Exclude<NonNullable<PatternOptions["pictures"]>, false>,
  duration: MediaTime | number,
): PatternPictures {
  const { width, height } = options;
  if ((width === undefined) !== (height === undefined)) throw refused("a size has width and height");
  const size = width === undefined || height === undefined ? undefined : { width, height };
  if (size && !(size.width >= 8 && size.height >= 1 && size.width <= 16_384 && size.height <= 16_384)) {
    throw refused(`a size of ${size.width}×${size.height} is not 8×1 to 16384×16384`);
  }
  const times = new PictureTimes({
    rate: options.rate ?? rational(25, 1),
    durations: options.durations,
    rounding: options.timestamps ?? "exact",
  });
  const mark = options.mark ?? (size && size.width < blockWidthMin ? "compact" : "blocks");
  if (mark === "blocks" && size && size.width < blockWidthMin) {
    throw refused(`block marks want at least ${blockWidthMin} pixels across`);
  }
  return Object.freeze({
    size,
    pixelFormat: options.pixelFormat ?? "yuv420p",
    sampleAspect: options.sampleAspect ?? rational(1, 1),
    fieldOrder: options.fieldOrder ?? "progressive",
    rotation: options.rotation ?? 0,
    mark,
    times,
    count: typeof duration === "bigint" ? times.countBefore(duration) : Number.POSITIVE_INFINITY,
  });
}

function soundOf(
  options: Exclude<NonNullable<PatternOptions["sound"]>, false>,
  ofAsset: MediaTime | number,
): PatternSound {
  const sampleRate = options.sampleRate ?? 48_000;
  const channels = options.channels ?? 2;
  if (!Number.isInteger(sampleRate) || sampleRate < 1_000 || sampleRate > 192_000) {
    throw refused(`${sampleRate} Hz is not 1000 to 192000`);
  }
  if (!Number.isInteger(channels) || channels < 1 || channels > 8) throw refused(`${channels} channels`);
  const duration = options.duration ?? ofAsset;
  return Object.freeze({
    sampleRate,
    channels,
    mark: options.mark ?? "exact",
    samples: typeof duration === "bigint" ? sampleNearest(duration, sampleRate) : Number.POSITIVE_INFINITY,
  });
}

/** Index of the sample nearest to a time. */
export const sampleNearest = (time: bigint, sampleRate: number): number =>
  Number((time * BigInt(sampleRate) + nsPerSecond / 2n) / nsPerSecond);

/** Time of a sample, rounded down to the nanosecond. */
export function sampleTime(sample: number, sampleRate: number): MediaTime {
  invariant(Number.isSafeInteger(sample), "a sample is counted in whole numbers");
  return mediaTime((BigInt(sample) * nsPerSecond) / BigInt(sampleRate));
}

const refused = (why: string): PlayoutError =>
  new PlayoutError("InvalidArgument", `This pattern cannot be made: ${why}.`);
