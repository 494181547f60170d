import { expect, test } from "vitest";
import { rational } from "../time/rational.js";
import { muxRateNeededKbps } from "./mux-rate.js";

const needed = (num: number, den: number): number =>
  muxRateNeededKbps({
    format: { frameRate: rational(num, den), sampleRate: 48_000 },
    encode: {
      video: { codec: "h264", bitrateKbps: 4_000, gopMs: 1_000, preset: "veryfast" },
      audio: { codec: "aac", bitrateKbps: 192 },
    },
  });

test("mux-rate/tables-are-reckoned-as-often-as-whole-ticks-have-them-come", () => {
  // Each three ticks of 33.3 ms, ten times a second; of 33.4 ms only two fit into 100 ms: 15 times. Ten packets of 1504 bits lie between.
  const more = needed(30_000, 1_001) - needed(30, 1);
  expect(more).toBeGreaterThanOrEqual(14);
  expect(more).toBeLessThanOrEqual(16);
});

test("mux-rate/what-is-needed-is-what-the-documentation-says", () => {
  // At 25 fps: 2745.4 packets of pictures, 187.5 of sound, 4 of key frames' tables, 25 of others, 28 clocks and 2 names.
  expect(needed(25, 1)).toBe(4_500);
});
