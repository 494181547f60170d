import { readFile, writeFile } from "node:fs/promises";
import { mediaTime, PlayoutError, type Rational, rational } from "@retrovue/core";
import { type PatternAsset, patternAsset } from "@retrovue/core/testing";
import type { Clip, NoClip } from "./clip.js";
import { cachedFile } from "./clip-cache.js";
import { containers, type PictureCodecOptions, pictureCodecs, soundCodecs } from "./codecs.js";
import { describePattern } from "./describe-pattern.js";
import { type FfmpegAbilities, ffmpegAbilities, ffmpegProgram, runProgram } from "./ffmpeg.js";
import { pictureBytes, soundBytes } from "./pattern-bytes.js";

/** What is to be made through the `ffmpeg` program. */
export interface FfmpegClipOptions extends PictureCodecOptions {
  readonly name: string;
  /** Words of the tables in `codecs.ts`; undefined for a clip without that stream. */
  readonly container: string;
  readonly pictureCodec: string | undefined;
  readonly soundCodec: string | undefined;
  /** Default 192×108. */
  readonly size?: { readonly width: number; readonly height: number };
  /** Pictures per second. Default 25. */
  readonly rate?: Rational;
  /** Variable rate: how long each picture is shown, over and over; whole milliseconds, nanoseconds. */
  readonly durations?: readonly bigint[];
  readonly sampleAspect?: Rational;
  readonly fieldOrder?: "progressive" | "top-first" | "bottom-first";
  /** Default 48 000. */
  readonly sampleRate?: number;
  /** Default 2. */
  readonly channels?: number;
  /** Default: exact where the codec keeps samples. Noise is for clips whose sound is coded again with loss. */
  readonly soundMark?: "exact" | "noise";
  /** Milliseconds. Default 2 000. */
  readonly durationMs?: number;
  /** Where the sound's differs. */
  readonly soundDurationMs?: number;
}

/** How a clip came about: kept beside it as `….json`. */
export interface ClipManifest {
  readonly name: string;
  /** The command as it was run; pictures came in on descriptor 0, sound on descriptor 3. */
  readonly command: string;
  readonly version: string;
  readonly pattern: unknown;
}

/** Lossy coders pad their last frame: at most this many samples (two frames of AAC). */
const tailSamplesLossy = 2_304;

/** Kilobits a second for each thousand pixels of a picture: moderate, where marks must survive. */
const kbpsPerKilopixel = 20;

/** Makes a clip through the `ffmpeg` program, or says why it cannot be made here. */
export async function makeFfmpegClip(
  options: FfmpegClipOptions,
  signal: AbortSignal,
): Promise<Clip | NoClip> {
  const abilities = await ffmpegAbilities(signal);
  if (abilities === undefined) return { unavailable: "the ffmpeg program is not installed" };
  const missing = missingEncoder(options, abilities);
  if (missing !== undefined) return { unavailable: `ffmpeg has no encoder ${missing}` };
  const container = named(containers, options.container, "container");
  const pattern = patternOf(options);
  const args = ffmpegArgs(options, pattern);
  const described = [args, abilities.version, describePattern(pattern)];
  const path = await cachedFile(container.extension, described, async (to) => {
    const run = await runProgram(
      ffmpegProgram(),
      [...args, "-y", to],
      {
        ...(pattern.pictures && { pictures: pictureBytes(pattern, signal) }),
        ...(pattern.sound && { sound: soundBytes(pattern, "f32le", signal) }),
      },
      signal,
    );
    if (run.status !== 0) {
      throw new PlayoutError("Internal", `ffmpeg could not make ${options.name}: ${run.stderr}`);
    }
  });
  await writeManifest(path, {
    name: options.name,
    command: ffmpegCommand(options),
    version: abilities.version,
    pattern: describePattern(pattern),
  });
  return { name: options.name, uri: path, path, truth: truthOf(options, { ...pattern, uri: path }) };
}

/** The command that makes a clip, as documents and manifests show it: pictures on descriptor 0, sound on descriptor 3. */
export const ffmpegCommand = (options: FfmpegClipOptions): string =>
  [
    "ffmpeg",
    ...ffmpegArgs(options, patternOf(options)),
    `CLIP.${named(containers, options.container, "container").extension}`,
  ]
    .map(quoted)
    .join(" ");

/** The manifest that lies beside a clip. */
export const readManifest = async (path: string): Promise<ClipManifest> =>
  JSON.parse(await readFile(`${path}.json`, "utf8")) as ClipManifest;

const writeManifest = (path: string, manifest: ClipManifest): Promise<void> =>
  writeFile(`${path}.json`, `${JSON.stringify(manifest, undefined, 2)}\n`);

function missingEncoder(options: FfmpegClipOptions, { encoders }: FfmpegAbilities): string | undefined {
  const wanted = [
    options.pictureCodec && named(pictureCodecs, options.pictureCodec, "picture codec").encoder,
    options.soundCodec && named(soundCodecs, options.soundCodec, "sound codec").encoder,
  ];
  return wanted.find((encoder) => encoder !== undefined && encoder !== "" && !encoders.has(encoder));
}

function patternOf(options: FfmpegClipOptions): PatternAsset {
  const { timestamps } = named(containers, options.container, "container");
  const ms = (count: number) => mediaTime(BigInt(count) * 1_000_000n);
  const size = options.size ?? { width: 192, height: 108 };
  return patternAsset({
    // An id of its own for every name, so that clips are told apart; the same on every machine.
    id: 1 + ([...options.name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) % 250),
    uri: `clip:${options.name}`,
    duration: ms(options.durationMs ?? 2_000),
    pictures:
      options.pictureCodec === undefined
        ? false
        : {
            ...size,
            pixelFormat: named(pictureCodecs, options.pictureCodec, "picture codec").pixelFormat,
            rate: options.rate ?? rational(25, 1),
            ...(options.durations && { durations: options.durations }),
            timestamps,
            sampleAspect: options.sampleAspect ?? rational(1, 1),
            fieldOrder: options.fieldOrder ?? "progressive",
            mark: "blocks",
          },
    sound:
      options.soundCodec === undefined
        ? false
        : {
            sampleRate: options.sampleRate ?? 48_000,
            channels: options.channels ?? 2,
            mark:
              options.soundMark ??
              (named(soundCodecs, options.soundCodec, "sound codec").exact === true ? "exact" : "noise"),
            ...(options.soundDurationMs !== undefined && { duration: ms(options.soundDurationMs) }),
          },
  });
}

function ffmpegArgs(options: FfmpegClipOptions, pattern: PatternAsset): string[] {
  const container = named(containers, options.container, "container");
  return [...inputArgs(pattern), ...codecArgs(options, pattern), ...container.args, "-f", container.muxer];
}

function inputArgs({ pictures, sound }: PatternAsset): string[] {
  const args = ["-hide_banner", "-loglevel", "error", "-nostdin"];
  if (pictures?.size) {
    const { num, den } = pictures.times.rate;
    const { width, height } = pictures.size;
    args.push("-f", "rawvideo", "-pix_fmt", pictures.pixelFormat, "-s", `${width}x${height}`);
    args.push("-r", `${num}/${den}`, "-i", "pipe:0");
  }
  if (sound)
    args.push("-f", "f32le", "-ar", `${sound.sampleRate}`, "-ac", `${sound.channels}`, "-i", "pipe:3");
  return args;
}

function codecArgs(options: FfmpegClipOptions, pattern: PatternAsset): string[] {
  const args: string[] = [];
  const { pictures, sound } = pattern;
  if (pictures?.size && options.pictureCodec !== undefined) {
    const codec = named(pictureCodecs, options.pictureCodec, "picture codec");
    const kilopixels = (pictures.size.width * pictures.size.height) / 1_000;
    args.push("-map", "0:v", "-c:v", codec.encoder, "-pix_fmt", codec.pixelFormat);
    args.push(
      ...codec.args({
        gop: options.gop ?? 12,
        bFrames: options.bFrames ?? 2,
        openGop: options.openGop ?? false,
        bitrateKbps: options.bitrateKbps ?? Math.max(200, Math.round(kilopixels * kbpsPerKilopixel)),
      }),
    );
    args.push(...filterArgs(options, pattern));
    args.push(
      "-colorspace",
      "bt709",
      "-color_primaries",
      "bt709",
      "-color_trc",
      "bt709",
      "-color_range",
      "tv",
    );
  }
  if (sound && options.soundCodec !== undefined) {
    const codec = named(soundCodecs, options.soundCodec, "sound codec");
    args.push("-map", `${pictures ? 1 : 0}:a`, "-c:a", codec.encoder, ...codec.args);
  }
  return args;
}

function filterArgs(options: FfmpegClipOptions, { pictures }: PatternAsset): string[] {
  const filters: string[] = [];
  const args: string[] = [];
  if (options.durations) {
    const starts: bigint[] = [];
    let cycle = 0n;
    for (const duration of options.durations) {
      starts.push(cycle / 1_000_000n);
      cycle += duration;
    }
    const within = starts.map((start, i) => `eq(mod(N,${starts.length}),${i})*${start}`).join("+");
    filters.push("settb=1/1000", `setpts='floor(N/${starts.length})*${cycle / 1_000_000n}+${within}'`);
    args.push("-fps_mode", "passthrough", "-enc_time_base", "1/1000");
  }
  const aspect = pictures?.sampleAspect;
  if (aspect && aspect.num !== aspect.den) filters.push(`setsar=${aspect.num}/${aspect.den}`);
  if (pictures && pictures.fieldOrder !== "progressive") {
    const topFirst = pictures.fieldOrder === "top-first";
    filters.push(`setfield=${topFirst ? "tff" : "bff"}`);
    args.push("-flags", "+ilme+ildct", "-field_order", topFirst ? "tt" : "bb");
    if (options.pictureCodec === "h264") args.push("-x264-params", `${topFirst ? "tff" : "bff"}=1:threads=1`);
  }
  return filters.length > 0 ? ["-vf", filters.join(","), ...args] : args;
}

function truthOf(options: FfmpegClipOptions, pattern: PatternAsset): Clip["truth"] {
  const picture = options.pictureCodec && named(pictureCodecs, options.pictureCodec, "picture codec");
  const sound = options.soundCodec && named(soundCodecs, options.soundCodec, "sound codec");
  const exactSound = !sound || sound.exact === true;
  const { timestamps } = named(containers, options.container, "container");
  return {
    pattern,
    // A container's unit, and the nanosecond that rounding down costs.
    timeSlackNs: timestamps === "ms" ? 1_000_001n : timestamps === "90k" ? 11_112n : 1_001n,
    sampleSlack: exactSound ? 0 : 1,
    tailSamples: exactSound ? 0 : tailSamplesLossy,
    lossless: (!picture || picture.lossless === true) && exactSound,
  };
}

function named<T>(table: Readonly<Record<string, T>>, word: string, kind: string): T {
  const entry = table[word];
  if (entry === undefined) {
    const words = Object.keys(table).join(", ");
    throw new PlayoutError("InvalidArgument", `There is no ${kind} "${word}". There are: ${words}.`);
  }
  return entry;
}

const quoted = (word: string): string => (/^[\w./:=+-]+$/.test(word) ? word : `'${word}'`);
