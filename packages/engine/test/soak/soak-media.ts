import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { rational } from "@retrovue/core";
import { clipFolder, type FfmpegClipOptions, isClip, makeFfmpegClip } from "@retrovue/plugin-contract";
import { root } from "../built-cli.ts";
import type { Random } from "../seams/random.ts";

/** Something to cut segments from. */
export interface SoakMedia {
  readonly uri: string;
  readonly seconds: number;
}

/** What a soak plays, and the folders that it lies beneath. */
export interface SoakShelf {
  readonly media: readonly SoakMedia[];
  readonly roots: readonly string[];
  /** What is not there, and why: told, never left out in silence. */
  readonly missing: readonly string[];
}

const mediaFolder = process.env["RETROVUE_MEDIA_DIR"] ?? join(root, "../shared/media");
const demoFolder = join(root, "var/demo");

/** Standard definition as channels have it: of several rates, codecs and containers. */
const made: readonly Omit<FfmpegClipOptions, "name">[] = [
  {
    container: "mp4",
    pictureCodec: "h264",
    soundCodec: "aac",
    rate: rational(30_000, 1_001),
    gop: 30,
    bFrames: 2,
  },
  { container: "ts", pictureCodec: "mpeg2", soundCodec: "mp2", rate: rational(25, 1) },
  { container: "ts", pictureCodec: "h264", soundCodec: "ac3", rate: rational(24_000, 1_001), channels: 6 },
  { container: "mkv", pictureCodec: "h264", soundCodec: "flac", rate: rational(24, 1), sampleRate: 44_100 },
];
const size = { width: 720, height: 480 };
const secondsMade = 20;

/** Files of the media set that fit standard definition, and of the demo, by how much of them is played. */
const real: readonly (readonly [file: string, seconds: number])[] = [
  ["programmes/bbb-480p24-h264-aac51-30s.mp4", 29],
  ["programmes/sd-360p-h264-cea608.ts", 2.4],
  ["programmes/bbb-800x640p30-h264-bpyramid.mp4", 3.9],
];
const demo: readonly (readonly [file: string, seconds: number])[] = [
  ["feature.mp4", 8],
  ["advert-one.mp4", 3],
];

/** The demo's folder of programmes is named after what is in it (scripts/demo). */
const demoFile = (file: string): string =>
  globSync(join(demoFolder, "programmes-*", file))[0] ?? join(demoFolder, file);

/** Makes what is made, and finds what is there. */
export async function soakShelf(signal: AbortSignal): Promise<SoakShelf> {
  const media: SoakMedia[] = [];
  const missing: string[] = [];
  for (const [index, options] of made.entries()) {
    const name = `soak-${index}`;
    const clip = await makeFfmpegClip(
      { name, ...options, size, soundMark: "noise", durationMs: secondsMade * 1_000 },
      signal,
    );
    if (isClip(clip)) media.push({ uri: clip.uri, seconds: secondsMade });
    else missing.push(`${name}: ${clip.unavailable}`);
  }
  const found = [
    ...real.map(([file, seconds]) => ({ uri: join(mediaFolder, file), seconds })),
    ...demo.map(([file, seconds]) => ({ uri: demoFile(file), seconds })),
  ];
  for (const one of found) {
    if (existsSync(one.uri)) media.push(one);
    else missing.push(`${one.uri}: not there`);
  }
  const roots = [clipFolder(), mediaFolder, demoFolder].filter(existsSync);
  return { media, roots, missing };
}

/** In-points lie within the first group of pictures or two: a seek far into a long group is decoding, and no seam. */
const inPointMax = 1.2;

/** Thirtieths of a second that a segment lasts, at least and less than: how often there is a seam. */
export type SeamPace = readonly [least: number, below: number];

/** Hundreds of cuts, none a second after the one before: as many openings of files as a channel of adverts has in an hour. */
export const dense: SeamPace = [21, 31];

/** Segments of one to seven seconds, four at the median: still ten times as many as a channel has. */
export const calm: SeamPace = [30, 211];

/** A plan of short segments in a loop. */
export function soakPlan(
  media: readonly SoakMedia[],
  segments: number,
  random: Random,
  pace: SeamPace = dense,
): object {
  const [first, ...others] = media;
  if (first === undefined) throw new Error("There is nothing to play.");
  return {
    end: "loop",
    segments: Array.from({ length: segments }, () => {
      const { uri, seconds } = random.of([first, ...others]);
      const duration = Math.min(random.whole(...pace) / 30, seconds);
      const last = Math.min(seconds - duration, inPointMax);
      const inPoint = random.whole(0, Math.floor(last * 25)) / 25;
      return {
        id: idOf(random),
        uri,
        inPoint: `${inPoint.toFixed(3)}s`,
        duration: `${duration.toFixed(9)}s`,
      };
    }),
  };
}

/** The same, of which every third cannot be played: missing, broken, or the death of its worker. */
export function failingPlan(media: readonly SoakMedia[], random: Random, pace: SeamPace = dense): object {
  const broken = [
    join(mediaFolder, "programmes/nobody-made-this.mp4"),
    ...["missing-stsd.mp4", "invalid-nalu.mp4", "block_ends_beyond_cluster.mkv", "mdat-too-long.mp4"].map(
      (file) => join(mediaFolder, "hostile", file),
    ),
    "test://fault/soak",
    "test://abort/soak",
  ];
  const { segments } = soakPlan(media, 3 * broken.length, random, pace) as { segments: { uri: string }[] };
  return {
    end: "loop",
    segments: segments.map((segment, index) =>
      index % 3 === 2 ? { ...segment, inPoint: "0s", uri: broken[Math.floor(index / 3)] } : segment,
    ),
  };
}

const idOf = (random: Random): string =>
  Array.from({ length: 32 }, (_, index) => (index === 0 ? "1" : random.whole(0, 16).toString(16))).join("");
