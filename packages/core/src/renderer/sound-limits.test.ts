import { expect, test } from "vitest";
import type { EncodeSettings } from "./renderer.js";
import { soundFaults } from "./sound-limits.js";

const faults = (
  codec: EncodeSettings["audio"]["codec"],
  { sampleRate = 48_000, channels = 2, bitrateKbps = 192 } = {},
) => soundFaults({ format: { sampleRate, channels }, audio: { codec, bitrateKbps } });

test("sound-limits/what-is-usual-has-no-fault", () => {
  for (const codec of ["aac", "mp2", "ac3"] as const) expect(faults(codec)).toEqual([]);
  expect(faults("aac", { sampleRate: 96_000, channels: 8, bitrateKbps: 1_536 })).toEqual([]);
});

test.each([3, 7])("sound-limits/%d-channels-have-no-layout-that-an-adts-header-names", (channels) => {
  expect(faults("aac", { channels })).toEqual([
    { key: "channels", expected: "1, 2, 4, 5, 6 or 8 sound channels with aac", found: channels },
  ]);
});

test("sound-limits/every-fault-names-what-is-taken-instead", () => {
  expect(faults("ac3", { sampleRate: 96_000, channels: 8 })).toEqual([
    {
      key: "sampleRate",
      expected: "32000, 44100 or 48000 samples per second with ac3",
      found: 96_000,
    },
    { key: "channels", expected: "1, 2, 3, 4, 5 or 6 sound channels with ac3", found: 8 },
  ]);
  expect(faults("mp2", { sampleRate: 24_000 })).toEqual([
    {
      key: "bitrateKbps",
      expected:
        "8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144 or 160 kbit/s with mp2 at 24000 samples per second",
      found: 192,
    },
  ]);
});
