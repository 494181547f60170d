import { PlayoutError } from "@retrovue/core";
import {
  type FoundMark,
  type FoundNoise,
  fieldView,
  type LumaView,
  matchExactSound,
  NoiseFinder,
  readBlockMark,
  readExactSound,
} from "@retrovue/core/testing";
import type { ClipTruth } from "./clip.js";
import { ffmpegProgram, ffprobeProgram, runProgram } from "./ffmpeg.js";

/** A picture of a file, as its own marks say. */
export interface ReadPicture {
  /** Seconds since the first picture, as the container says; NaN where it says nothing. */
  readonly seconds: number;
  readonly mark: FoundMark | undefined;
  /** For interlaced clips: the number in each field. */
  readonly fields: readonly [top: number | undefined, bottom: number | undefined];
}

/** Where a stretch of a file's sound comes from. */
export interface ReadSound {
  /** Seconds since the first picture (or first sound) at which the first decoded sample is heard. */
  readonly seconds: number;
  readonly sampleRate: number;
  /** Samples of each channel. */
  readonly channels: readonly Float32Array[];
}

/** What a file shows and sounds. */
export interface ReadMarks {
  readonly width: number;
  readonly height: number;
  readonly pictures: readonly ReadPicture[];
  readonly sound: ReadSound | undefined;
}

/** How a file is looked at. */
export interface ReadMarksOptions {
  /** Scales pictures before they are read, to prove that marks survive it. */
  readonly scaleTo?: { readonly width: number; readonly height: number };
  /** Gives back only the first so many pictures. */
  readonly picturesMax?: number;
}

interface Probe {
  readonly streams: readonly Record<string, string | number>[];
  readonly frames: readonly Record<string, string | number>[];
}

/**
 * Reads the marks of any file that the `ffmpeg` program decodes: a second opinion besides our own decoders. Rejects with
 * `MediaCorrupt` where it cannot.
 */
export async function readMarks(
  path: string,
  options: ReadMarksOptions,
  signal: AbortSignal,
): Promise<ReadMarks> {
  const probe = await probeFile(path, signal);
  const video = probe.streams.find((stream) => stream["codec_type"] === "video");
  const audio = probe.streams.find((stream) => stream["codec_type"] === "audio");
  const pictureTimes = timesOf(probe, "video");
  const soundTimes = timesOf(probe, "audio");
  const zero = pictureTimes[0] ?? soundTimes[0] ?? 0;
  const width = options.scaleTo?.width ?? Number(video?.["width"] ?? 0);
  const height = options.scaleTo?.height ?? Number(video?.["height"] ?? 0);
  return {
    width,
    height,
    pictures: video
      ? await readPictures(
          path,
          { width, height },
          pictureTimes.map((time) => time - zero),
          options,
          signal,
        )
      : [],
    sound: audio ? await readSound(path, audio, (soundTimes[0] ?? zero) - zero, signal) : undefined,
  };
}

async function probeFile(path: string, signal: AbortSignal): Promise<Probe> {
  const entries =
    "stream=codec_type,width,height,sample_rate,channels:frame=media_type,best_effort_timestamp_time,pts_time";
  const args = ["-v", "error", "-show_entries", entries, "-of", "json", path];
  const run = await runProgram(ffprobeProgram(), args, {}, signal);
  if (run.status !== 0) throw new PlayoutError("MediaCorrupt", `ffprobe cannot read ${path}: ${run.stderr}`);
  return JSON.parse(run.stdout.toString()) as Probe;
}

function timesOf(probe: Probe, kind: "video" | "audio"): number[] {
  // Only `pts_time` of sound moves on by the priming samples that were left out; pictures of some containers lack it.
  const key = kind === "audio" ? "pts_time" : "best_effort_timestamp_time";
  return probe.frames.filter((frame) => frame["media_type"] === kind).map((frame) => Number(frame[key]));
}

async function readPictures(
  path: string,
  size: { readonly width: number; readonly height: number },
  times: readonly number[],
  options: ReadMarksOptions,
  signal: AbortSignal,
): Promise<ReadPicture[]> {
  const filters = options.scaleTo ? ["-vf", `scale=${size.width}:${size.height}:flags=bicubic`] : [];
  const limit = options.picturesMax === undefined ? [] : ["-frames:v", `${options.picturesMax}`];
  const args = ["-v", "error", "-nostdin", "-i", path, "-map", "0:v:0", ...filters, ...limit];
  args.push("-fps_mode", "passthrough", "-pix_fmt", "gray", "-color_range", "tv", "-f", "rawvideo", "pipe:1");
  const pictures: ReadPicture[] = [];
  let rest: Buffer = Buffer.alloc(0);
  const bytes = size.width * size.height;
  const run = await runProgram(ffmpegProgram(), args, {}, signal, (portion) => {
    rest = rest.length === 0 ? portion : Buffer.concat([rest, portion]);
    for (; rest.length >= bytes; rest = rest.subarray(bytes)) {
      const seconds = times[pictures.length] ?? Number.NaN;
      pictures.push({ seconds, ...marksOf(rest.subarray(0, bytes), size) });
    }
  });
  if (run.status !== 0) throw new PlayoutError("MediaCorrupt", `ffmpeg cannot read ${path}: ${run.stderr}`);
  return pictures;
}

function marksOf(bytes: Uint8Array, size: { readonly width: number; readonly height: number }) {
  const view: LumaView = { bytes, offset: 0, stride: size.width, step: 1, ...size, shift: undefined };
  return {
    mark: readBlockMark(view),
    fields: [
      readBlockMark(fieldView(view, "top"))?.frame,
      readBlockMark(fieldView(view, "bottom"))?.frame,
    ] as const,
  };
}

async function readSound(
  path: string,
  stream: Record<string, string | number>,
  seconds: number,
  signal: AbortSignal,
): Promise<ReadSound> {
  const sampleRate = Number(stream["sample_rate"]);
  const channels = Number(stream["channels"]);
  const args = [
    "-v",
    "error",
    "-nostdin",
    "-i",
    path,
    "-map",
    "0:a:0",
    "-f",
    "f32le",
    "-c:a",
    "pcm_f32le",
    "pipe:1",
  ];
  const run = await runProgram(ffmpegProgram(), args, {}, signal);
  if (run.status !== 0) throw new PlayoutError("MediaCorrupt", `ffmpeg cannot read ${path}: ${run.stderr}`);
  const samples = Math.floor(run.stdout.length / 4 / channels);
  return {
    seconds,
    sampleRate,
    channels: Array.from({ length: channels }, (_, channel) =>
      Float32Array.from({ length: samples }, (_unused, i) =>
        run.stdout.readFloatLE((i * channels + channel) * 4),
      ),
    ),
  };
}

/** Where a stretch of sound comes from in a clip whose truth is known. */
export function placeSound(
  sound: ReadSound,
  truth: ClipTruth,
  at: number,
  samples = 4_096,
): FoundNoise | undefined {
  const own = truth.pattern.sound;
  const first = sound.channels[0];
  if (own === undefined || first === undefined) return undefined;
  if (own.mark === "exact") {
    const mark = readExactSound(sound.channels.slice(0, own.channels), at);
    if (mark?.asset !== truth.pattern.id) return undefined;
    const good = matchExactSound(first, at, samples, mark.asset, 0, mark.position);
    return { position: mark.position, likeness: good / samples };
  }
  const finder = new NoiseFinder({
    asset: truth.pattern.id,
    channel: 0,
    sampleRate: sound.sampleRate,
    samples: Math.ceil((own.samples * sound.sampleRate) / own.sampleRate),
  });
  return finder.find(first.subarray(at, at + samples));
}
