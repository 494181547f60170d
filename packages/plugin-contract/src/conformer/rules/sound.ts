import { exactSample, matchExactSound, NoiseFinder } from "@retrovue/core/testing";
import { ensure, equal, throws } from "../../framework/check.js";
import { block, exactSound, noiseSound, openSound, pull, through, untouched } from "../sounding.js";
import { assetId, type ConformerRule, suiteFormat } from "../subject.js";

const house = suiteFormat.sampleRate;

/** Source rates that occur in the field. */
const rates = [8_000, 22_050, 32_000, 44_100, 48_000, 96_000] as const;

/** What changes in the midst of files: sound off air, and what was put together of parts. */
const formatChanges = [
  [
    { rate: house, channels: 6 },
    { rate: house, channels: 2 },
    { rate: house, channels: 6 },
  ],
  [
    { rate: house, channels: 2 },
    { rate: 44_100, channels: 2 },
    { rate: house, channels: 2 },
  ],
  [
    { rate: 32_000, channels: 2 },
    { rate: 96_000, channels: 6 },
  ],
] as const;

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Turning an asset's sound into house sound. */
export const soundRules: readonly ConformerRule[] = [
  {
    id: "conformer/sound-at-zero-gain-is-bit-exact",
    reason: "Sound of the house rate at 0 dB passes sample for sample, whatever the portions.",
    check: async (subject, signal) => {
      const conformer = await subject.open(signal);
      using sound = openSound(conformer, house, 2);
      const out = through(sound, house, exactSound(2, 0, 20_000), 2, 777);
      equal(out[0]?.length, 20_000, "samples");
      out.forEach((channel, index) => {
        const good = matchExactSound(channel, 0, channel.length, assetId, index, 0);
        equal(good, 20_000, `samples of channel ${index} that are untouched`);
      });
    },
  },
  {
    id: "conformer/sample-counts-are-exact",
    reason: "A resampler that gives a sample more or less a second is out of step within an hour.",
    check: async (subject, signal) => {
      const conformer = await subject.open(signal);
      for (const rate of rates) {
        const samples = rate + 123;
        using sound = openSound(conformer, rate, 1);
        const out = through(sound, rate, noiseSound(1, rate, 0, samples), suiteFormat.channels);
        const exact = (samples * house) / rate;
        const got = out[0]?.length ?? 0;
        ensure(Math.abs(got - exact) <= 1, `${samples} samples at ${rate} Hz gave ${got}, not ${exact}`);
      }
    },
  },
  {
    id: "conformer/sound-stays-in-its-place",
    reason: "A resampler's delay must be taken out: picture and sound meet within one sample.",
    check: async (subject, signal) => {
      const conformer = await subject.open(signal);
      for (const rate of [32_000, 44_100, 96_000]) {
        using sound = openSound(conformer, rate, 2);
        const out = through(sound, rate, noiseSound(2, rate, 0, rate), 2);
        out.forEach((channel, index) => {
          const finder = new NoiseFinder({
            asset: assetId,
            channel: index,
            sampleRate: house,
            samples: house,
          });
          for (const at of [0, 12_345, 40_000]) {
            const found = finder.findNear(channel.subarray(at, at + 4_096), at, 64);
            ensure(found, `sound of channel ${index} from ${rate} Hz is recognised at ${at}`);
            const off = found.position - at;
            ensure(Math.abs(off) <= 1, `sound from ${rate} Hz is ${off.toFixed(2)} samples off at ${at}`);
          }
        });
      }
    },
  },
  {
    id: "conformer/sound-begins-where-its-first-block-says",
    reason: "After a seek the first block is not the asset's zero; nothing is invented before it.",
    check: async (subject, signal) => {
      const conformer = await subject.open(signal);
      using sound = openSound(conformer, house, 2);
      sound.push(block(house, 30_000, exactSound(2, 30_000, 500)));
      equal(sound.available, 500, "available");
      equal(
        matchExactSound(pull(sound, 2, 500)[0] ?? new Float32Array(), 0, 500, assetId, 0, 30_000),
        500,
        "untouched",
      );
    },
  },
  {
    id: "conformer/sound-goes-on-through-a-change-of-format",
    reason:
      "Broadcasters turn from 5.1 to stereo in mid-file: what follows is neither lost, nor faster, nor out of step.",
    check: async (subject, signal) => {
      const conformer = await subject.open(signal);
      for (const parts of formatChanges) {
        const [first] = parts;
        using sound = openSound(conformer, first.rate, first.channels);
        const out: Float32Array[] = [];
        // A second of each, less a bit, so that parts end between house samples.
        let seconds = 0;
        for (const { rate, channels } of parts) {
          const from = Math.round(seconds * rate);
          const samples = rate - 37;
          seconds = (from + samples) / rate;
          const source = noiseSound(channels, rate, from, samples).map((channel, index) =>
            index < 2 ? channel : new Float32Array(samples),
          );
          for (let at = 0; at < samples; at += 1_024) {
            const portion = source.map((channel) => channel.subarray(at, at + 1_024));
            sound.push(block(rate, from + at, portion));
            // Some of it waits for the change.
            if (sound.available > 5_000) out.push(pull(sound, 2, sound.available - 3_000)[0] as Float32Array);
          }
        }
        sound.end();
        out.push(pull(sound, 2, sound.available)[0] as Float32Array);
        const heard = joined(out);
        const exact = seconds * house;
        const what = parts.map(({ rate, channels }) => `${channels} × ${rate} Hz`).join(", then ");
        ensure(Math.abs(heard.length - exact) <= 2, `${what}: ${heard.length} samples, not ${exact}`);
        const finder = new NoiseFinder({
          asset: assetId,
          channel: 0,
          sampleRate: house,
          samples: heard.length,
        });
        for (let at = 5_000; at + 4_096 < heard.length; at += house / 4) {
          const found = finder.findNear(heard.subarray(at, at + 4_096), at, 64);
          ensure(found, `${what}: the sound is recognised at ${at}`);
          const off = found.position - at;
          ensure(Math.abs(off) <= 2, `${what}: the sound is ${off.toFixed(2)} samples off at ${at}`);
        }
      }
    },
  },
  {
    id: "conformer/changes-of-format-do-not-add-up",
    reason:
      "A sample for each change is a frame an hour later: lengths are rounded once, and debt is paid after a change as before.",
    check: async (subject, signal) => {
      const conformer = await subject.open(signal);
      using sound = openSound(conformer, 44_100, 2);
      let [exact, got] = [0, 0];
      const rounds = 60;
      for (let i = 0; i < rounds; i++) {
        const [rate, channels] = i % 2 === 0 ? [44_100, 2] : [32_000, 1];
        const first = 1_001 + i;
        sound.push(block(rate, 0, noiseSound(channels, rate, 0, first)));
        const wanted = sound.available + 1_601;
        const owed = Math.ceil((sound.debt(wanted) * rate) / house);
        sound.push(block(rate, first, noiseSound(channels, rate, first, owed)));
        ensure(sound.available >= wanted, `${sound.available} available of ${wanted} after change ${i}`);
        exact += ((first + owed) * house) / rate;
        got += sound.available;
        pull(sound, suiteFormat.channels, sound.available);
      }
      sound.end();
      got += sound.available;
      ensure(Math.abs(got - exact) <= 1.5, `${rounds} parts gave ${got} samples, not ${exact}`);
    },
  },
  {
    id: "conformer/debt-says-what-is-owed",
    reason: "The channel asks the decoder for exactly the debt: too little starves a tick, too much grows.",
    check: async (subject, signal) => {
      const conformer = await subject.open(signal);
      for (const rate of rates) {
        using sound = openSound(conformer, rate, 1);
        let pushed = 0;
        for (const wanted of [1_601, 1_602, 1, 1_920, 24_000, 1_601]) {
          const owed = sound.debt(wanted);
          ensure(owed >= wanted - sound.available, `debt ${owed} covers what is missing of ${wanted}`);
          const samples = Math.ceil((owed * rate) / house);
          if (samples > 0) sound.push(block(rate, pushed, noiseSound(1, rate, pushed, samples)));
          pushed += samples;
          equal(sound.debt(wanted), 0, `debt at ${rate} Hz after what was owed has come`);
          ensure(sound.available >= wanted, `${sound.available} available of ${wanted} at ${rate} Hz`);
          pull(sound, suiteFormat.channels, wanted);
        }
        // No resampler needs to run further ahead than a tenth of a second.
        ensure(sound.available <= house / 10, `${sound.available} samples have piled up at ${rate} Hz`);
      }
    },
  },
  {
    id: "conformer/available-falls-by-what-is-pulled",
    reason: "The arithmetic of sound debt rests on it.",
    check: async (subject, signal) => {
      const conformer = await subject.open(signal);
      using sound = openSound(conformer, house, 2);
      equal(sound.available, 0, "available before the first block");
      sound.push(block(house, 0, exactSound(2, 0, 4_000)));
      const before = sound.available;
      equal(before, 4_000, "available at equal rates");
      pull(sound, 2, 1_601);
      equal(sound.available, before - 1_601, "available after a pull");
      equal([sound.debt(before - 1_601), sound.debt(before - 1_600)], [0, 1], "debt of all, and of one more");
    },
  },
  {
    id: "conformer/pull-writes-where-it-is-told",
    reason: "A tick at a seam takes its sound from two segments, each into its own part.",
    check: async (subject, signal) => {
      const conformer = await subject.open(signal);
      using sound = openSound(conformer, house, 2);
      sound.push(block(house, 0, exactSound(2, 0, 100)));
      const into = [new Float32Array(40).fill(0.125), new Float32Array(40).fill(0.125)];
      sound.pull(into, 10, 20, untouched);
      into.forEach((channel, index) => {
        equal([...channel.subarray(0, 10)], new Array(10).fill(0.125), "before the offset");
        equal([...channel.subarray(30)], new Array(10).fill(0.125), "after the samples");
        equal(channel[10], exactSample(assetId, index, 0), "first sample");
        equal(channel[29], exactSample(assetId, index, 19), "last sample");
      });
    },
  },
  {
    id: "conformer/ramps-are-linear-and-exact",
    reason: "Fades and de-clicks are ramps that continue from tick to tick; a step between two clicks.",
    check: async (subject, signal) => {
      const conformer = await subject.open(signal);
      for (const [rampFrom, rampTo] of [
        [0, 1],
        [1, 0],
        [0.25, 0.75],
        [0, 0],
      ] as const) {
        using sound = openSound(conformer, house, 2);
        sound.push(block(house, 0, [new Float32Array(200).fill(0.5), new Float32Array(200).fill(-0.25)]));
        const out = pull(sound, 2, 200, { gainDb: 0, rampFrom, rampTo });
        for (const [index, level] of [0.5, -0.25].entries()) {
          for (let i = 0; i < 200; i++) {
            const expected = level * (rampFrom + ((rampTo - rampFrom) * i) / 200);
            const got = out[index]?.[i] ?? Number.NaN;
            ensure(
              Math.abs(got - expected) < 1e-6,
              `sample ${i} of ramp ${rampFrom}→${rampTo} is ${got}, not ${expected}`,
            );
          }
        }
      }
    },
  },
  {
    id: "conformer/gain-is-in-decibels",
    reason: "Loudness is corrected with it: 6.02 dB is twice the amplitude.",
    check: async (subject, signal) => {
      const conformer = await subject.open(signal);
      for (const [gainDb, factor] of [
        [-20, 0.1],
        [-6.020_599_913, 0.5],
        [6.020_599_913, 2],
      ] as const) {
        using sound = openSound(conformer, house, 2);
        sound.push(block(house, 0, [new Float32Array(4_800).fill(0.2), new Float32Array(4_800).fill(-0.2)]));
        const out = pull(sound, 2, 4_800, { ...untouched, gainDb });
        // A limiter with look-ahead may take a moment to settle, but must not touch what is below full scale.
        for (const i of [1_000, 4_000]) {
          const got = out[0]?.[i] ?? Number.NaN;
          ensure(Math.abs(got - 0.2 * factor) < 1e-4, `${gainDb} dB made 0.2 to ${got}`);
        }
      }
    },
  },
  {
    id: "conformer/gain-limits-and-never-wraps",
    reason: "Sound above full scale that wraps is a bang; it is held at full scale, sign and all.",
    check: async (subject, signal) => {
      const conformer = await subject.open(signal);
      using sound = openSound(conformer, house, 2);
      const wave = Float32Array.from({ length: 9_600 }, (_, i) => 0.9 * Math.sin((2 * Math.PI * i) / 480));
      sound.push(block(house, 0, [wave, wave.map((sample) => -sample)]));
      const [left, right] = pull(sound, 2, 9_600, { ...untouched, gainDb: 24 });
      for (let i = 0; i < 9_600; i++) {
        const [l, r] = [left?.[i] ?? Number.NaN, right?.[i] ?? Number.NaN];
        ensure(Math.abs(l) <= 1 && Math.abs(r) <= 1, `sample ${i} is ${l}, ${r}: beyond full scale`);
        const source = wave[i] ?? 0;
        if (Math.abs(source) > 0.1) ensure(l * source > 0 && r * source < 0, `sample ${i} has kept its sign`);
      }
    },
  },
  {
    id: "conformer/layouts-reach-the-house-channels",
    reason: "Mono is heard on both sides, and 5.1 keeps its left on the left.",
    check: async (subject, signal) => {
      const conformer = await subject.open(signal);
      for (const [channels, left, right] of [
        [1, 0, 0],
        [2, 0, 1],
        [6, 0, 1],
      ] as const) {
        using sound = openSound(conformer, house, channels);
        // Only the channels that are looked for carry sound, so that a remix may add the others as it likes.
        const source = noiseSound(channels, house, 0, 9_600).map((channel, index) =>
          index === left || index === right ? channel : new Float32Array(9_600),
        );
        const out = through(sound, house, source, 2);
        for (const [side, channel] of [left, right].entries()) {
          const finder = new NoiseFinder({ asset: assetId, channel, sampleRate: house, samples: 9_600 });
          const found = finder.findNear((out[side] ?? new Float32Array()).subarray(2_000, 6_096), 2_000, 8);
          ensure(found && found.likeness > 0.7, `channel ${channel} of ${channels} is heard on side ${side}`);
        }
      }
    },
  },
  {
    id: "conformer/sounds-are-independent",
    reason: "The outgoing and the incoming segment are resampled side by side across a seam.",
    check: async (subject, signal) => {
      const conformer = await subject.open(signal);
      using first = openSound(conformer, house, 2);
      using second = openSound(conformer, house, 2);
      for (let at = 0; at < 5_000; at += 1_000) {
        first.push(block(house, at, exactSound(2, at, 1_000)));
        second.push(block(house, at + 50_000, exactSound(2, at + 50_000, 1_000)));
        const b = pull(second, 2, 1_000)[0];
        const a = pull(first, 2, 1_000)[0];
        equal(matchExactSound(a ?? new Float32Array(), 0, 1_000, assetId, 0, at), 1_000, "first");
        equal(matchExactSound(b ?? new Float32Array(), 0, 1_000, assetId, 0, at + 50_000), 1_000, "second");
      }
    },
  },
  {
    id: "conformer/push-takes-a-copy",
    reason: "The block goes back to the decoder when `push` returns, and is written over at once.",
    check: async (subject, signal) => {
      const conformer = await subject.open(signal);
      using sound = openSound(conformer, house, 2);
      const lent = block(house, 0, exactSound(2, 0, 1_000));
      sound.push(lent);
      equal(lent.released(), 0, "releases by the conformer");
      for (const channel of lent.channels) channel.fill(0);
      const [left] = pull(sound, 2, 1_000);
      equal(matchExactSound(left ?? new Float32Array(), 0, 1_000, assetId, 0, 0), 1_000, "untouched samples");
    },
  },
  {
    id: "conformer/sound-after-disposal-is-closed",
    reason: "Its native state is gone; disposing twice is quiet, and other sounds go on.",
    check: async (subject, signal) => {
      const conformer = await subject.open(signal);
      const sound = openSound(conformer, house, 2);
      using other = openSound(conformer, house, 2);
      sound[Symbol.dispose]();
      sound[Symbol.dispose]();
      throws(() => sound.push(block(house, 0, exactSound(2, 0, 10))), "Closed", "push after disposal");
      throws(() => pull(sound, 2, 1), "Closed", "pull after disposal");
      other.push(block(house, 0, exactSound(2, 0, 10)));
      equal(other.available, 10, "available of the other sound");
    },
  },
];
