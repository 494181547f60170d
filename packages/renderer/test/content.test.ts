import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EncodeSettings, MemoryFrameBus, ptsOfTick, rational, tickAfter } from "@retrovue/core";
import { NoiseFinder } from "@retrovue/core/testing";
import { ShmFrameBus } from "@retrovue/framebus-shm";
import {
  faultsOf,
  type OpenFrameBus,
  parseTransportStream,
  RenderBench,
  readMarks,
  renderAsset,
  renderFormat,
  renderSettings,
  streamsOf,
} from "@retrovue/plugin-contract";
import { describe, expect, test } from "vitest";
import { LibavRendererFactory } from "../src/index.js";

const folder = mkdtempSync(join(tmpdir(), "retrovue-renderer-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

const buses: Readonly<Record<string, OpenFrameBus>> = {
  "shared-memory": () => new ShmFrameBus(),
  memory: (clock) => new MemoryFrameBus({ clock }),
};

const settings = (change: {
  readonly video?: Partial<EncodeSettings["video"]>;
  readonly audio?: Partial<EncodeSettings["audio"]>;
}): EncodeSettings => ({
  video: { ...renderSettings.video, ...change.video },
  audio: { ...renderSettings.audio, ...change.audio },
});

/** Bus, frame rate, settings, and units of 90 kHz that a sound frame lasts. */
const cases: readonly [string, keyof typeof buses, readonly [number, number], EncodeSettings, bigint][] = [
  ["h264 aac shm 30000/1001", "shared-memory", [30_000, 1_001], renderSettings, 1_920n],
  ["h264 aac memory 30000/1001", "memory", [30_000, 1_001], renderSettings, 1_920n],
  [
    "h264 mp2 shm 24000/1001",
    "shared-memory",
    [24_000, 1_001],
    settings({ audio: { codec: "mp2" } }),
    2_160n,
  ],
  [
    "h264 aac shm 30000/1001 at a constant rate",
    "shared-memory",
    [30_000, 1_001],
    { ...renderSettings, muxRateKbps: 2_500 },
    1_920n,
  ],
  [
    "mpeg2 ac3 memory 24000/1001 at a constant rate",
    "memory",
    [24_000, 1_001],
    { ...settings({ video: { codec: "mpeg2video" }, audio: { codec: "ac3" } }), muxRateKbps: 3_000 },
    2_880n,
  ],
  [
    "mpeg2 ac3 shm 25",
    "shared-memory",
    [25, 1],
    settings({ video: { codec: "mpeg2video" }, audio: { codec: "ac3" } }),
    2_880n,
  ],
  [
    "hevc aac shm 50",
    "shared-memory",
    [50, 1],
    settings({ video: { codec: "hevc", bitrateKbps: 1_500 } }),
    1_920n,
  ],
];

describe("renderer/content", () => {
  test.each(cases)(
    "renderer/every-picture-and-sample-comes-back-by-content: %s",
    async (name, bus, [num, den], encode, soundStep) => {
      const signal = AbortSignal.timeout(25_000);
      const count = 90;
      const openBus = buses[bus] as OpenFrameBus;
      const format = { ...renderFormat, frameRate: rational(num, den) };
      await using bench = await RenderBench.make(
        { factory: new LibavRendererFactory(), openBus, format },
        signal,
      );
      await bench.openBus();
      const renderer = await bench.startRenderer(encode);
      await bench.play(renderer, bench.first, count);
      expect(renderer.counters()).toMatchObject({
        encodedFrames: count,
        missedTicks: 0,
        tornTicks: 0,
        lateTicks: 0,
        opens: 1,
      });

      await bench.hearUpTo(tickAfter(bench.first, count - 1));
      const stream = parseTransportStream(bench.stream());
      expect(faultsOf(stream, soundStep)).toEqual([]);
      const { pictures, sounds } = streamsOf(stream);
      // The picture that ends the stream has no next one to say that it is whole.
      expect(pictures.map(({ pts }) => pts)).toEqual(
        pictures.map((_, n) => ptsOfTick(bench.grid, tickAfter(bench.first, n))),
      );
      expect(pictures.length).toBe(count - 1);

      const path = join(folder, `${name.replaceAll(/[^a-z0-9]/g, "-")}.ts`);
      writeFileSync(path, bench.stream());
      const read = await readMarks(path, {}, signal);
      expect(read.pictures.map(({ mark }) => mark?.frame)).toEqual(
        Array.from({ length: count }, (_, n) => n),
      );

      // Sound: which sample of the channel is heard at the time of which PTS.
      const sound = read.sound;
      const first = sound?.channels[0];
      if (sound === undefined || first === undefined) throw new Error("The stream has no sound.");
      const { sampleRate } = format;
      const finder = new NoiseFinder({ asset: renderAsset, channel: 0, sampleRate, samples: sampleRate * 5 });
      const at = 24_000;
      const found = finder.find(first.subarray(at, at + 4_096));
      expect(found?.likeness).toBeGreaterThan(0.9);
      // The first sample that ffmpeg gives belongs to the first sound unit's PTS; pictures begin at the first tick's.
      const soundPts = sounds[0]?.pts ?? 0n;
      const offset = Number(soundPts - ptsOfTick(bench.grid, bench.first)) / 90_000;
      expect(Math.abs((found?.position ?? 0) - (offset * sampleRate + at))).toBeLessThanOrEqual(1);
    },
  );
});
