// What broke on air elsewhere, about sound: docs/lessons.md.
import {
  mediaTime,
  type SampleIndex,
  type SoundBlock,
  type SoundConformer,
  type SoundTreatment,
} from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { LibavConformerFactory } from "../src/index.js";
import { programOf, running } from "./pictures.js";

const untouched: SoundTreatment = { gainDb: 0, rampFrom: 1, rampTo: 1 };
const house = 48_000;

const blockOf = (sampleRate: number, channels: readonly Float32Array[]): SoundBlock => ({
  channels,
  samples: channels[0]?.length ?? 0,
  sampleRate,
  time: mediaTime(0n),
  release: () => {},
});

const openSound = async (rate: number, channels: number, layout: string) => {
  const conformer = await new LibavConformerFactory().open(programOf(64, 36), running);
  return { conformer, sound: conformer.openSound(rate, channels, layout, 0 as SampleIndex) };
};

function pull(sound: SoundConformer, samples: number, how = untouched): [Float32Array, Float32Array] {
  const into: [Float32Array, Float32Array] = [new Float32Array(samples), new Float32Array(samples)];
  sound.pull(into, 0, samples, how);
  return into;
}

const tone = (hertz: number, rate: number, samples: number, level: number): Float32Array =>
  Float32Array.from({ length: samples }, (_, i) => level * Math.sin((2 * Math.PI * hertz * i) / rate));

/** Level of a tone of this pitch, and of all that is not it (in amplitude), away from both ends. */
function measured(sound: Float32Array, hertz: number): { level: number; rest: number } {
  // A whole number of periods of any tone of whole hertz.
  const [from, count] = [6_000, house / 2];
  let [sine, cosine, power] = [0, 0, 0];
  for (let i = from; i < from + count; i++) {
    const phase = (2 * Math.PI * hertz * i) / house;
    const value = sound[i] ?? Number.NaN;
    sine += (2 / count) * value * Math.sin(phase);
    cosine += (2 / count) * value * Math.cos(phase);
    power += (2 / count) * value * value;
  }
  const level = Math.hypot(sine, cosine);
  return { level, rest: Math.sqrt(Math.max(0, power - level * level)) };
}

describe("lesson 16", () => {
  const half = Math.SQRT1_2;
  // How loud each channel is heard on the left and on the right: ITU-R BS.775-3, table 2; the low-frequency channel is left
  // out, mono goes to both at −3 dB.
  const layouts: readonly (readonly [string, readonly (readonly [number, number])[]])[] = [
    ["mono", [[half, half]]],
    [
      "stereo",
      [
        [1, 0],
        [0, 1],
      ],
    ],
    [
      "5.1",
      [
        [1, 0],
        [0, 1],
        [half, half],
        [0, 0],
        [half, 0],
        [0, half],
      ],
    ],
    [
      "5.1(side)",
      [
        [1, 0],
        [0, 1],
        [half, half],
        [0, 0],
        [half, 0],
        [0, half],
      ],
    ],
    [
      "7.1",
      [
        [1, 0],
        [0, 1],
        [half, half],
        [0, 0],
        [half, 0],
        [0, half],
        [half, 0],
        [0, half],
      ],
    ],
  ];

  for (const rate of [32_000, 44_100, 48_000, 96_000]) {
    for (const [layout, heard] of layouts) {
      test(`lesson/16-${layout}-at-${rate}-hz-keeps-its-pitch-its-length-and-its-levels`, async () => {
        for (const [lit, levels] of heard.entries()) {
          const { conformer, sound } = await openSound(rate, heard.length, layout);
          await using _ = conformer;
          using running = sound;
          const source = heard.map((_, i) =>
            i === lit ? tone(1_000, rate, rate, 0.4) : new Float32Array(rate),
          );
          running.push(blockOf(rate, source));
          running.end();
          expect(running.available).toBe(house);
          const sides = pull(running, house);
          for (const [side, level] of levels.entries()) {
            const { level: found, rest } = measured(sides[side] ?? new Float32Array(), 1_000);
            expect(found).toBeCloseTo(0.4 * level, 4);
            // 90 dB below the tone as it was.
            expect(rest).toBeLessThan(0.4 * 10 ** (-90 / 20));
          }
        }
      });
    }
  }
});

describe("lesson 17", () => {
  test("lesson/17-zero-decibels-change-no-bit", async () => {
    const { conformer, sound } = await openSound(house, 2, "stereo");
    await using _ = conformer;
    using running = sound;
    const source = [0, 1].map((side) =>
      Float32Array.from({ length: 10_000 }, (_, i) => 1.5 * Math.sin(i * i + side) * 2 ** -(i % 40)),
    );
    running.push(blockOf(house, source));
    const out = [pull(running, 1_601), pull(running, 1_602), pull(running, 6_797)];
    for (const side of [0, 1] as const) {
      const joined = Buffer.concat(out.map((part) => Buffer.from(part[side].buffer)));
      expect(joined.equals(Buffer.from((source[side] as Float32Array).buffer))).toBe(true);
    }
  });

  test("lesson/17-sound-beyond-full-scale-is-turned-down-never-wrapped", async () => {
    const { conformer, sound } = await openSound(house, 2, "stereo");
    await using _ = conformer;
    using running = sound;
    const wave = tone(200, house, house, 0.9);
    running.push(blockOf(house, [wave, wave]));
    const [left] = pull(running, house, { ...untouched, gainDb: 20 });
    expect(Math.max(...left.map(Math.abs))).toBeLessThanOrEqual(1);
    expect(left.every((value, i) => value * (wave[i] ?? 0) >= 0)).toBe(true);
    // Turned down, not cut off: what is left is the same tone at full scale, harmonics 26 dB and more below it. Cut off at
    // this gain it would be a square wave, whose harmonics are 9 dB below.
    const { level, rest } = measured(left, 200);
    expect(level).toBeGreaterThan(0.9);
    expect(rest).toBeLessThan(level * 0.05);
  });

  test("lesson/17-gain-changes-on-the-very-sample-of-the-seam", async () => {
    const { conformer, sound } = await openSound(house, 2, "stereo");
    await using _ = conformer;
    using running = sound;
    running.push(blockOf(house, [new Float32Array(2_000).fill(0.25), new Float32Array(2_000).fill(-0.25)]));
    const into = [new Float32Array(2_000), new Float32Array(2_000)];
    running.pull(into, 0, 777, untouched);
    running.pull(into, 777, 1_223, { ...untouched, gainDb: -20 });
    expect([into[0]?.[776], into[0]?.[777], into[1]?.[777]].map((value) => Math.fround(value ?? 0))).toEqual(
      [0.25, 0.025, -0.025].map(Math.fround),
    );
  });
});
