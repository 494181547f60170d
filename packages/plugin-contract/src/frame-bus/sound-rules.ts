import { type Nanoseconds, nsPerSecond, tickAfter } from "@retrovue/core";
import { ensure, equal } from "../framework/check.js";
import type { Rule } from "../framework/rule.js";
import { type BusBench, benchFormat, sampleOf, soundIn, soundOf } from "./bus-bench.js";

/** Says which sample of a tick is not the one of that index; undefined where all are. */
function wrongSample(channels: readonly Float32Array[], start: number): string | undefined {
  for (const [channel, samples] of channels.entries()) {
    for (const [i, value] of samples.entries()) {
      if (value !== Math.fround(sampleOf(start + i, channel))) {
        return `channel ${channel} sample ${start + i} is ${value}, not ${sampleOf(start + i, channel)}`;
      }
    }
  }
  return undefined;
}

/** Sound on the bus. */
export const soundRules: readonly Rule<BusBench>[] = [
  {
    id: "bus/sound-is-exact",
    reason:
      "Every tick carries exactly its share of samples: one lost or doubled is a click and drifts from the picture.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      // More than 4 s, so that the ring wraps at least once where it is as short as allowed.
      const count = 150;
      for (let n = 0; n < count; n += 5) {
        await lane.play(channel.tick(n), 5);
        for (let m = n; m < n + 5; m++) {
          const read = await channel.read(reader, channel.tick(m));
          const into = Array.from({ length: benchFormat.channels }, () => new Float32Array(read.samples + 7));
          equal(read.copySound(into, 7), "intact", `the verdict on the sound of tick ${m}`);
          const samples = into.map((channelSamples) => channelSamples.subarray(7));
          equal(wrongSample(samples, read.sampleStart), undefined, `the sound of tick ${m}`);
        }
      }
    },
  },
  {
    id: "bus/sound-is-copied-at-submit",
    reason: "The worker fills the same arrays for the next tick at once.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      // The second tick is handed over first and has to wait for its turn, sound and all.
      const sound = soundOf(bench.grid, channel.tick(1));
      await lane.submit(channel.tick(1), { sound });
      for (const samples of sound.channels) samples.fill(0.25);
      bench.moveToGuardOf(channel.first);
      const read = await channel.read(reader, channel.tick(1));
      equal(wrongSample(soundIn(read), read.sampleStart), undefined, "the sound that waited");
      const next = soundOf(bench.grid, channel.tick(2));
      await lane.submit(channel.tick(2), { sound: next });
      for (const samples of next.channels) samples.fill(0.25);
      const later = await channel.read(reader, channel.tick(2));
      equal(wrongSample(soundIn(later), later.sampleStart), undefined, "the sound committed at once");
    },
  },
  {
    id: "bus/missing-sound-is-silence",
    reason:
      "Where a tick has no sound the ring still holds what was there seconds ago: it must not be heard again.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      const laps = 200;
      await lane.play(channel.first, laps);
      for (let n = laps; n < 2 * laps; n++) {
        await lane.play(channel.tick(n), 1, { sound: "none" });
        const read = await channel.read(reader, channel.tick(n));
        const [left, right] = soundIn(read);
        ensure(left?.every((it) => it === 0) && right?.every((it) => it === 0), `tick ${n} is silent`);
      }
    },
  },
  {
    id: "bus/stand-ins-are-silent",
    reason:
      "Nobody knows what should be heard: after a fade of 5 ms at most, silence, in the tick's exact share.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      await lane.play(channel.first, 2);
      bench.moveToGuardOf(channel.tick(4));
      for (let n = 2; n < 5; n++) {
        const read = await channel.read(reader, channel.tick(n));
        equal(read.samples, bench.grid.samplesIn(channel.tick(n)), "samples");
        const faded = n === 2 ? (benchFormat.sampleRate * 5) / 1_000 : 0;
        for (const samples of soundIn(read)) {
          ensure(
            samples.subarray(faded).every((it) => it === 0),
            `tick ${n} is silent after ${faded} samples`,
          );
        }
      }
    },
  },
  {
    id: "bus/overwritten-sound-is-told",
    reason:
      "Sound is read without a lock: a reader that came too late must learn that it copied other samples.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      await lane.play(channel.first, 2);
      const read = await channel.read(reader, channel.first);
      equal(read.copySound(soundOf(bench.grid, channel.first).channels, 0), "intact", "the verdict in time");
      // Two minutes of stand-ins go round any ring that a bus of this size would have.
      bench.moveTo((bench.clock.now() + 120n * nsPerSecond) as Nanoseconds);
      await channel.committed(tickAfter(channel.first, 3_500));
      equal(
        read.copySound(soundOf(bench.grid, channel.first).channels, 0),
        "overwritten",
        "the verdict too late",
      );
    },
  },
];
