import { readFile } from "node:fs/promises";
import { clipSources, isClip } from "@retrovue/plugin-contract";
import { describe, expect, test } from "vitest";
import { boundariesOf } from "./boundaries.ts";
import { damagedBytes, FuzzCases, type FuzzClip, lineOf } from "./cases.ts";

const word = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0));
const box = (name: string, ...content: readonly number[]): number[] => {
  const size = content.length + 8;
  return [0, 0, size >> 8, size & 255, ...word(name), ...content];
};
/** Without the even cuts that every file gets. */
const structural = (bytes: readonly number[]) => {
  const even = new Set(Array.from({ length: 63 }, (_, i) => Math.floor((bytes.length * (i + 1)) / 64)));
  const found = boundariesOf(Uint8Array.from(bytes));
  return { found, has: (at: number) => found.includes(at), only: found.filter((at) => !even.has(at)) };
};

describe("places to cut a file at", () => {
  test("fuzz/boxes-within-boxes-are-found", () => {
    const stsd = box(
      "stsd",
      ...new Array<number>(8).fill(0),
      ...box("avc1", ...new Array<number>(78).fill(7), ...box("avcC", 1, 2, 3)),
    );
    const file = [
      ...box("ftyp", ...word("isom")),
      ...box("moov", ...box("trak", ...stsd)),
      ...box("mdat", 1, 2, 3, 4),
    ];
    const { has } = structural(file);
    const avcC = Buffer.from(file).indexOf("avcC") - 4;
    for (const at of [0, 8, 12, 20, 28, avcC, avcC + 8, file.length - 12, file.length])
      expect(has(at), `${at}`).toBe(true);
  });

  test("fuzz/elements-of-matroska-are-found", () => {
    const block = [0xa3, 0x83, 1, 2, 3];
    const cluster = [0x1f, 0x43, 0xb6, 0x75, 0x80 | block.length, ...block];
    // A segment of unknown length: it goes on to the end.
    const file = [0x1a, 0x45, 0xdf, 0xa3, 0x80, 0x18, 0x53, 0x80, 0x67, 0xff, ...cluster, ...cluster];
    const { has } = structural([...file, ...new Array<number>(0)]);
    for (const at of [5, 10, 15, 17, 20, 25, 27, 30]) expect(has(at), `${at}`).toBe(true);
  });

  test("fuzz/chunks-packets-and-keys-are-found", () => {
    const chunk = [...word("00dc"), 3, 0, 0, 0, 9, 9, 9, 0];
    const list = [...word("LIST"), 4 + chunk.length, 0, 0, 0, ...word("movi"), ...chunk];
    const avi = structural([...word("RIFF"), 4 + list.length, 0, 0, 0, ...word("AVI "), ...list]);
    for (const at of [12, 20, 24, 32, 36]) expect(avi.has(at), `${at}`).toBe(true);

    const packet = [0x47, ...new Array<number>(187).fill(0xff)];
    const ts = structural([...packet, ...packet, ...packet]);
    expect([ts.has(188), ts.has(376)]).toEqual([true, true]);

    const key = [0x06, 0x0e, 0x2b, 0x34, ...new Array<number>(12).fill(1)];
    const mxf = structural([...key, 0x83, 0, 0, 2, 5, 5, ...key, 1, 5]);
    for (const at of [16, 20, 22, 38, 39]) expect(mxf.has(at), `${at}`).toBe(true);
  });

  test("fuzz/a-broken-size-ends-the-walk-and-nothing-else", () => {
    const { found } = structural([...box("ftyp", 1, 2), 0xff, 0xff, 0xff, 0xff, ...word("moov"), 1, 2, 3]);
    expect(found.at(-1)).toBe(21);
    expect(boundariesOf(new Uint8Array())).toEqual([0]);
  });

  test("fuzz/every-container-of-the-suite-has-its-parts-found", { timeout: 60_000 }, async () => {
    const wanted = [
      "mp4-h264-aac",
      "mkv-h264-flac",
      "ts-mpeg2-mp2",
      "ps-mpeg2-mp2",
      "avi-mpeg4-pcm16",
      "mxf-mpeg2-pcm16",
    ];
    for (const name of wanted) {
      const made = await clipSources
        .find((source) => source.name === name)
        ?.make(AbortSignal.timeout(60_000));
      if (made === undefined || !isClip(made) || made.path === undefined)
        throw new Error(`there is no ${name}`);
      // Sixty-five come without looking.
      expect(boundariesOf(await readFile(made.path)).length, name).toBeGreaterThan(120);
    }
  });
});

describe("cases", () => {
  const clips: readonly FuzzClip[] = ["a", "b"].map((name, index) => ({
    name,
    path: `${name}.bin`,
    bytes: Uint8Array.from({ length: 500 + 40 * index }, (_, at) => at & 255),
  }));

  test("fuzz/a-case-is-known-by-its-number", () => {
    const once = new FuzzCases(7, clips);
    const again = new FuzzCases(7, clips);
    const other = new FuzzCases(8, clips);
    const lines = Array.from({ length: 300 }, (_, n) => lineOf(once.at(n)));
    expect(Array.from({ length: 300 }, (_, n) => lineOf(again.at(299 - n))).reverse()).toEqual(lines);
    expect(Array.from({ length: 300 }, (_, n) => lineOf(other.at(n)))).not.toEqual(lines);
  });

  test("fuzz/every-boundary-is-cut-at-once", () => {
    const cases = new FuzzCases(3, clips);
    const cuts = Array.from({ length: cases.boundaryCount }, (_, n) => cases.at(2 * n));
    const seen = new Set(cuts.map(({ clip, cut }) => `${clip.name} ${cut}`));
    expect(seen.size).toBe(clips.reduce((sum, { bytes }) => sum + boundariesOf(bytes).length, 0));
    expect(cases.boundariesWithin(2 * cases.boundaryCount)).toBe(cases.boundaryCount);
    expect(cuts.every(({ patches }) => patches.length === 0)).toBe(true);
  });

  test("fuzz/every-case-damages-its-file", () => {
    const cases = new FuzzCases(5, clips);
    for (let n = 1; n < 2_000; n += 2) {
      const it = cases.at(n);
      expect(it.patches.length > 0 || it.cut !== undefined).toBe(true);
      expect(damagedBytes(it).length).toBeLessThanOrEqual(it.clip.bytes.length);
      for (const { offset } of it.patches) expect(offset >= 0 && offset < it.clip.bytes.length).toBe(true);
    }
  });
});
