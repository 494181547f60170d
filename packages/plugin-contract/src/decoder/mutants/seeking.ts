import {
  type Decoder,
  type EndOfMedia,
  endOfMedia,
  type MediaTime,
  mediaTime,
  type PictureFrame,
  PlayoutError,
} from "@retrovue/core";
import type { Mutant } from "../../framework/mutants.js";
import type { DecoderSubject } from "../subject.js";
import { decoderMutant } from "./making.js";

/** Decoders that seek wrongly. */
export const seekingMutants: readonly Mutant<DecoderSubject>[] = [
  decoderMutant("seeks-to-key-pictures", ["decoder/seek-is-frame-exact"], (inner) => ({
    seek: (to, signal) => inner.seek(mediaTime((to / 500_500_000n) * 500_500_000n), signal),
  })),
  decoderMutant(
    "seeks-to-the-nearest-picture",
    ["decoder/seek-is-frame-exact", "decoder/seek-does-not-reach-ahead"],
    (inner) => ({
      seek: (to, signal) => inner.seek(mediaTime(to + 20_000_000n), signal),
    }),
  ),
  decoderMutant("forgives-no-rounding", ["decoder/seek-is-frame-exact"], (inner) => ({
    seek: (to, signal) => inner.seek(mediaTime(to - 2_000_000n), signal),
  })),
  decoderMutant("cannot-seek-back", ["decoder/seek-to-zero-starts-again"], (inner) => ({
    seek: async (to, signal) => (to === 0n ? undefined : inner.seek(to, signal)),
  })),
  decoderMutant("refuses-times-before-zero", ["decoder/seek-before-zero-is-the-start"], (inner) => ({
    seek: async (to, signal) => {
      if (to < 0n) throw new PlayoutError("InvalidArgument", "A time is never negative.");
      return inner.seek(to, signal);
    },
  })),
  decoderMutant(
    "shows-the-last-picture-beyond-the-end",
    ["decoder/seek-beyond-the-end-is-the-end"],
    (inner) => ({
      seek: (to, signal) => inner.seek(to > 950_000_000n ? mediaTime(950_000_000n) : to, signal),
    }),
  ),
  decoderMutant("starts-sound-at-packets", ["decoder/sound-starts-at-the-sample"], (inner) => ({
    seek: (to, signal) => inner.seek(mediaTime((to / 21_333_333n) * 21_333_333n), signal),
  })),
  decoderMutant(
    "seeks-pictures-alone",
    ["decoder/seek-moves-both-streams", "decoder/sound-starts-at-the-sample"],
    (inner) => ({
      // Sound goes on from where it was, as with one seek for each stream of which one was forgotten.
      readSound: soundFromOwnPosition(inner),
    }),
  ),
  decoderMutant("gives-old-pictures-after-a-seek", ["decoder/seek-cancels-reads-in-flight"], (inner) => {
    let kept: Promise<PictureFrame | EndOfMedia> | undefined;
    let sought = false;
    return {
      seek: async (to, signal) => {
        sought = true;
        if (kept === undefined) await inner.seek(to, signal);
      },
      readPicture: (notBefore, options, signal) => {
        const read = inner.readPicture(notBefore, options, signal);
        if (!sought) kept = read;
        return read;
      },
    };
  }),
];

/** Reads sound as if no seek had ever moved it: asks the inner decoder for the position that it had. */
function soundFromOwnPosition(inner: Decoder): Decoder["readSound"] {
  let position = 0;
  return async (samples, signal) => {
    const sampleRate = inner.info.sound?.sampleRate ?? 48_000;
    await inner.seek(
      mediaTime((BigInt(position) * 1_000_000_000n) / BigInt(sampleRate)) as MediaTime,
      signal,
    );
    const block = await inner.readSound(samples, signal);
    if (block !== endOfMedia) position += block.samples;
    return block;
  };
}
