import { spawnSync } from "node:child_process";
import { mkdtempDisposableSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LibavConformerFactory } from "@retrovue/conform-libav";
import { endOfMedia, type ProgramFormat, rational, type SampleIndex } from "@retrovue/core";
import { LibavDecoderFactory, parseOptions } from "@retrovue/decoder-libav";
import { describe, expect, test } from "vitest";

const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;
const never = new AbortController().signal;
const house = 48_000;
const format: ProgramFormat = {
  width: 64,
  height: 36,
  pixelFormat: "yuv420p",
  frameRate: rational(25, 1),
  sampleRate: house,
  channels: 2,
  sampleAspect: { num: 1, den: 1 },
  aspectPolicy: "preserve",
  colour: { matrix: "bt709", transfer: "bt709", primaries: "bt709", range: "limited" },
};
const untouched = { gainDb: 0, rampFrom: 1, rampTo: 1 };

/** What a part of a transport stream is made of: 3 s of pictures, and of a tone on the left whose last second is silent. */
interface Part {
  readonly rate: number;
  readonly layout: "5.1" | "stereo";
}

const partSeconds = 3;
const hertz = 1_000;

/** A transport stream of parts that follow one another without a gap, as one that was recorded off air. */
function recorded(folder: string, parts: readonly Part[]): string {
  const pieces = parts.map(({ rate, layout }, index) => {
    const path = join(folder, `${index}.ts`);
    const left = `0.3*sin(2*PI*${hertz}*t)*lt(t\\,${partSeconds - 1})`;
    const channels = [left, ...new Array(layout === "5.1" ? 5 : 1).fill("0")].join("|");
    const made = spawnSync("ffmpeg", [
      ...["-v", "error", "-nostdin"],
      ...["-f", "lavfi", "-i", `testsrc2=s=64x36:r=25:d=${partSeconds}`],
      ...["-f", "lavfi", "-i", `aevalsrc=${channels}:s=${rate}:c=${layout}:d=${partSeconds}`],
      ...["-c:v", "mpeg2video", "-g", "12", "-c:a", "ac3", "-b:a", "448k"],
      ...["-output_ts_offset", String(10 + index * partSeconds), "-muxdelay", "0", "-muxpreload", "0", path],
    ]);
    if (made.status !== 0) throw new Error(made.stderr.toString());
    return readFileSync(path);
  });
  const whole = join(folder, "whole.ts");
  writeFileSync(whole, Buffer.concat(pieces));
  return whole;
}

/** The left side of a file's sound as it airs, and the formats in which it came. */
async function aired(path: string): Promise<{ readonly left: Float32Array; readonly formats: string[] }> {
  const factory = new LibavDecoderFactory(["/"], parseOptions({}));
  await using decoder = await factory.open({ uri: path }, {}, never);
  await using conformer = await new LibavConformerFactory().open(format, never);
  const { sound: info } = decoder.info;
  if (info === undefined) throw new Error("It has no sound.");
  using sound = conformer.openSound(info.sampleRate, info.channels, info.layout, 0 as SampleIndex);
  const left: number[] = [];
  const formats: string[] = [];
  const take = (samples: number): void => {
    const into = [new Float32Array(samples), new Float32Array(samples)];
    sound.pull(into, 0, samples, untouched);
    left.push(...(into[0] ?? []));
  };
  for (;;) {
    const owed = sound.debt(1_920);
    if (owed === 0) {
      take(1_920);
      continue;
    }
    const block = await decoder.readSound(owed, never);
    if (block === endOfMedia) break;
    const heard = `${block.channels.length} × ${block.sampleRate}`;
    if (formats.at(-1) !== heard) formats.push(heard);
    sound.push(block);
    block.release();
  }
  sound.end();
  take(sound.available);
  return { left: Float32Array.from(left), formats };
}

/** How much of a second's power is a tone of this pitch: 1 where it is nothing else. */
function purity(sound: Float32Array): number {
  let [sine, cosine, power] = [0, 0, 0];
  for (let i = 0; i < sound.length; i++) {
    const [value, phase] = [sound[i] ?? 0, (2 * Math.PI * hertz * i) / house];
    sine += value * Math.sin(phase);
    cosine += value * Math.cos(phase);
    power += value * value;
  }
  return (2 * (sine * sine + cosine * cosine)) / (sound.length * power);
}

const lines: readonly (readonly [string, readonly Part[], readonly string[]])[] = [
  [
    "from-5.1-to-stereo-and-back",
    [
      { rate: 48_000, layout: "5.1" },
      { rate: 48_000, layout: "stereo" },
      { rate: 48_000, layout: "5.1" },
    ],
    ["6 × 48000", "2 × 48000", "6 × 48000"],
  ],
  [
    "from-48-to-44.1-khz-and-back",
    [
      { rate: 48_000, layout: "stereo" },
      { rate: 44_100, layout: "stereo" },
      { rate: 48_000, layout: "stereo" },
    ],
    ["2 × 48000", "2 × 44100", "2 × 48000"],
  ],
];

describe.skipIf(!hasFfmpeg)("sound that changes its format in mid-file (skipped without ffmpeg)", () => {
  test.each(lines)(
    "sound/%s-it-keeps-its-pitch-and-its-place",
    { timeout: 60_000 },
    async (_, parts, expected) => {
      using folder = mkdtempDisposableSync(join(tmpdir(), "playout-sound-"));
      const { left, formats } = await aired(recorded(folder.path, parts));
      expect(formats).toEqual(expected);
      // An AC-3 frame of 1536 samples is the least that a muxer cuts by, and two meet at each change.
      const frame = 1_536 * (house / 44_100);
      expect(Math.abs(left.length - parts.length * partSeconds * house)).toBeLessThan(2 * frame);
      parts.forEach((_part, index) => {
        const from = index * partSeconds * house;
        const toneEnds = from + (partSeconds - 1) * house;
        expect(purity(left.subarray(from + house / 2, toneEnds - house / 2))).toBeGreaterThan(0.999);
        // Where the tone ends tells whether it is in step with its picture.
        const last = left
          .subarray(0, from + partSeconds * house - house / 2)
          .findLastIndex((value) => Math.abs(value) > 0.1);
        expect(Math.abs(last - toneEnds) / house).toBeLessThan(0.02);
      });
    },
  );
});
