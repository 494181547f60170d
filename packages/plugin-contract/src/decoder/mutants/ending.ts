import { endOfMedia, type SoundBlock } from "@retrovue/core";
import type { Mutant } from "../../framework/mutants.js";
import type { DecoderSubject } from "../subject.js";
import { decoderMutant, silentUri, zero } from "./making.js";

/** Decoders that do not know the end. */
export const endingMutants: readonly Mutant<DecoderSubject>[] = [
  decoderMutant(
    "starts-over-after-the-end",
    ["decoder/end-of-pictures-is-sticky", "decoder/end-of-sound-is-sticky"],
    (inner) => ({
      readPicture: async (notBefore, options, signal) => {
        const picture = await inner.readPicture(notBefore, options, signal);
        if (picture === endOfMedia) await inner.seek(zero, signal);
        return picture;
      },
      readSound: async (samples, signal) => {
        const block = await inner.readSound(samples, signal);
        if (block === endOfMedia) await inner.seek(zero, signal);
        return block;
      },
    }),
  ),
  decoderMutant("ends-all-streams-together", ["decoder/streams-end-by-themselves"], (inner) => {
    let ended = false;
    return {
      readPicture: async (notBefore, options, signal) =>
        ended ? endOfMedia : inner.readPicture(notBefore, options, signal),
      readSound: async (samples, signal) => {
        const block = await inner.readSound(samples, signal);
        if (block === endOfMedia) ended = true;
        return block;
      },
    };
  }),
  decoderMutant(
    "waits-for-sound-that-is-not-there",
    ["decoder/a-missing-stream-ends-at-once"],
    () => ({
      readSound: () => new Promise<SoundBlock>(() => {}),
    }),
    silentUri,
  ),
];
