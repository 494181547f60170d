import { execFile } from "node:child_process";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { endOfMedia, mediaTime, PlayoutError } from "@retrovue/core";
import { exactSample } from "@retrovue/core/testing";
import { clipSources, isClip } from "@retrovue/plugin-contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LibavDecoderFactory, parseOptions } from "../src/index.js";
import { mediaPath, noMedia } from "./media-set.js";

const run = promisify(execFile);
const signal = new AbortController().signal;
const factory = new LibavDecoderFactory(["/"], parseOptions({}));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "retrovue-streams-"));
});
afterAll(() => rm(folder, { recursive: true }));

const picture = "testsrc2=s=96x64:r=25:d=1";
const tone = (rate: number, hertz: number) => `sine=f=${hertz}:d=1:r=${rate}`;

/** Makes a file with ffmpeg from these lavfi inputs. */
async function make(name: string, inputs: readonly string[], ...args: string[]): Promise<string> {
  const path = join(folder, name);
  const given = inputs.flatMap((input) =>
    input.endsWith(".srt") ? ["-i", input] : ["-f", "lavfi", "-i", input],
  );
  await run("ffmpeg", ["-v", "error", "-nostdin", ...given, ...args, "-y", path]);
  return path;
}

describe("streams", () => {
  test("lesson/44-cover-art-is-no-picture", async () => {
    const cover = ["-frames:v:0", "1", "-c:v", "png", "-disposition:v:0", "attached_pic"];
    const path = await make(
      "cover.mp3",
      [picture, tone(44_100, 440)],
      "-map",
      "1:a",
      "-map",
      "0:v",
      ...cover,
    );
    await using decoder = await factory.open({ uri: path }, {}, signal);
    expect(decoder.info.picture).toBeUndefined();
    expect(decoder.info.sound?.codec).toBe("mp3");
    expect(await decoder.readPicture(mediaTime(0n), {}, signal)).toBe(endOfMedia);
  });

  test("lesson/44-the-right-sound-and-nothing-else", async () => {
    const subtitles = join(folder, "words.srt");
    await writeFile(subtitles, "1\n00:00:00,000 --> 00:00:01,000\nWords.\n");
    // Told apart by their rates.
    const inputs = [picture, tone(32_000, 300), tone(44_100, 440), tone(48_000, 600), subtitles];
    const maps = [0, 1, 2, 3, 4].flatMap((n) => ["-map", `${n}`]);
    const tags = ["deu", "eng", "fra"].flatMap((tag, n) => [`-metadata:s:a:${n}`, `language=${tag}`]);
    const flags = ["-disposition:a:0", "0", "-disposition:a:1", "default", "-disposition:a:2", "0"];
    const path = await make("many.mkv", inputs, ...maps, ...tags, ...flags, "-c:v", "mpeg4", "-c:a", "aac");
    const rateFor = async (...languages: string[]) => {
      await using decoder = await factory.open({ uri: path }, { languages }, signal);
      return decoder.info.sound?.sampleRate;
    };
    expect(await rateFor()).toBe(44_100);
    expect(await rateFor("de", "fr")).toBe(32_000);
    expect(await rateFor("ja", "fra")).toBe(48_000);
    expect(await rateFor("ja")).toBe(44_100);
  });

  test("streams/a-language-is-found-by-any-of-its-codes", async () => {
    // Of Matroska's codes and MPEG-TS' the first begins as another language is asked for.
    const inputs = [picture, tone(32_000, 300), tone(44_100, 440), tone(48_000, 600)];
    const maps = [0, 1, 2, 3].flatMap((n) => ["-map", `${n}`]);
    const codecs = ["-c:v", "mpeg2video", "-c:a", "mp2", "-disposition:a", "0"];
    const withTags = async (name: string, ...tags: string[]) => {
      const given = tags.flatMap((tag, n) => [`-metadata:s:a:${n}`, `language=${tag}`]);
      const path = await make(name, inputs, ...maps, ...codecs, ...given);
      return async (...languages: string[]) => {
        await using decoder = await factory.open({ uri: path }, { languages }, signal);
        return decoder.info.sound?.sampleRate;
      };
    };
    const spanish = await withTags("spanish.ts", "est", "spa", "por");
    expect(await spanish("es")).toBe(44_100);
    expect(await spanish("et")).toBe(32_000);
    expect(await spanish("pt-BR")).toBe(48_000);
    const german = await withTags("german.mkv", "eng", "ger", "jpn");
    for (const code of ["de", "deu", "ger", "DE", "de-AT"]) expect(await german(code)).toBe(44_100);
    expect(await german("ja")).toBe(48_000);
    expect(await german("fr", "jpn")).toBe(48_000);
  });

  test("streams/a-language-that-is-no-tag-is-none", async () => {
    const tone32 = [tone(32_000, 300)];
    const languageOf = async (name: string, language: string) => {
      const path = await make(name, tone32, "-metadata:s:a:0", `language=${language}`, "-c:a", "mp2");
      await using decoder = await factory.open({ uri: path }, {}, signal);
      return decoder.info.sound?.language;
    };
    expect(await languageOf("tag.mkv", "sl-IT-nedis")).toBe("sl-IT-nedis");
    expect(await languageOf("longest.mkv", "x".repeat(64))).toBe("x".repeat(64));
    expect(await languageOf("endless.mkv", "x".repeat(65))).toBeUndefined();
  });

  test("lesson/42-what-has-no-end-is-not-waited-for", async () => {
    const pipe = join(folder, "pipe.mp4");
    await run("mkfifo", [pipe]);
    const refused = await factory.open({ uri: pipe }, {}, signal).catch((thrown: unknown) => thrown);
    expect(PlayoutError.is(refused, "UnsupportedMedia")).toBe(true);
    // A file that ends in the middle of its header, and a hole of a gigabyte.
    const hole = join(folder, "hole.mp4");
    await using file = await open(hole, "w");
    await file.truncate(1e9);
    const nothing = await factory.open({ uri: hole }, {}, signal).catch((thrown: unknown) => thrown);
    expect(PlayoutError.is(nothing, "UnsupportedMedia")).toBe(true);
    expect((await factory.probe({ uri: pipe }, signal)).score).toBe(0);
  });

  test("lesson/41-openings-at-once-disturb-nobody", { timeout: 60_000 }, async () => {
    const path = await make("small.mp4", [picture, tone(48_000, 440)], "-c:v", "libx264", "-c:a", "aac");
    const opens = Array.from({ length: 160 }, async () => {
      await using decoder = await factory.open({ uri: path }, {}, signal);
      return decoder.info.picture?.codec;
    });
    expect(new Set(await Promise.all(opens))).toEqual(new Set(["h264"]));
  });

  test("streams/sound-that-begins-late-keeps-its-distance", async () => {
    const inputs = [picture, tone(48_000, 440)];
    const late = [
      "-filter_complex",
      "[1:a]asetpts=PTS+0.5/TB[a]",
      "-map",
      "0:v",
      "-map",
      "[a]",
      "-c:v",
      "mpeg4",
    ];
    const path = await make("late.mkv", inputs, ...late, "-c:a", "pcm_s16le");
    await using decoder = await factory.open({ uri: path }, {}, signal);
    const block = await decoder.readSound(48_000, signal);
    if (block === endOfMedia) throw new Error("there is sound");
    const [samples] = block.channels;
    expect(block.time).toBe(0n);
    expect(samples!.subarray(0, 23_950).every((value) => value === 0)).toBe(true);
    expect(samples!.subarray(24_050, 24_500).some((value) => value !== 0)).toBe(true);
  });

  test("streams/gaps-in-the-sound-are-silence-of-their-length", async () => {
    // From 0.4 s to 0.7 s there are no packets.
    const gap = ["-filter_complex", "[1:a]aselect='lt(t,0.4)+gte(t,0.7)'[a]", "-map", "0:v", "-map", "[a]"];
    const path = await make(
      "gap.mkv",
      [picture, tone(48_000, 440)],
      ...gap,
      "-c:v",
      "mpeg4",
      "-c:a",
      "pcm_s16le",
    );
    await using decoder = await factory.open({ uri: path }, {}, signal);
    for (const from of [0, 500_000_000, 900_000_000]) {
      await decoder.seek(mediaTime(BigInt(from)), signal);
      const skipped = (from * 48) / 1_000_000;
      const block = await decoder.readSound(48_000 - skipped, signal);
      if (block === endOfMedia) throw new Error("there is sound");
      expect([block.time, block.samples]).toEqual([BigInt(from), 48_000 - skipped]);
      const isSilent = (at: number) =>
        block.channels[0]!.subarray(at - skipped, at - skipped + 480).every((value) => value === 0);
      for (let at = Math.max(0, skipped); at < 47_000; at += 480) {
        // Packets are a thousand samples or so long: the gap's ends are not to be had more exactly.
        if (Math.abs(at - 19_200) > 2_000 && Math.abs(at - 33_600) > 2_000) {
          expect(isSilent(at), `silence at sample ${at}`).toBe(at > 19_200 && at < 33_600);
        }
      }
      block.release();
    }
  });

  test("streams/a-seek-right-after-opening-is-exact-too", async () => {
    // However little of the sound was decoded by then: Matroska's times alone would be up to 22 samples off.
    const clip = await clipSources.find(({ name }) => name === "mkv-flac")!.make(signal);
    if (!isClip(clip)) throw new Error(clip.unavailable);
    for (let round = 0; round < 30; round++) {
      await using decoder = await factory.open({ uri: clip.uri }, {}, signal);
      const position = 57_823 + round * 100;
      await decoder.seek(mediaTime((BigInt(position) * 1_000_000_000n) / 44_100n), signal);
      const block = await decoder.readSound(100, signal);
      if (block === endOfMedia) throw new Error("there is sound");
      expect(block.channels[0]![50]).toBe(exactSample(clip.truth.pattern.id, 0, position + 50));
      block.release();
    }
  });

  test("streams/stated-light-and-chroma-position-come-out-with-the-picture", async () => {
    const display = "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(40000000,50)";
    const params = `${display}:max-cll=1200,340:chromaloc=2:log-level=error:keyint=5`;
    const hdr = [
      "-pix_fmt",
      "yuv420p10le",
      "-c:v",
      "libx265",
      "-preset",
      "ultrafast",
      "-x265-params",
      params,
    ];
    const light = {
      masteringPeakNits: 4_000,
      masteringFloorNits: 0.005,
      contentPeakNits: 1_200,
      frameAveragePeakNits: 340,
    };
    for (const name of ["hdr.mp4", "hdr.mkv", "hdr.ts"]) {
      const path = await make(name, [picture], ...hdr);
      await using decoder = await factory.open({ uri: path }, {}, signal);
      expect(decoder.info.picture?.format).toMatchObject({ chromaPosition: "top-left", light });
      const formats = new Set<unknown>();
      for (;;) {
        const shown = await decoder.readPicture(mediaTime(-1n), {}, signal);
        if (shown === endOfMedia) break;
        formats.add(shown.format);
        expect(shown.format.light, `light of the picture at ${shown.time}`).toEqual(light);
        shown.release();
      }
      // The same object for all: what is said at key pictures alone holds until something else is said.
      expect(formats.size).toBe(1);
    }
    // Mistaken for cd/m² where the unit is a ten-thousandth of it, as files in the field are.
    const wrong = ["-x265-params", `${display.replace("L(40000000", "L(4000")}:log-level=error`];
    const path = await make("dark.mp4", [picture], ...hdr.slice(0, -2), ...wrong);
    await using decoder = await factory.open({ uri: path }, {}, signal);
    expect(decoder.info.picture?.format.light).toBeUndefined();
  });

  test("streams/a-change-of-size-in-mid-stream-is-told", async () => {
    const small = await make("small.ts", [picture], "-c:v", "mpeg2video", "-f", "mpegts");
    const large = await make(
      "large.ts",
      ["testsrc2=s=128x96:r=25:d=1"],
      "-c:v",
      "mpeg2video",
      "-f",
      "mpegts",
    );
    const joined = join(folder, "joined.ts");
    await run("sh", ["-c", `cat "${small}" "${large}" > "${joined}"`]);
    await using decoder = await factory.open({ uri: joined }, {}, signal);
    const sizes: string[] = [];
    for (;;) {
      const shown = await decoder.readPicture(mediaTime(-1n), {}, signal);
      if (shown === endOfMedia) break;
      const size = `${shown.format.width}x${shown.format.height}`;
      if (sizes.at(-1) !== size) sizes.push(size);
      shown.release();
    }
    expect(sizes).toEqual(["96x64", "128x96"]);
  });

  test.skipIf(noMedia !== undefined)(
    `streams/captions-come-with-their-picture${noMedia ? ` (${noMedia})` : ""}`,
    async () => {
      await using decoder = await factory.open(
        { uri: mediaPath("programmes/sd-360p-h264-cea608.ts") },
        {},
        signal,
      );
      let triplets = 0;
      for (;;) {
        const shown = await decoder.readPicture(mediaTime(-1n), {}, signal);
        if (shown === endOfMedia) break;
        for (const { kind, bytes } of shown.ancillary) if (kind === "cea708") triplets += bytes.length / 3;
        shown.release();
      }
      expect(triplets).toBeGreaterThan(0);
      expect(Number.isInteger(triplets)).toBe(true);
    },
  );
});
