import { endOfMedia, PlayoutError } from "@retrovue/core";
import { ensure, equal, rejects } from "../../framework/check.js";
import { type DecoderRule, nextPicture, settled, wantsPictures, zero } from "../reading.js";

/** The end of a decoder's life. */
export const disposalRules: readonly DecoderRule[] = [
  {
    id: "decoder/use-after-disposal-is-closed",
    reason: "A channel that has moved on must be told at the line that did it, not get an old picture.",
    check: async (subject, signal) => {
      const decoder = await subject.open(signal);
      await decoder[Symbol.asyncDispose]();
      await rejects(decoder.readPicture(zero, {}, signal), "Closed", "readPicture");
      await rejects(decoder.readSound(100, signal), "Closed", "readSound");
      await rejects(decoder.seek(zero, signal), "Closed", "seek");
    },
  },
  {
    id: "decoder/disposal-may-come-twice",
    reason: "Owners and supervisors both close; the second one has nothing to do.",
    check: async (subject, signal) => {
      const decoder = await subject.open(signal);
      await Promise.all([decoder[Symbol.asyncDispose](), decoder[Symbol.asyncDispose]()]);
      await decoder[Symbol.asyncDispose]();
    },
  },
  {
    id: "decoder/disposal-ends-what-runs",
    reason: "A decoder that hangs in a read is disposed to be rid of it.",
    check: async (subject, signal) => {
      for (let round = 0; round < 3; round++) {
        const decoder = await subject.open(signal, { picturesHeldMax: 1 });
        if (round > 0 && subject.clip.truth.pattern.pictures) await nextPicture(decoder, signal);
        const running =
          round === 2
            ? [decoder.seek(zero, signal)]
            : [decoder.readPicture(zero, {}, signal), decoder.readSound(1_000, signal)];
        const ends = running.map((work) => settled(work));
        await decoder[Symbol.asyncDispose]();
        for (const end of await Promise.all(ends)) {
          if (end.status === "fulfilled") continue;
          const { reason } = end;
          ensure(
            PlayoutError.is(reason, "Closed") || PlayoutError.is(reason, "Cancelled"),
            `it ended with ${reason}`,
          );
        }
      }
    },
  },
  {
    id: "decoder/release-after-disposal-is-quiet",
    reason: "A picture that is still being shown goes back after its decoder has gone.",
    notApplicable: wantsPictures,
    check: async (subject, signal) => {
      const decoder = await subject.open(signal);
      const picture = await nextPicture(decoder, signal);
      const block = await decoder.readSound(100, signal);
      await decoder[Symbol.asyncDispose]();
      picture.release();
      if (block !== endOfMedia) block.release();
    },
  },
  {
    id: "decoder/disposal-leaves-nothing-behind",
    reason: "Thousands of segments a week: a file, a thread or a picture left each time ends the service.",
    check: async (subject, signal) => {
      const before = await subject.held();
      for (let round = 0; round < 4; round++) {
        const decoder = await subject.open(signal);
        if (subject.clip.truth.pattern.pictures) await nextPicture(decoder, signal);
        await decoder.readSound(100, signal);
        await decoder[Symbol.asyncDispose]();
      }
      equal(await subject.held(), before, "what is held after disposal");
    },
  },
];
