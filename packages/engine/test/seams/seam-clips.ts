import { rational } from "@retrovue/core";
import { type Clip, type FfmpegClipOptions, isClip, makeFfmpegClip } from "@retrovue/plugin-contract";

type Row = readonly [
  container: string,
  pictures: string | undefined,
  sound: string | undefined,
  more: Omit<FfmpegClipOptions, "name" | "container" | "pictureCodec" | "soundCodec">,
];

const size = (width: number, height: number) => ({ width, height });
const film = rational(24_000, 1_001);
const ntsc = rational(30_000, 1_001);

/**
 * Every standard rate, codecs and containers of each kind, sizes that fit the channel and others, sound of all rates and layouts,
 * none of one or the other, and media shorter than a second. Sound is noise, which survives being coded again.
 */
const rows: readonly Row[] = [
  ["mkv", "h264", "flac", { rate: film, durationMs: 3_000 }],
  ["mp4", "h264", "aac", { rate: rational(24, 1), size: size(320, 180), gop: 240, durationMs: 4_000 }],
  ["mp4", "h264", "aac", { rate: rational(25, 1), size: size(162, 122), sampleRate: 44_100, channels: 1 }],
  ["ts", "h264", "aac", { rate: ntsc, size: size(320, 180), openGop: true }],
  ["mp4", "hevc", "aac", { rate: rational(30, 1), size: size(640, 360) }],
  ["ts", "hevc", "aac", { rate: rational(50, 1) }],
  ["mp4", "h264", "aac", { rate: rational(60_000, 1_001), size: size(256, 144), sampleRate: 44_100 }],
  ["webm", "vp9", "vorbis", { rate: ntsc, size: size(320, 180) }],
  ["ts", "mpeg2", "mp2", { rate: rational(25, 1) }],
  ["ps", "mpeg2", "mp2", { rate: ntsc, size: size(240, 160), sampleAspect: rational(8, 9) }],
  ["mp4", "av1", "aac", { rate: rational(24, 1), size: size(320, 180) }],
  ["avi", "mpeg4", "pcm16", { rate: rational(30, 1), bFrames: 0, sampleRate: 32_000 }],
  ["mov", "prores", "pcm24", { rate: film, size: size(320, 180) }],
  ["ts", "h264", "ac3", { rate: rational(50, 1), channels: 6 }],
  ["mp4", "hevc10", "eac3", { rate: rational(60, 1), channels: 6 }],
  ["mkv", "ffv1", "flac", { rate: ntsc, sampleRate: 96_000 }],
  ["mov", "mjpeg", "pcm16", { rate: rational(25, 1), channels: 1 }],
  ["mp4", "h264", undefined, { rate: rational(30, 1), size: size(320, 180) }],
  ["mkv", undefined, "flac", { sampleRate: 44_100 }],
  ["mkv", "h264", "pcm24", { durations: [17_000_000n, 50_000_000n, 33_000_000n] }],
  ["mp4", "h264", "aac", { rate: ntsc, durationMs: 500 }],
  ["webm", "vp8", "vorbis", { rate: rational(30, 1), durationMs: 700 }],
  ["mkv", "mpeg4", "mp3", { rate: rational(25, 1), durationMs: 480 }],
  ["mp4", "vp9", "opus", { rate: rational(60_000, 1_001), durationMs: 900 }],
];

const optionsOf = ([container, pictureCodec, soundCodec, more]: Row, index: number): FfmpegClipOptions => ({
  name: `cut-${index}-${container}-${pictureCodec ?? "none"}-${soundCodec ?? "none"}`,
  container,
  pictureCodec,
  soundCodec,
  ...(soundCodec !== undefined && { soundMark: "noise" }),
  ...more,
});

/** Clips to be cut together, and why those that are missing are. Made once and kept. */
export async function seamClips(
  signal: AbortSignal,
): Promise<{ readonly clips: readonly Clip[]; readonly missing: readonly string[] }> {
  const clips: Clip[] = [];
  const missing: string[] = [];
  for (const options of rows.map(optionsOf)) {
    const made = await makeFfmpegClip(options, signal);
    if (!isClip(made)) {
      missing.push(`${options.name}: ${made.unavailable}`);
      continue;
    }
    if (clips.some(({ truth }) => truth.pattern.id === made.truth.pattern.id))
      throw new Error(`The clip ${made.name} has the marks of another: give it another name.`);
    clips.push(made);
  }
  return { clips, missing };
}
