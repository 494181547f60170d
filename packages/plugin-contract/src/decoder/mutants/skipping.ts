import { endOfMedia, mediaTime } from "@retrovue/core";
import type { Mutant } from "../../framework/mutants.js";
import type { DecoderSubject } from "../subject.js";
import { decoderMutant, zero } from "./making.js";

/** Decoders that skip wrongly. */
export const skippingMutants: readonly Mutant<DecoderSubject>[] = [
  decoderMutant("does-not-skip", ["decoder/not-before-skips-the-unseen-alone"], (inner) => ({
    readPicture: (_notBefore, options, signal) => inner.readPicture(zero, options, signal),
  })),
  decoderMutant("skips-one-too-many", ["decoder/not-before-skips-the-unseen-alone"], (inner) => ({
    readPicture: (notBefore, options, signal) =>
      inner.readPicture(notBefore > 0n ? mediaTime(notBefore + 41_708_334n) : notBefore, options, signal),
  })),
  decoderMutant("takes-not-before-for-a-seek", ["decoder/the-past-skips-nothing"], (inner) => ({
    readPicture: async (notBefore, options, signal) => {
      await inner.seek(notBefore, signal);
      return inner.readPicture(notBefore, options, signal);
    },
  })),
  decoderMutant("skips-the-last-picture", ["decoder/the-last-picture-is-never-skipped"], (inner) => ({
    readPicture: async (notBefore, options, signal) =>
      notBefore > (inner.info.duration ?? 0n) ? endOfMedia : inner.readPicture(notBefore, options, signal),
  })),
];
