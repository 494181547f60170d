import { endOfMedia } from "@retrovue/core";
import { equal } from "../../framework/check.js";
import {
  type DecoderRule,
  expectNext,
  gatherAll,
  nextPicture,
  picturesOf,
  wantsBoth,
  wantsPictures,
  wantsSound,
  zero,
} from "../reading.js";

/** The end of media. */
export const endingRules: readonly DecoderRule[] = [
  {
    id: "decoder/end-of-pictures-is-sticky",
    reason: "The channel asks again on every tick of a hold; anything but the end would flash on air.",
    notApplicable: wantsPictures,
    check: async (subject, signal) => {
      const decoder = await subject.open(signal);
      for (let n = 0; n < picturesOf(subject).count; n++) (await nextPicture(decoder, signal)).release();
      for (let again = 0; again < 3; again++) {
        equal(await decoder.readPicture(zero, {}, signal), endOfMedia, `read ${again} after the end`);
      }
    },
  },
  {
    id: "decoder/end-of-sound-is-sticky",
    reason: "The channel goes on asking while pictures last.",
    notApplicable: wantsSound,
    check: async (subject, signal) => {
      const decoder = await subject.open(signal);
      await gatherAll(decoder, subject, signal);
      for (let again = 0; again < 3; again++) {
        equal(await decoder.readSound(480, signal), endOfMedia, `read ${again} after the end`);
      }
    },
  },
  {
    id: "decoder/streams-end-by-themselves",
    reason: "Sound that ends with the pictures, or pictures with the sound, cut what the asset still has.",
    notApplicable: wantsBoth,
    check: async (subject, signal) => {
      const soundFirst = await subject.open(signal);
      await gatherAll(soundFirst, subject, signal);
      for (let n = 0; n < picturesOf(subject).count; n++) {
        await expectNext(soundFirst, n, subject, signal, "after the sound's end");
      }
      const picturesFirst = await subject.open(signal);
      for (let n = 0; n < picturesOf(subject).count; n++)
        (await nextPicture(picturesFirst, signal)).release();
      equal(await picturesFirst.readPicture(zero, {}, signal), endOfMedia, "pictures");
      const all = await gatherAll(picturesFirst, subject, signal);
      equal(all.samples > 0, true, "sound comes after the pictures' end");
    },
  },
  {
    id: "decoder/a-missing-stream-ends-at-once",
    reason: "Media without sound must become ready, and media without pictures too.",
    notApplicable: (subject) =>
      wantsBoth(subject) === undefined ? `${subject.clip.name} has both streams` : undefined,
    check: async (subject, signal) => {
      const decoder = await subject.open(signal);
      const { pictures, sound } = subject.clip.truth.pattern;
      if (!pictures) equal(await decoder.readPicture(zero, {}, signal), endOfMedia, "pictures");
      if (!sound) equal(await decoder.readSound(480, signal), endOfMedia, "sound");
    },
  },
];
