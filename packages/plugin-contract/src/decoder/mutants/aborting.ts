import { endOfMedia } from "@retrovue/core";
import type { Mutant } from "../../framework/mutants.js";
import type { DecoderSubject } from "../subject.js";
import { decoderMutant, dropPicture, factoryMutant, never } from "./making.js";

/** Decoders that do not bear an abort. */
export const abortingMutants: readonly Mutant<DecoderSubject>[] = [
  decoderMutant("loses-a-picture-on-abort", ["decoder/an-aborted-picture-read-loses-nothing"], (inner) => ({
    readPicture: async (notBefore, options, signal) => {
      if (signal.aborted) await dropPicture(inner);
      return inner.readPicture(notBefore, options, signal);
    },
  })),
  decoderMutant(
    "is-deaf-to-signals",
    ["decoder/an-aborted-picture-read-loses-nothing", "decoder/an-aborted-seek-can-be-repeated"],
    (inner) => ({
      seek: (to) => inner.seek(to, never),
      readPicture: (notBefore, options) => inner.readPicture(notBefore, options, never),
    }),
  ),
  decoderMutant("loses-samples-on-abort", ["decoder/an-aborted-sound-read-loses-nothing"], (inner) => ({
    readSound: async (samples, signal) => {
      if (signal.aborted) {
        const lost = await inner.readSound(samples, never);
        if (lost !== endOfMedia) lost.release();
      }
      return inner.readSound(samples, signal);
    },
  })),
  decoderMutant("dies-of-an-aborted-seek", ["decoder/an-aborted-seek-can-be-repeated"], (inner) => ({
    seek: async (to, signal) => {
      if (signal.aborted) await inner[Symbol.asyncDispose]();
      return inner.seek(to, signal);
    },
  })),
  factoryMutant("opens-though-aborted", ["decoder/an-aborted-open-is-told"], (inner) => ({
    open: (asset, options) => inner.open(asset, options, never),
  })),
];
