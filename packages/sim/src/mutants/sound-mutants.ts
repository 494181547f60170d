import type { Conformer, SoundConformer, TickSound } from "@retrovue/core";
import { changedPull } from "./changed-conformer.js";
import { changedMeta, changedSubmit, type Submission } from "./changed-writer.js";
import { type Mutant, mutant } from "./mutation.js";

/** Pulls of each sound that go well before one does not. */
const pullsBefore = 20;

/** What goes wrong only now and then does so once in so many ticks. */
const everyTicks = 400;

/** The samples of a cut's ramp. */
const cutSamples = 96;

type Pull = SoundConformer["pull"];

/** A conformer whose sounds' pulls go another way, once each. */
const onePullOff = (conformer: Conformer, off: (sound: SoundConformer) => Pull): Conformer =>
  changedPull(conformer, (sound) => {
    let pulls = 0;
    return (into, offset, samples, how) => {
      pulls += 1;
      const isOff = pulls === pullsBefore && samples > 1 && sound.available > samples;
      (isOff ? off(sound) : sound.pull.bind(sound))(into, offset, samples, how);
    };
  });

/** Sound of the same length that is the same value throughout. */
const droning = (sound: TickSound | undefined): TickSound | undefined =>
  sound && {
    samples: sound.samples,
    channels: sound.channels.map((channel) => new Float32Array(channel.length).fill(0.7)),
  };

/** A tick without its sound, told as such. */
const silenced = (submission: Submission): Submission => ({
  ...submission,
  sound: undefined,
  meta: { ...submission.meta, silentSamples: submission.sound?.samples ?? 0 },
});

/** Once sound was missing in a segment, it stays away until the segment ends. */
function stayingAway(): (submission: Submission) => Submission {
  let lost = "";
  return (submission) => {
    const { meta, sound } = submission;
    if (sound !== undefined && meta.silentSamples === sound.samples) lost = meta.segmentId;
    return meta.segmentId === lost && !meta.pad ? silenced(submission) : submission;
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
  mutant("sound-dropped", "Now and then a tick has no sound.", "sound/no-needless-silence", () => ({
    writer: (writer) =>
      changedSubmit(writer, (submission) =>
        submission.tick % everyTicks === 0 && !submission.meta.pad ? silenced(submission) : submission,
      ),
  })),
  mutant(
    "drone-for-missing-sound",
    "Where sound is missing something else is heard.",
    "sound/missing-is-silent",
    () => ({
      writer: (writer) =>
        changedSubmit(writer, (submission) =>
          submission.sound !== undefined && submission.meta.silentSamples === submission.sound.samples
            ? { ...submission, sound: droning(submission.sound) }
            : submission,
        ),
    }),
  ),
  mutant(
    "sound-stays-away",
    "Sound that was missing once is missing until its segment ends.",
    "sound/back-in-time",
    () => {
      const change = stayingAway();
      return { writer: (writer) => changedSubmit(writer, change) };
    },
  ),
  mutant("gain-ignored", "Sound has the level that it has in its file.", "sound/gain-as-planned", () => ({
    conformer: (conformer) =>
      changedPull(
        conformer,
        (sound) => (into, offset, samples, how) => sound.pull(into, offset, samples, { ...how, gainDb: 0 }),
      ),
  })),
  mutant("cut-not-ramped", "Sound is cut hard.", "sound/cut-within-its-own-samples", () => ({
    conformer: (conformer) =>
      changedPull(conformer, (sound) => (into, offset, samples, how) => {
        const isCut = samples <= cutSamples && how.rampFrom !== how.rampTo;
        sound.pull(into, offset, samples, isCut ? { ...how, rampFrom: 1, rampTo: 1 } : how);
      }),
  })),
  mutant("drone-in-pads", "Something is heard where nothing is planned.", "sound/planned-silence", () => ({
    writer: (writer) =>
      changedSubmit(writer, (submission) =>
        submission.meta.pad ? { ...submission, sound: droning(submission.sound) } : submission,
      ),
  })),
  mutant(
    "pads-told-as-missing",
    "The silence of a pad is told as missing sound.",
    "sound/silence-told-truly",
    () => ({
      writer: (writer) => changedMeta(writer, (meta) => (meta.pad ? { ...meta, silentSamples: 1 } : meta)),
    }),
  ),
];
