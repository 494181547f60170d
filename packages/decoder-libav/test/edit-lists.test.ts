import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Decoder, endOfMedia, mediaTime, type PictureFrame } from "@retrovue/core";
import { lumaView, NoiseFinder, readBlockMark } from "@retrovue/core/testing";
import { type Clip, isClip } from "@retrovue/plugin-contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LibavDecoderFactory, parseOptions } from "../src/index.js";
import { type Edit, withEdits } from "./edit-lists.js";
import { remuxed } from "./remuxed.js";

const factory = new LibavDecoderFactory(["/"], parseOptions({}));
const patience = 60_000;
const signal = () => AbortSignal.timeout(patience);
const frameMs = 40;
const frameNs = BigInt(frameMs) * 1_000_000n;
/** Of the pictures' track (25 a second), and when its first picture is shown: two B-pictures' delay. */
const [pictureTicks, pictureDelay] = [512, 1024];
/** AAC's first frame is priming. */
const [sampleRate, priming] = [48_000, 1024];

const pictures = (from: number, to: number): Edit => ({
  duration: (to - from) * frameMs,
  mediaTime: pictureDelay + from * pictureTicks,
});
const sound = (from: number, to: number): Edit => ({
  duration: (to - from) * frameMs,
  mediaTime: priming + (from * frameMs * sampleRate) / 1_000,
});
const nothing = (frames: number): Edit => ({ duration: frames * frameMs, mediaTime: -1 });
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n);

interface EditedClip {
  readonly edits: readonly (readonly Edit[])[];
  readonly shown: readonly number[];
  /** Picture whose sound comes first; left out: the first one. */
  readonly soundFrom?: number;
  /** Pictures by which a later part may be off its place. */
  readonly roughBy?: number;
  readonly statedMs?: number;
}

/** Edits of both tracks, and which pictures are shown by them. */
const lists: Readonly<Record<string, EditedClip>> = {
  "cut at a key picture": {
    edits: [[pictures(12, 30)], [sound(12, 30)]],
    shown: range(12, 30),
  },
  "cut between key pictures": {
    edits: [[pictures(17, 41)], [sound(17, 41)]],
    shown: range(17, 41),
  },
  "two parts": {
    edits: [
      [pictures(10, 20), pictures(30, 45)],
      [sound(10, 20), sound(30, 45)],
    ],
    shown: [...range(10, 20), ...range(30, 45)],
    // FFmpeg 5.1 itself has the second part begin one picture early.
    roughBy: 1,
  },
  "the later part first": {
    edits: [
      [pictures(24, 36), pictures(3, 15)],
      [sound(24, 36), sound(3, 15)],
    ],
    shown: [...range(24, 36), ...range(3, 15)],
  },
  "one part twice": {
    edits: [
      [pictures(5, 20), pictures(5, 20)],
      [sound(5, 20), sound(5, 20)],
    ],
    shown: [...range(5, 20), ...range(5, 20)],
  },
  "pictures after the sound": {
    edits: [[nothing(10), pictures(0, 30)], [sound(0, 40)]],
    shown: range(0, 30),
    soundFrom: 10,
    // By FFmpeg 5.1 the empty part counts.
    statedMs: 40 * frameMs,
  },
};

describe("edit lists", () => {
  let folder: string;
  let clip: Clip;
  let finder: NoiseFinder;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "retrovue-edits-"));
    const made = await remuxed("mp4-h264-aac", "movie-box-last", "mp4", []).make(signal());
    if (!isClip(made)) throw new Error(made.unavailable);
    clip = made;
    const own = clip.truth.pattern.sound!;
    finder = new NoiseFinder({ asset: clip.truth.pattern.id, channel: 0, sampleRate, samples: own.samples });
    const bytes = await readFile(clip.path!);
    for (const [name, { edits }] of Object.entries(lists))
      await writeFile(join(folder, name), withEdits(bytes, edits));
  }, patience);
  afterAll(() => rm(folder, { recursive: true }));

  const numberOf = (picture: PictureFrame): number | undefined =>
    readBlockMark(lumaView(picture, picture.format))?.frame;

  async function allFrom(decoder: Decoder): Promise<{ numbers: (number | undefined)[]; times: number[] }> {
    const numbers: (number | undefined)[] = [];
    const times: number[] = [];
    for (;;) {
      const picture = await decoder.readPicture(mediaTime(-1n), {}, signal());
      if (picture === endOfMedia) return { numbers, times };
      numbers.push(numberOf(picture));
      times.push(Math.round(Number(picture.time) / 1e6));
      picture.release();
    }
  }

  test.each(Object.entries(lists))(
    "edits/what-they-show-is-played-in-order: %s",
    { timeout: patience },
    async (name, { shown, roughBy = 0, statedMs = shown.length * frameMs }) => {
      await using decoder = await factory.open({ uri: join(folder, name) }, {}, signal());
      const { numbers, times } = await allFrom(decoder);
      expect(numbers).toEqual(shown);
      const off = times.map((time, n) => Math.abs(time - n * frameMs));
      expect(Math.max(...off)).toBeLessThanOrEqual(roughBy * frameMs);
      expect(Math.abs(Number(decoder.info.duration) / 1e6 - statedMs)).toBeLessThanOrEqual(frameMs);
    },
  );

  test.each(Object.entries(lists))(
    "edits/every-picture-can-be-sought: %s",
    { timeout: patience },
    async (name, { shown, roughBy = 0 }) => {
      await using decoder = await factory.open({ uri: join(folder, name) }, {}, signal());
      const order = shown.map((_, n) => (n * 7) % shown.length);
      const seen: (number | undefined)[] = [];
      for (const n of order) {
        await decoder.seek(mediaTime(BigInt(n) * frameNs + frameNs / 4n), signal());
        const picture = await decoder.readPicture(mediaTime(BigInt(n) * frameNs), {}, signal());
        seen.push(picture === endOfMedia ? shown.at(-1) : numberOf(picture));
        if (picture === endOfMedia) expect(n).toBeGreaterThanOrEqual(shown.length - roughBy);
        else picture.release();
      }
      const wrong = order.filter(
        (n, i) => !shown.slice(Math.max(0, n - roughBy), n + roughBy + 1).includes(seen[i] ?? -1),
      );
      expect(wrong).toEqual([]);
    },
  );

  test.each(Object.entries(lists))(
    "edits/the-sound-begins-with-its-picture: %s",
    { timeout: patience },
    async (name, list) => {
      await using decoder = await factory.open({ uri: join(folder, name) }, {}, signal());
      const block = await decoder.readSound(4_096, signal());
      if (block === endOfMedia) throw new Error("there is sound");
      const at = ((list.soundFrom ?? list.shown[0]!) * frameMs * sampleRate) / 1_000;
      const found = finder.findNear(block.channels[0]!.subarray(0, 4_096), at, 2_100);
      expect(found?.position).toBeDefined();
      expect(Math.abs(found!.position - at)).toBeLessThan(1.5);
      block.release();
    },
  );
});
