import { endOfMedia, mediaTime } from "@retrovue/core";
import type { Mutant } from "../../framework/mutants.js";
import type { DecoderSubject } from "../subject.js";
import { altered, decoderMutant, eachPicture } from "./making.js";

/** Decoders that say something untrue. */
export const describingMutants: readonly Mutant<DecoderSubject>[] = [
  decoderMutant("claims-another-size", ["decoder/info-is-truthful"], ({ info }) => ({
    info: {
      ...info,
      picture: info.picture && { ...info.picture, format: { ...info.picture.format, width: 66 } },
    },
  })),
  decoderMutant("claims-another-sample-rate", ["decoder/info-is-truthful"], ({ info }) => ({
    info: { ...info, sound: info.sound && { ...info.sound, sampleRate: 44_100 } },
  })),
  decoderMutant(
    "counts-duration-to-the-last-picture's-start",
    ["decoder/duration-is-from-zero-to-the-end"],
    ({ info }) => ({
      info: { ...info, duration: mediaTime((info.duration ?? 0n) - 41_708_333n) },
    }),
  ),
  decoderMutant(
    "lends-short-planes",
    ["decoder/planes-are-as-the-format-says"],
    eachPicture((picture) =>
      altered(picture, { planes: picture.planes.map((plane) => plane.subarray(0, -1)) }),
    ),
  ),
  decoderMutant("says-in-place-but-is-not", ["decoder/in-place-is-truthful"], (inner) => ({
    readPicture: async (notBefore, _options, signal) => {
      const picture = await inner.readPicture(notBefore, {}, signal);
      return picture === endOfMedia ? picture : altered(picture, { inPlace: true });
    },
  })),
];
