import { describe, expect, test } from "vitest";
import { defaultProgramFormat } from "../../media/program-format.js";
import type { SoundBlock } from "../../media/sound.js";
import { rational } from "../../time/rational.js";
import { mediaTime, sampleIndex } from "../../time/units.js";
import { CopyConformer, placePicture } from "./index.js";

const untouched = { gainDb: 0, rampFrom: 1, rampTo: 1 };
const block = (samples: Float32Array, sampleRate: number): SoundBlock => ({
  channels: [samples],
  samples: samples.length,
  sampleRate,
  time: mediaTime(0n),
  release() {},
});

describe("copy conformer", () => {
  test("conform/placement-keeps-circles-round", () => {
    const from = (width: number, height: number, num: number, den: number, rotation: 0 | 90 = 0) => ({
      width,
      height,
      sampleAspect: rational(num, den),
      rotation,
    });
    const full = { x: 0, y: 0, width: 1_920, height: 1_080 };
    expect(placePicture(from(640, 480, 1, 1), defaultProgramFormat, "preserve")).toEqual({
      x: 240,
      y: 0,
      width: 1_440,
      height: 1_080,
    });
    expect(placePicture(from(640, 480, 1, 1), defaultProgramFormat, "crop")).toEqual({
      x: 0,
      y: -180,
      width: 1_920,
      height: 1_440,
    });
    expect(placePicture(from(640, 480, 1, 1), defaultProgramFormat, "stretch")).toEqual(full);
    expect(placePicture(from(720, 480, 32, 27), defaultProgramFormat, "preserve")).toEqual(full);
    expect(placePicture(from(1_920, 1_080, 1, 1, 90), defaultProgramFormat, "preserve")).toEqual({
      x: 656,
      y: 0,
      width: 608,
      height: 1_080,
    });
  });

  test("conform/every-source-rate-gives-its-exact-count-in-any-portions", () => {
    for (const [source, house] of [
      [44_100, 48_000],
      [48_000, 44_100],
      [8_000, 48_000],
      [96_000, 48_000],
      [48_000, 48_000],
    ] as const) {
      const conformer = new CopyConformer({ ...defaultProgramFormat, sampleRate: house, channels: 1 });
      const sound = conformer.openSound(source, 1, "mono", sampleIndex(0));
      const into = [new Float32Array(10_000)];
      let [pushed, pulled] = [0, 0];
      for (let round = 0; round < 40; round++) {
        // What debt asks for must suffice.
        const wanted = 100 + round * 13;
        const owed = Math.ceil((sound.debt(wanted) * source) / house);
        if (owed > 0)
          sound.push(
            block(
              Float32Array.from({ length: owed }, (_, i) => (pushed + i) / source),
              source,
            ),
          );
        pushed += owed;
        expect(sound.debt(wanted)).toBe(0);
        sound.pull(into, 0, wanted, untouched);
        // A ramp stays the same ramp at any rate.
        for (let i = 0; i < wanted; i++) expect(into[0]![i]).toBeCloseTo((pulled + i) / house, 5);
        pulled += wanted;
      }
      sound.end();
      pulled += sound.available;
      expect(pulled).toBe(Math.ceil((pushed * house) / source));
    }
  });

  test("conform/compact-mode-copies-marks-and-notes-the-alpha", async () => {
    const format = { ...defaultProgramFormat, width: 8, height: 2, pixelFormat: "gray" as const };
    const conformer = new CopyConformer(format, { compact: true });
    const from = { planes: [Uint8Array.from({ length: 16 }, (_, i) => i)], strides: [8] };
    const into = { planes: [new Uint8Array(20)], strides: [10], index: 0, release() {} };
    await conformer.picture(
      { ...from, format: { ...format, fieldOrder: "progressive", rotation: 0 }, inPlace: false } as never,
      into,
      { aspect: "preserve", alpha: 0.5, field: "both" },
      new AbortController().signal,
    );
    expect([...into.planes[0]!]).toEqual([
      0, 1, 2, 3, 4, 5, 6, 128, 0, 0, 8, 9, 10, 11, 12, 13, 14, 15, 0, 0,
    ]);
  });
});
