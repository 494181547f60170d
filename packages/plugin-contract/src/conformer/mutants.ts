import { type Conformer, PlayoutError, type SampleIndex, type SoundConformer } from "@retrovue/core";
import { CopyConformerFactory } from "@retrovue/core/testing";
import type { Mutant } from "../framework/mutants.js";
import type { RuleId } from "../framework/rule.js";
import { ConformerSubject, canary } from "./subject.js";

type Twist = (inner: Conformer) => Partial<Conformer> & { [Symbol.asyncDispose]?: () => Promise<void> };

const mutant = (name: string, breaks: readonly RuleId[], twist: Twist): Mutant<ConformerSubject> => ({
  name,
  breaks,
  setUp: async () =>
    new ConformerSubject({
      open: async (format, signal) => {
        const inner = await new CopyConformerFactory().open(format, signal);
        const good: Conformer = {
          format: inner.format,
          picture: (from, into, how, abort) => inner.picture(from, into, how, abort),
          openSound: (rate, channels, layout, start) => inner.openSound(rate, channels, layout, start),
          [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
        };
        return { ...good, ...twist(inner) };
      },
    }),
});

/** A broken `picture`; what it does before or after the good one is given. */
const pictureMutant = (
  name: string,
  breaks: readonly RuleId[],
  picture: (inner: Conformer) => Conformer["picture"],
): Mutant<ConformerSubject> => mutant(name, breaks, (inner) => ({ picture: picture(inner) }));

/** A broken sound conformer over a good one. */
const soundMutant = (
  name: string,
  breaks: readonly RuleId[],
  change: (sound: SoundConformer, rate: number) => Partial<SoundConformer>,
): Mutant<ConformerSubject> =>
  mutant(name, breaks, (inner) => ({
    openSound: (rate, channels, layout, start) => {
      const sound = inner.openSound(rate, channels, layout, start);
      const made: SoundConformer = {
        push: (block) => sound.push(block),
        end: () => sound.end(),
        get available() {
          return sound.available;
        },
        pull: (into, offset, samples, how) => sound.pull(into, offset, samples, how),
        debt: (samples) => sound.debt(samples),
        [Symbol.dispose]: () => sound[Symbol.dispose](),
      };
      const changes = Object.getOwnPropertyDescriptors(change(sound, rate));
      return Object.defineProperties(made, changes);
    },
  }));

/** One broken conformer for each rule (at least). */
export const conformerMutants: readonly Mutant<ConformerSubject>[] = [
  pictureMutant(
    "leaves-the-last-row",
    ["conformer/fills-the-whole-buffer"],
    (inner) => async (from, into, how, signal) => {
      await inner.picture(from, into, how, signal);
      into.planes[0]?.fill(canary, -(into.strides[0] ?? 0));
    },
  ),
  pictureMutant(
    "writes-past-the-plane",
    ["conformer/writes-nothing-beyond-its-rows"],
    (inner) => async (from, into, how, signal) => {
      await inner.picture(from, into, how, signal);
      const plane = into.planes[0];
      if (plane) new Uint8Array(plane.buffer, plane.byteOffset + plane.length, 8).fill(16);
    },
  ),
  pictureMutant(
    "paints-bars-zero",
    ["conformer/bars-are-exactly-black"],
    (inner) => async (from, into, how, signal) => {
      await inner.picture(from, into, how, signal);
      for (const plane of into.planes)
        for (let i = 0; i < plane.length; i++) if (plane[i] === 16 || plane[i] === 128) plane[i] = 0;
    },
  ),
  pictureMutant(
    "forgets-sample-aspect",
    ["conformer/circles-stay-round"],
    (inner) => (from, into, how, signal) =>
      inner.picture(
        { ...from, format: { ...from.format, sampleAspect: { num: 1, den: 1 } } },
        into,
        how,
        signal,
      ),
  ),
  pictureMutant(
    "always-stretches",
    ["conformer/circles-stay-round"],
    (inner) => (from, into, how, signal) => inner.picture(from, into, { ...how, aspect: "stretch" }, signal),
  ),
  pictureMutant(
    "turns-the-other-way",
    ["conformer/rotation-is-applied"],
    (inner) => (from, into, how, signal) => {
      const rotation = ((360 - from.format.rotation) % 360) as 0 | 90 | 180 | 270;
      return inner.picture({ ...from, format: { ...from.format, rotation } }, into, how, signal);
    },
  ),
  pictureMutant(
    "rounds-what-is-right-already",
    ["conformer/the-same-format-is-untouched"],
    (inner) => async (from, into, how, signal) => {
      await inner.picture(from, into, how, signal);
      const plane = into.planes[0];
      if (plane) for (let i = 0; i < plane.length; i++) plane[i] = (plane[i] ?? 0) & 0xfe;
    },
  ),
  pictureMutant(
    "never-quite-dark",
    ["conformer/alpha-zero-is-exactly-black"],
    (inner) => (from, into, how, signal) =>
      inner.picture(from, into, { ...how, alpha: Math.max(how.alpha, 1 / 64) }, signal),
  ),
  pictureMutant(
    "dims-by-the-square",
    ["conformer/alpha-dims-in-proportion"],
    (inner) => (from, into, how, signal) =>
      inner.picture(from, into, { ...how, alpha: how.alpha * how.alpha }, signal),
  ),
  pictureMutant(
    "swaps-fields",
    ["conformer/each-field-can-be-shown"],
    (inner) => (from, into, how, signal) =>
      inner.picture(
        from,
        into,
        { ...how, field: how.field === "first" ? "second" : how.field === "second" ? "first" : "both" },
        signal,
      ),
  ),
  pictureMutant(
    "has-a-green-edge",
    ["conformer/odd-sizes-have-clean-edges"],
    (inner) => async (from, into, how, signal) => {
      await inner.picture(from, into, how, signal);
      if (from.format.width % 2 === 0) return;
      const [plane, stride] = [into.planes[1], into.strides[1] ?? 0];
      if (plane) for (let at = inner.format.width / 2 - 1; at < plane.length; at += stride) plane[at] = 0;
    },
  ),
  pictureMutant(
    "gives-the-buffer-back",
    ["conformer/gives-back-nothing-that-it-borrowed"],
    (inner) => async (from, into, how, signal) => {
      await inner.picture(from, into, how, signal);
      into.release();
    },
  ),
  pictureMutant(
    "dims-in-the-source",
    ["conformer/leaves-the-source-as-it-is"],
    (inner) => async (from, into, how, signal) => {
      await inner.picture(from, into, how, signal);
      from.planes[0]?.fill(16, 0, 64);
    },
  ),
  pictureMutant("has-one-scratch-picture", ["conformer/pictures-run-together"], (inner) => {
    let latest: Parameters<Conformer["picture"]>[0] | undefined;
    return async (from, into, how, signal) => {
      latest = from;
      await Promise.resolve();
      return inner.picture(latest, into, how, signal);
    };
  }),
  pictureMutant(
    "dies-of-an-abort",
    ["conformer/goes-on-after-an-error"],
    (inner) => async (from, into, how, signal) => {
      if (signal.aborted) await inner[Symbol.asyncDispose]();
      return inner.picture(from, into, how, signal);
    },
  ),
  pictureMutant(
    "takes-ten-bits-for-eight",
    ["conformer/every-pixel-format-is-shown-or-refused"],
    (inner) => (from, into, how, signal) => {
      const pixelFormat = from.format.pixelFormat === "yuv420p10le" ? "yuv420p" : from.format.pixelFormat;
      return inner.picture({ ...from, format: { ...from.format, pixelFormat } }, into, how, signal);
    },
  ),
  mutant("works-on-after-disposal", ["conformer/use-after-disposal-is-closed"], () => ({
    [Symbol.asyncDispose]: async () => {},
  })),
  mutant("tells-another-format", ["conformer/tells-its-format"], ({ format }) => ({
    format: { ...format, width: format.width + 2 },
  })),

  soundMutant("multiplies-at-zero-decibels", ["conformer/sound-at-zero-gain-is-bit-exact"], (sound) => ({
    pull: (into, offset, samples, how) =>
      sound.pull(into, offset, samples, { ...how, rampTo: how.rampTo * 0.999_999 }),
  })),
  soundMutant(
    "takes-44100-for-48000",
    ["conformer/sample-counts-are-exact", "conformer/sound-stays-in-its-place"],
    (sound) => ({ push: (block) => sound.push({ ...block, sampleRate: 48_000 }) }),
  ),
  soundMutant("keeps-its-delay", ["conformer/sound-stays-in-its-place"], (sound, rate) => {
    let first = true;
    return {
      push: (block) => {
        // Five samples of silence, as a filter that is not compensated puts before the sound.
        if (first && rate !== 48_000) {
          const silence = block.channels.map(() => new Float32Array(5));
          sound.push({ ...block, channels: silence, samples: 5 });
        }
        first = false;
        sound.push(block);
      },
    };
  }),
  soundMutant("pads-to-zero", ["conformer/sound-begins-where-its-first-block-says"], (sound) => {
    let first = true;
    return {
      push: (block) => {
        if (first && block.time > 0n) {
          sound.push({ ...block, channels: block.channels.map(() => new Float32Array(100)), samples: 100 });
        }
        first = false;
        sound.push(block);
      },
    };
  }),
  soundMutant(
    "never-looks-at-the-rate",
    ["conformer/sound-goes-on-through-a-change-of-format", "conformer/changes-of-format-do-not-add-up"],
    (sound, rate) => ({ push: (block) => sound.push({ ...block, sampleRate: rate }) }),
  ),
  soundMutant(
    "knows-the-first-channels-only",
    ["conformer/sound-goes-on-through-a-change-of-format"],
    (sound) => {
      let channels: number | undefined;
      return {
        push: (block) => {
          channels ??= block.channels.length;
          if (block.channels.length !== channels)
            throw new PlayoutError("InvalidArgument", "Other channels.");
          sound.push(block);
        },
      };
    },
  ),
  soundMutant("rounds-each-part", ["conformer/changes-of-format-do-not-add-up"], (sound) => {
    let rate = 0;
    return {
      push: (block) => {
        // A sample of silence at each change, as rounding up each part's length makes every other time.
        if (rate !== 0 && rate !== block.sampleRate) {
          sound.push({ ...block, channels: block.channels.map(() => new Float32Array(1)), samples: 1 });
        }
        rate = block.sampleRate;
        sound.push(block);
      },
    };
  }),
  soundMutant("forgets-the-resampler's-delay", ["conformer/debt-says-what-is-owed"], (sound) => ({
    debt: (samples) => Math.max(0, samples - sound.available - 1),
  })),
  soundMutant("counts-available-once", ["conformer/available-falls-by-what-is-pulled"], (sound) => {
    let pushed = 0;
    return {
      push: (block) => {
        pushed += block.samples;
        sound.push(block);
      },
      get available() {
        return pushed;
      },
    };
  }),
  soundMutant("writes-from-the-start", ["conformer/pull-writes-where-it-is-told"], (sound) => ({
    pull: (into, _offset, samples, how) => sound.pull(into, 0, samples, how),
  })),
  soundMutant("ramps-in-steps", ["conformer/ramps-are-linear-and-exact"], (sound) => ({
    pull: (into, offset, samples, how) => {
      const middle = (how.rampFrom + how.rampTo) / 2;
      sound.pull(into, offset, samples, { ...how, rampFrom: middle, rampTo: middle });
    },
  })),
  soundMutant("takes-decibels-for-power", ["conformer/gain-is-in-decibels"], (sound) => ({
    pull: (into, offset, samples, how) =>
      sound.pull(into, offset, samples, { ...how, gainDb: how.gainDb / 2 }),
  })),
  soundMutant("wraps-above-full-scale", ["conformer/gain-limits-and-never-wraps"], (sound) => ({
    pull: (into, offset, samples, how) => {
      sound.pull(into, offset, samples, { ...how, gainDb: 0 });
      const gain = 10 ** (how.gainDb / 20);
      for (const channel of into) {
        for (let i = offset; i < offset + samples; i++) {
          const lifted = (channel[i] ?? 0) * gain + 1;
          channel[i] = lifted - Math.floor(lifted / 2) * 2 - 1;
        }
      }
    },
  })),
  soundMutant("puts-all-on-the-left", ["conformer/layouts-reach-the-house-channels"], (sound) => ({
    pull: (into, offset, samples, how) => {
      sound.pull(into, offset, samples, how);
      into[1]?.fill(0, offset, offset + samples);
    },
  })),
  mutant(
    "shares-one-resampler",
    ["conformer/sounds-are-independent", "conformer/sound-after-disposal-is-closed"],
    (inner) => {
      let shared: SoundConformer | undefined;
      return {
        openSound: (rate, channels, layout) => {
          shared ??= inner.openSound(rate, channels, layout, 0 as SampleIndex);
          return shared;
        },
      };
    },
  ),
  mutant("keeps-the-decoder's-memory", ["conformer/push-takes-a-copy"], (inner) => ({
    openSound: (rate, channels, layout, start) => {
      const sound = inner.openSound(rate, channels, layout, start);
      const waiting: (() => void)[] = [];
      let samples = 0;
      return {
        push: (block) => {
          samples += block.samples;
          waiting.push(() => sound.push(block));
        },
        end: () => sound.end(),
        get available() {
          return samples;
        },
        pull: (into, offset, count, how) => {
          for (const push of waiting.splice(0)) push();
          samples -= count;
          sound.pull(into, offset, count, how);
        },
        debt: (wanted) => Math.max(0, wanted - samples),
        [Symbol.dispose]: () => sound[Symbol.dispose](),
      };
    },
  })),
  soundMutant("sounds-on-after-disposal", ["conformer/sound-after-disposal-is-closed"], () => ({
    [Symbol.dispose]: () => {},
  })),
];
