import type { Conformer, SoundConformer } from "@retrovue/core";
import { changedSubmit } from "./changed-writer.js";
import { type Mutant, mutant } from "./mutation.js";

/** Pulls of each sound that go well before one does not. */
const pullsBefore = 20;

type Pull = SoundConformer["pull"];

/** A conformer whose sounds' pulls go another way, once each. */
function onePullOff(conformer: Conformer, pull: (sound: SoundConformer) => Pull): Conformer {
  return {
    format: conformer.format,
    picture: (from, into, how, signal) => conformer.picture(from, into, how, signal),
    openSound: (...args) => {
      const sound = conformer.openSound(...args);
      const off = pull(sound);
      let pulls = 0;
      return {
        push: (block) => sound.push(block),
        end: () => sound.end(),
        get available() {
          return sound.available;
        },
        pull: (into, offset, samples, how) => {
          pulls += 1;
          if (pulls === pullsBefore && samples > 1 && sound.available > samples)
            off(into, offset, samples, how);
          else sound.pull(into, offset, samples, how);
        },
        debt: (samples) => sound.debt(samples),
        [Symbol.dispose]: () => sound[Symbol.dispose](),
      };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(conformer[Symbol.asyncDispose]()),
  };
}

const rule = "sound/no-sample-lost-or-doubled";

/** Channels that do not keep their sound together. */
export const soundMutants: readonly Mutant[] = [
  mutant("lost-sample", "One sample of each sound is thrown away.", rule, () => ({
    conformer: (conformer) =>
      onePullOff(conformer, (sound) => (into, offset, samples, how) => {
        sound.pull(into, offset, 1, how);
        sound.pull(into, offset, samples, how);
      }),
  })),
  mutant("doubled-sample", "One sample of each sound is heard twice.", rule, () => ({
    conformer: (conformer) =>
      onePullOff(conformer, (sound) => (into, offset, samples, how) => {
        sound.pull(into, offset + 1, samples - 1, how);
        for (const channel of into) channel[offset] = channel[offset + 1] ?? 0;
      }),
  })),
  mutant(
    "sound-of-the-picture-before",
    "After a cut one tick of the sound before it is heard under the new picture.",
    rule,
    () => {
      let before: readonly Float32Array[] = [];
      return {
        writer: (writer) =>
          changedSubmit(writer, ({ sound, meta, ...rest }) => {
            const heard = before;
            before = sound?.channels.map((channel) => channel.slice()) ?? [];
            if (!meta.firstOfSegment || sound === undefined || heard.length === 0)
              return { ...rest, sound, meta };
            return { ...rest, sound: { samples: sound.samples, channels: heard }, meta };
          }),
      };
    },
  ),
];
