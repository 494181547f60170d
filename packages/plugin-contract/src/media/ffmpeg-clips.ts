import { rational } from "@retrovue/core";
import type { ClipSource } from "./clip.js";
import { type FfmpegClipOptions, makeFfmpegClip } from "./ffmpeg-clip.js";

type Row = [
  container: string,
  pictures: string | undefined,
  sound: string | undefined,
  more?: Partial<FfmpegClipOptions>,
];

const ntsc = rational(30_000, 1_001);
const film = rational(24_000, 1_001);

/**
 * Named `container-pictures-sound`, with a word more where something else is special. Lossy sound goes only into containers
 * that say how much of its beginning is priming, or beside pictures that fix where zero is. DTS is not made: the only encoder
 * at hand delays by 512 samples and tells nobody.
 */
const rows: readonly Row[] = [
  ["mp4", "h264", "aac"],
  ["mp4", "h264", "aac", { name: "mp4-h264-opengop", openGop: true, gop: 15, bFrames: 3, rate: ntsc }],
  ["mp4", "h264", "aac", { name: "mp4-h264-longgop", gop: 300, durationMs: 8_000, rate: film }],
  ["mp4", "h264", "aac", { name: "mp4-h264-intra", gop: 1, bFrames: 0, rate: rational(60_000, 1_001) }],
  [
    "mp4",
    "h264",
    "aac",
    { name: "mp4-h264-sar", sampleAspect: rational(32, 27), size: { width: 180, height: 120 } },
  ],
  [
    "mp4",
    "h264",
    "aac",
    { name: "mp4-h264-odd", size: { width: 162, height: 122 }, sampleRate: 44_100, channels: 1 },
  ],
  ["mkv", "h264", "pcm24", { name: "mkv-h264-vfr", durations: [17_000_000n, 50_000_000n, 33_000_000n] }],
  ["mp4", "h264", "aac", { name: "mp4-h264-shortsound", soundDurationMs: 900 }],
  ["mp4", "hevc", "aac"],
  ["mp4", "hevc10", "eac3"],
  ["mp4", "av1", "aac"],
  ["mkv", "h264", "flac", { rate: film }],
  // At 32 kHz AC-3's delay of 256 samples is 8 ms; at 48 kHz it is 5.33, for which Matroska writes 5: the file would be out.
  ["mkv", "hevc", "ac3", { openGop: true, rate: ntsc, sampleRate: 32_000 }],
  ["mkv", "ffv1", "flac", { rate: ntsc }],
  ["webm", "vp8", "vorbis", { rate: rational(30, 1) }],
  ["webm", "vp9", "vorbis", { rate: ntsc }],
  // Not in WebM: ffmpeg 5.1 counts the 312 samples of Opus priming twice there, so that its own file is 6.5 ms out of step.
  ["mp4", "vp9", "opus", { rate: ntsc }],
  ["ts", "h264", "aac", { rate: ntsc }],
  ["ts", "h264", "ac3", { openGop: true }],
  // libx264 codes interlaced pictures with adaptive macroblocks (MBAFF); nothing at hand makes field pictures (PAFF).
  [
    "ts",
    "h264",
    "aac",
    { name: "ts-h264-mbaff", fieldOrder: "top-first", size: { width: 192, height: 128 }, bFrames: 2 },
  ],
  ["ts", "hevc", "aac", { rate: rational(50, 1) }],
  ["ts", "mpeg2", "mp2"],
  [
    "ts",
    "mpeg2",
    "mp2",
    { name: "ts-mpeg2-interlaced", fieldOrder: "top-first", size: { width: 192, height: 128 } },
  ],
  ["ps", "mpeg2", "mp2", { rate: ntsc }],
  ["avi", "mpeg4", "pcm16", { bFrames: 0 }],
  ["mkv", "mpeg4", "mp3"],
  ["mov", "prores", "pcm24", { rate: film, size: { width: 256, height: 144 } }],
  ["mov", "dnxhr", "pcm16", { size: { width: 256, height: 144 } }],
  ["mov", "mjpeg", "pcm16"],
  ["mxf", "mpeg2", "pcm16", { gop: 12 }],
  ["mp4", undefined, "aac", { name: "mp4-aac" }],
  ["mp4", "h264", undefined, { name: "mp4-h264" }],
  ["mkv", undefined, "flac", { name: "mkv-flac", sampleRate: 44_100 }],
];

const optionsOf = ([container, pictureCodec, soundCodec, more]: Row): FfmpegClipOptions => ({
  name: `${container}-${pictureCodec ?? "none"}-${soundCodec ?? "none"}`,
  container,
  pictureCodec,
  soundCodec,
  ...more,
});

/** What each clip is made of, in the order of `ffmpegClips`. */
export const ffmpegClipOptions: readonly FfmpegClipOptions[] = Object.freeze(rows.map(optionsOf));

/** Clips of real codecs and containers, made through the `ffmpeg` program. */
export const ffmpegClips: readonly ClipSource[] = Object.freeze(
  ffmpegClipOptions.map((options) => ({
    name: options.name,
    make: (signal: AbortSignal) => makeFfmpegClip(options, signal),
  })),
);
