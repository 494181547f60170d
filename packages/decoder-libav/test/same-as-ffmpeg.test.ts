import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Decoder,
  endOfMedia,
  type MediaTime,
  mediaTime,
  type PictureFrame,
  planesOf,
  rowBytes,
  rowsOf,
} from "@retrovue/core";
import { clipSources, HeapSupply, isClip } from "@retrovue/plugin-contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LibavDecoderFactory, parseOptions } from "../src/index.js";
import { mediaPath, noMedia } from "./media-set.js";

const factory = new LibavDecoderFactory(["/"], parseOptions({}));
const patience = 60_000;
/** Pictures of a file that are sought after it was played. */
const seeks = 25;
/** More than any clip has. */
const all = 100_000;
/** By how many samples sound is moved to and fro to see that it lies best where it is. */
const slackMax = 16;

/** What a program writes to its standard output. */
function outputOf(program: string, args: readonly string[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ["-v", "quiet", ...args], { stdio: ["ignore", "pipe", "ignore"] });
    const parts: Buffer[] = [];
    child.stdout.on("data", (part: Buffer) => parts.push(part));
    child.on("error", reject);
    child.on("close", () => resolve(Buffer.concat(parts)));
  });
}

function digestOf({ format, planes, strides }: PictureFrame): string {
  const hash = createHash("md5");
  planesOf(format.pixelFormat).forEach((layout, index) => {
    const plane = planes[index]!;
    const stride = strides[index]!;
    const bytes = rowBytes(layout, format.width);
    for (let y = 0; y < rowsOf(layout, format.height); y++)
      hash.update(plane.subarray(y * stride, y * stride + bytes));
  });
  return hash.digest("hex");
}

/** The picture that comes next, wherever its time lies. */
async function nextOf(decoder: Decoder, signal: AbortSignal) {
  const picture = await decoder.readPicture(mediaTime(-1n), {}, signal);
  if (picture === endOfMedia) return undefined;
  const { time } = picture;
  const digest = digestOf(picture);
  picture.release();
  return { time, digest };
}

async function ffmpegDigests(path: string, max: number): Promise<string[]> {
  const args = [
    "-noautorotate",
    "-i",
    path,
    "-map",
    "0:v:0",
    "-frames:v",
    `${max}`,
    "-fps_mode",
    "passthrough",
  ];
  const text = (await outputOf("ffmpeg", [...args, "-f", "framemd5", "-"])).toString();
  return text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(",").at(-1)!.trim());
}

/** ffmpeg's picture of a still, in the layout that it came in, converted as accurately as the decoder asks libswscale to. */
async function ffmpegDigestIn(path: string, pixelFormat: string): Promise<string> {
  // JPEG's own layouts are the port's, in full range: asked for by those names they would be brought to limited range.
  const isAsItIs = path.endsWith(".jpg");
  const scale = isAsItIs ? [] : ["-vf", "scale=flags=bicubic+accurate_rnd", "-pix_fmt", pixelFormat];
  const bytes = await outputOf("ffmpeg", ["-i", path, ...scale, "-f", "rawvideo", "-"]);
  return createHash("md5").update(bytes).digest("hex");
}

async function isSamePictures(path: string, max: number): Promise<void> {
  const signal = AbortSignal.timeout(patience);
  await using decoder = await factory.open({ uri: path }, {}, signal);
  const theirs = await ffmpegDigests(path, max);
  expect(theirs.length).toBeGreaterThan(0);
  const own: { time: MediaTime; digest: string }[] = [];
  while (own.length < max) {
    const next = await nextOf(decoder, signal);
    if (next === undefined) break;
    own.push(next);
  }
  expect(own.map(({ digest }) => digest)).toEqual(theirs);
  // Likewise where each is sought, in no order.
  for (let seek = 0; seek < seeks; seek++) {
    const n = (seek * 37 + 11) % own.length;
    await decoder.seek(own[n]!.time, signal);
    expect((await nextOf(decoder, signal))?.digest, `picture ${n} after a seek`).toBe(theirs[n]);
  }
}

/** Which part of the pictures came in a supply's buffers; all are to be ffmpeg's own. */
async function placedShare(path: string, max: number, threads: number): Promise<number> {
  const signal = AbortSignal.timeout(patience);
  const factoryOf = new LibavDecoderFactory(["/"], parseOptions({ threads }));
  const { picture } = (await factoryOf.probe({ uri: path }, signal)).asset!;
  const supply = new HeapSupply(picture!.format);
  const digests: string[] = [];
  let placed = 0;
  {
    await using decoder = await factoryOf.open({ uri: path }, { supply }, signal);
    while (digests.length < max) {
      const frame = await decoder.readPicture(mediaTime(-1n), {}, signal);
      if (frame === endOfMedia) break;
      if (frame.holdBuffer !== undefined) placed++;
      digests.push(digestOf(frame));
      frame.release();
    }
  }
  expect(digests).toEqual(await ffmpegDigests(path, max));
  expect(supply.faults).toEqual([]);
  expect(supply.out).toBe(0);
  return placed / digests.length;
}

/** Seconds of the first frame of a stream, as libav's own timeline has it. */
async function firstTime(path: string, stream: "v" | "a"): Promise<number> {
  const key = stream === "v" ? "best_effort_timestamp_time" : "pts_time";
  const args = ["-select_streams", `${stream}:0`, "-read_intervals", "%+1", "-show_entries", `frame=${key}`];
  const text = (await outputOf("ffprobe", [...args, "-of", "csv=p=0", path])).toString();
  return Number.parseFloat(text.split("\n")[0]!);
}

/** Channel 0 of all sound, as libav decodes it. */
async function ffmpegSound(path: string): Promise<Float32Array> {
  const args = [
    "-i",
    path,
    "-map",
    "0:a:0",
    "-af",
    "pan=mono|c0=c0",
    "-c:a",
    "pcm_f32le",
    "-f",
    "f32le",
    "-",
  ];
  const bytes = await outputOf("ffmpeg", args);
  return new Float32Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / 4));
}

/** Energy of the difference over that of the sound. Not 0 where AAC fills bands with noise: that is new each time. */
function differenceAt(own: Float32Array, theirs: Float32Array, offset: number): number {
  let difference = 0;
  let energy = 1e-9;
  own.forEach((value, i) => {
    const other = theirs[offset + i] ?? 0;
    difference += (value - other) ** 2;
    energy += other ** 2;
  });
  return difference / energy;
}

async function isSameSound(path: string): Promise<void> {
  const signal = AbortSignal.timeout(patience);
  await using decoder = await factory.open({ uri: path }, {}, signal);
  const rate = decoder.info.sound!.sampleRate;
  const pictures = decoder.info.picture !== undefined;
  const zero = await firstTime(path, pictures ? "v" : "a");
  const skipped = Math.round((zero - (await firstTime(path, "a"))) * rate);
  const theirs = await ffmpegSound(path);
  for (const second of [0, 0.7]) {
    const at = Math.round(second * rate);
    await decoder.seek(mediaTime((BigInt(at) * 1_000_000_000n) / BigInt(rate)), signal);
    const block = await decoder.readSound(4_096, signal);
    if (block === endOfMedia) throw new Error("there is sound");
    const from = Math.max(0, -(skipped + at));
    const own = block.channels[0]!.subarray(from, block.samples);
    const moved = Array.from({ length: 2 * slackMax + 1 }, (_, n) => n - slackMax);
    const errors = moved.map((slack) => differenceAt(own, theirs, skipped + at + from + slack));
    const least = Math.min(...errors);
    // One sample either way, for ffprobe's rounding to microseconds; a low tone is nearly the same a few samples on, and not the best there.
    const near = Math.min(...errors.slice(slackMax - 1, slackMax + 2));
    const where = `the sound at ${second} s is libav's at ${skipped + at}`;
    expect(near, where).toBeLessThan(0.1);
    expect(near, `${where}, and best there: ${errors.indexOf(least) - slackMax}`).toBeLessThanOrEqual(
      least * 1.05 + 1e-6,
    );
    block.release();
  }
}

const names = clipSources
  .map(({ name }) => name)
  .filter((name) => /^(?:mp4|mkv|webm|ts|ps|avi|mov|mxf)-/.test(name));

describe("same as ffmpeg: generated clips", () => {
  test.each(names)("decoder/pictures-are-bit-identical: %s", { timeout: patience }, async (name) => {
    const clip = await clipSources.find((source) => source.name === name)!.make(new AbortController().signal);
    if (!isClip(clip) || clip.path === undefined) return;
    if (clip.truth.pattern.pictures) await isSamePictures(clip.path, all);
  });
});

test("decoder/sound-lies-where-a-clock-of-milliseconds-puts-it", { timeout: patience }, async () => {
  // Matroska writes 5 ms for the 5.33 that AC-3 begins before its pictures. What the file says is what is played, at every
  // place alike: there is nothing in it from which the third of a millisecond could be had back.
  const folder = await mkdtemp(join(tmpdir(), "retrovue-ac3-"));
  try {
    const path = join(folder, "ac3.mkv");
    const inputs = ["-f", "lavfi", "-i", "testsrc2=s=96x64:r=30000/1001:d=3"];
    inputs.push("-f", "lavfi", "-i", "anoisesrc=r=48000:d=3:seed=7:a=0.5");
    await outputOf("ffmpeg", [...inputs, "-c:v", "libx264", "-c:a", "ac3", "-b:a", "640k", path]);
    expect(Math.round(((await firstTime(path, "v")) - (await firstTime(path, "a"))) * 1000)).toBe(5);
    await isSameSound(path);
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe("same as ffmpeg: what has no marked clip", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "retrovue-unmarked-"));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const inputs = ["-f", "lavfi", "-i", "testsrc2=s=96x64:r=25:d=2"];
  inputs.push("-f", "lavfi", "-i", "anoisesrc=r=48000:d=2:seed=7:a=0.5");

  test.each(["mkv", "ts", "mp4"])(
    "decoder/dts-lies-where-libav-has-it: %s",
    { timeout: patience },
    async (kind) => {
      const path = join(folder, `dts.${kind}`);
      const codecs = ["-c:v", "libx264", "-c:a", "dca", "-strict", "-2", "-ac", "2", "-b:a", "768k"];
      await outputOf("ffmpeg", [...inputs, ...codecs, path]);
      await isSameSound(path);
      await using decoder = await factory.open({ uri: path }, {}, AbortSignal.timeout(patience));
      expect(decoder.info.sound).toMatchObject({ codec: "dts", sampleRate: 48_000, channels: 2 });
    },
  );

  test.each([
    ["photo.jpg", ["-pix_fmt", "yuvj420p"]],
    ["photo-422.jpg", ["-pix_fmt", "yuvj422p"]],
    ["grey.jpg", ["-pix_fmt", "gray"]],
    ["card.png", ["-pix_fmt", "rgb24"]],
    ["card-16.png", ["-pix_fmt", "rgb48be"]],
    ["card.bmp", []],
    ["card.tiff", ["-pix_fmt", "rgb24"]],
    ["card.webp", ["-lossless", "1", "-c:v", "libwebp"]],
  ] as const)(
    "decoder/a-still-is-its-picture-for-any-time: %s",
    { timeout: patience },
    async (name, format) => {
      const path = join(folder, name);
      await outputOf("ffmpeg", [
        "-f",
        "lavfi",
        "-i",
        "testsrc2=s=162x122:r=1:d=1",
        "-frames:v",
        "1",
        ...format,
        path,
      ]);
      const signal = AbortSignal.timeout(patience);
      await using decoder = await factory.open({ uri: path }, {}, signal);
      expect(decoder.info).toMatchObject({ duration: undefined, picture: { still: true } });
      const hours = 3_600_000_000_000n;
      const shown: string[] = [];
      for (const at of [0n, 5n * hours]) {
        await decoder.seek(mediaTime(at), signal);
        const picture = await decoder.readPicture(mediaTime(at), {}, signal);
        if (picture === endOfMedia) throw new Error(`there is a picture at ${at}`);
        expect([picture.time, picture.format.width, picture.format.height]).toEqual([0n, 162, 122]);
        shown.push(await ffmpegDigestIn(path, picture.format.pixelFormat), digestOf(picture));
        picture.release();
        expect(await decoder.readPicture(mediaTime(at), {}, signal)).toBe(endOfMedia);
      }
      // Brought to a layout of the port's where its own has no name there, as ffmpeg brings it.
      expect(new Set(shown).size).toBe(1);
    },
  );
});

describe("same as ffmpeg: in buffers of a bus", () => {
  const direct = /h264-(?!422|444)|hevc|vp8|vp9|mpeg2|mpeg4|prores|dnx|av1/;
  test.each(names.filter((name) => direct.test(name)))(
    "decoder/pictures-in-loaned-buffers-are-bit-identical: %s",
    { timeout: patience },
    async (name) => {
      const clip = await clipSources
        .find((source) => source.name === name)!
        .make(new AbortController().signal);
      if (!isClip(clip) || clip.path === undefined || !clip.truth.pattern.pictures) return;
      // The first ones may come before there were buffers at hand; AV1 is copied, for libdav1d has memory of its own.
      for (const threads of [1, 3]) expect(await placedShare(clip.path, 60, threads)).toBeGreaterThan(0.7);
    },
  );

  test("decoder/cropped-pictures-lie-within-their-buffer", { timeout: patience }, async () => {
    const folder = await mkdtemp(join(tmpdir(), "retrovue-cropped-"));
    try {
      const path = join(folder, "cropped.mp4");
      const crop = "h264_metadata=crop_top=6:crop_right=10:crop_bottom=8";
      const input = ["-f", "lavfi", "-i", "testsrc2=s=320x192:r=25:d=1"];
      await outputOf("ffmpeg", [...input, "-c:v", "libx264", "-bsf:v", crop, path]);
      expect(await placedShare(path, 60, 1)).toBeGreaterThan(0.7);
      const supply = new HeapSupply({ width: 310, height: 178, pixelFormat: "yuv420p" });
      await using decoder = await factory.open({ uri: path }, { supply }, AbortSignal.timeout(patience));
      for (let n = 0; n < 12; n++) {
        const frame = await decoder.readPicture(mediaTime(-1n), {}, AbortSignal.timeout(patience));
        if (frame === endOfMedia) throw new Error("there are 25 pictures");
        const hold = frame.holdBuffer?.();
        const whole = hold && supply.lent[hold.index]?.planes[0];
        if (hold && whole) expect(hold.planes[0]!.byteOffset).toBe(6 * hold.strides[0]!);
        expect(hold === undefined && n > 8).toBe(false);
        hold?.release();
        frame.release();
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe.skipIf(noMedia !== undefined)(`same as ffmpeg: real media${noMedia ? ` (${noMedia})` : ""}`, () => {
  const pictures = [
    "programmes/bbb-1080p24-mpeg2-mp2.ts",
    "programmes/bbb-1080p60-vp8.webm",
    "programmes/bbb-800x640p30-h264-bpyramid.mp4",
    "programmes/hdr10-hevc-main10.mp4",
    "programmes/long-1080p-av1-362s.mp4",
    "programmes/sd-360p-h264-cea608.ts",
    "awkward/edit-list.mp4",
    "awkward/interlaced-mbaff.h264",
    "awkward/vfr-declared-57600fps.mp4",
    "awkward/vp9-odd-dimensions.webm",
  ];
  test.each(pictures)("decoder/pictures-are-bit-identical: %s", { timeout: patience }, (name) =>
    isSamePictures(mediaPath(name), 30),
  );
  const sounds = [
    "programmes/bbb-480p24-h264-aac51-30s.mp4",
    "programmes/sd-360p-h264-cea608.ts",
    "programmes/hdr10-hevc-main10.mp4",
    "awkward/bt601.mov",
    "awkward/edit-list.mp4",
    "awkward/audio-only-aac.mp4",
  ];
  test.each(sounds)("decoder/sound-lies-where-libav-has-it: %s", { timeout: patience }, (name) =>
    isSameSound(mediaPath(name)),
  );
});
