import { endOfMedia, mediaTime } from "@retrovue/core";
import { equal } from "../../framework/check.js";
import { type DecoderRule, expectPicture, nextPicture, picturesOf, wantsPictures } from "../reading.js";

/** Skipping pictures that nobody will see. */
export const skippingRules: readonly DecoderRule[] = [
  {
    id: "decoder/not-before-skips-the-unseen-alone",
    reason:
      "The picture shown at `notBefore` must come: one too early wastes a tick, one too late is lost on air.",
    notApplicable: wantsPictures,
    check: async (subject, signal) => {
      const { times, count } = picturesOf(subject);
      for (const stride of [1, 2, 3, 7]) {
        const decoder = await subject.open(signal);
        for (let n = 0; n < count; n += stride) {
          // In the middle of picture n: its successor is later, its predecessor is over.
          const middle = mediaTime((times.at(n) + times.at(n + 1)) / 2n);
          expectPicture(await nextPicture(decoder, signal, middle), n, subject, `every ${stride}th`);
        }
        await decoder[Symbol.asyncDispose]();
      }
    },
  },
  {
    id: "decoder/the-past-skips-nothing",
    reason:
      "`notBefore` is a wish to skip, never a seek back: a time already past gives the very next picture.",
    notApplicable: wantsPictures,
    check: async (subject, signal) => {
      const { times, count } = picturesOf(subject);
      const from = Math.floor(count / 2);
      const decoder = await subject.open(signal);
      await decoder.seek(times.at(from), signal);
      for (let n = from; n < Math.min(count, from + 4); n++) {
        expectPicture(await nextPicture(decoder, signal, times.at(0)), n, subject, "with notBefore at zero");
      }
    },
  },
  {
    id: "decoder/the-last-picture-is-never-skipped",
    reason:
      "It has no successor, so it is shown for as long as is asked: it is what a channel holds at an early end.",
    notApplicable: wantsPictures,
    check: async (subject, signal) => {
      const { times, count } = picturesOf(subject);
      const decoder = await subject.open(signal);
      const far = mediaTime(times.at(count) + 60_000_000_000n);
      expectPicture(await nextPicture(decoder, signal, far), count - 1, subject, "a minute after the end");
      equal(await decoder.readPicture(far, {}, signal), endOfMedia, "after the last picture");
    },
  },
];
