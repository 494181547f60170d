import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { type Clip, type ClipSource, isClip } from "./clip.js";
import { ffmpegAbilities } from "./ffmpeg.js";
import { ffmpegCommand, readManifest } from "./ffmpeg-clip.js";
import { ffmpegClipOptions, ffmpegClips } from "./ffmpeg-clips.js";
import { ownClips } from "./own-clips.js";
import { placeSound, readMarks } from "./read-marks.js";

const abilities = await ffmpegAbilities(AbortSignal.timeout(20_000));

async function made(source: ClipSource, signal: AbortSignal, skip: (note: string) => void): Promise<Clip> {
  if (abilities === undefined) skip("the ffmpeg program is not installed");
  const clip = await source.make(signal);
  if (!isClip(clip)) {
    skip(clip.unavailable);
    throw new Error(clip.unavailable);
  }
  return clip;
}

/** Reads a clip back through ffmpeg and holds it against its truth. */
async function expectTruth(clip: Clip, signal: AbortSignal, scaleTo?: { width: number; height: number }) {
  const { pattern, sampleSlack, timeSlackNs } = clip.truth;
  const read = await readMarks(clip.path ?? "", scaleTo ? { scaleTo } : {}, signal);
  expect(read.pictures.length).toBe(pattern.pictures?.count ?? 0);
  for (const [n, picture] of read.pictures.entries()) {
    if (pattern.pictures?.fieldOrder === "progressive") {
      expect(picture.mark, `picture ${n}`).toMatchObject({ frame: n, asset: pattern.id });
    } else {
      expect(picture.fields, `fields of picture ${n}`).toEqual([2 * n, 2 * n + 1]);
    }
    // The last picture of a program stream comes without a time.
    if (Number.isNaN(picture.seconds) && n === read.pictures.length - 1) continue;
    const off = picture.seconds - Number(pattern.pictures?.times.at(n) ?? 0n) / 1e9;
    expect(Math.abs(off), `time of picture ${n}`).toBeLessThanOrEqual(Number(timeSlackNs) / 1e9 + 1e-6);
  }
  const { sound } = read;
  expect(sound !== undefined).toBe(pattern.sound !== undefined);
  if (!sound || !pattern.sound) return;
  expect(sound.sampleRate).toBe(pattern.sound.sampleRate);
  const length = sound.channels[0]?.length ?? 0;
  for (const at of [4_800, Math.floor(length / 2), length - 8_192]) {
    const found = placeSound(sound, clip.truth, at);
    const expected = at + sound.seconds * sound.sampleRate;
    expect(found, `sound at ${at}`).toBeDefined();
    // The container's time of the first sample is rounded to its own unit.
    const slack = sampleSlack + 0.5 + (Number(timeSlackNs) / 1e9) * sound.sampleRate;
    expect(Math.abs((found?.position ?? 0) - expected), `sound at ${at}`).toBeLessThanOrEqual(slack);
  }
}

describe("clips read back through ffmpeg", () => {
  for (const source of [...ownClips.filter(({ name }) => name !== "pattern"), ...ffmpegClips]) {
    test(`media/${source.name}-tells-its-truth`, async ({ signal, skip }) => {
      await expectTruth(await made(source, signal, skip), signal);
    });
  }

  test("media/marks-survive-coding-and-scaling-together", async ({ signal, skip }) => {
    const h264 = ffmpegClips.find(({ name }) => name === "mp4-h264-aac");
    if (!h264) throw new Error("there is no such clip");
    const clip = await made(h264, signal, skip);
    await expectTruth(clip, signal, { width: 1_280, height: 720 });
    await expectTruth(clip, signal, { width: 96, height: 54 });
  });

  test("media/a-manifest-keeps-the-command", async ({ signal, skip }) => {
    const h264 = ffmpegClips.find(({ name }) => name === "mp4-h264-aac");
    if (!h264) throw new Error("there is no such clip");
    const clip = await made(h264, signal, skip);
    const manifest = await readManifest(clip.path ?? "");
    expect(manifest.command).toMatch(/^\S*ffmpeg .*-i pipe:0 .*-i pipe:3 .*-c:v libx264 .*CLIP\.mp4$/);
    // A second making finds the first one.
    expect((await made(h264, signal, skip)).path).toBe(clip.path);
  });
});

test("media/the-document-lists-every-clip-with-its-command", async () => {
  const page = await readFile(new URL("../../../../docs/test-media.md", import.meta.url), "utf8");
  const written = [...page.matchAll(/^- `(\S+)`\n\n {2}```sh\n {2}(.*)\n {2}```$/gm)].map((match) => [
    match[1],
    match[2],
  ]);
  expect(written).toEqual(ffmpegClipOptions.map((options) => [options.name, ffmpegCommand(options)]));
});
