import { endOfMedia, mediaTime, PlayoutError } from "@retrovue/core";
import type { Mutant } from "../../framework/mutants.js";
import type { DecoderSubject } from "../subject.js";
import { altered, decoderMutant, dropPicture, eachPicture, type Twist } from "./making.js";

/** Decoders that lose, double or starve. */
export const playingMutants: readonly Mutant<DecoderSubject>[] = [
  decoderMutant(
    "starts-at-the-container's-time",
    ["decoder/zero-is-the-first-picture"],
    eachPicture((picture) => altered(picture, { time: mediaTime(picture.time + 1_400_000_000n) })),
  ),
  decoderMutant(
    "loses-the-first-picture",
    ["decoder/every-picture-once-and-in-order", "decoder/zero-is-the-first-picture"],
    (inner) => {
      let first = true;
      return {
        readPicture: async (notBefore, options, signal) => {
          if (first) await dropPicture(inner);
          first = false;
          return inner.readPicture(notBefore, options, signal);
        },
      };
    },
  ),
  decoderMutant("ends-one-picture-early", ["decoder/every-picture-once-and-in-order"], eachLate()),
  decoderMutant(
    "rounds-times-to-milliseconds",
    ["decoder/every-picture-once-and-in-order"],
    eachPicture((picture) => altered(picture, { time: mediaTime((picture.time / 1_000_000n) * 1_000_000n) })),
  ),
  decoderMutant("loses-a-sample-now-and-then", ["decoder/every-sample-once-and-in-order"], (inner) => {
    let reads = 0;
    return {
      readSound: async (samples, signal) => {
        if (++reads === 5) {
          const lost = await inner.readSound(1, signal);
          if (lost !== endOfMedia) lost.release();
        }
        return inner.readSound(samples, signal);
      },
    };
  }),
  decoderMutant("gives-sound-in-its-own-portions", ["decoder/sound-reads-are-filled"], (inner) => ({
    readSound: (samples, signal) => inner.readSound(Math.min(samples, 576), signal),
  })),
  decoderMutant(
    "parks-sound-while-pictures-are-held",
    ["decoder/sound-does-not-wait-for-pictures"],
    (inner) => {
      let held = 0;
      let wake = (): void => {};
      return {
        readPicture: async (notBefore, options, signal) => {
          const picture = await inner.readPicture(notBefore, options, signal);
          if (picture === endOfMedia) return picture;
          held++;
          return altered(picture, {
            release: () => {
              held--;
              picture.release();
              wake();
            },
          });
        },
        readSound: async (samples, signal) => {
          while (held >= 2)
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          return inner.readSound(samples, signal);
        },
      };
    },
  ),
  decoderMutant("leaves-gaps-in-its-sound", ["decoder/sound-is-one-unbroken-line"], (inner) => {
    let reads = 0;
    return {
      readSound: async (samples, signal) => {
        if (++reads % 20 === 19) {
          const lost = await inner.readSound(samples, signal);
          if (lost === endOfMedia) return lost;
          lost.release();
        }
        return inner.readSound(samples, signal);
      },
    };
  }),
  decoderMutant("wants-its-sound-taken", ["decoder/pictures-do-not-wait-for-sound"], (inner) => {
    let pictures = 0;
    return {
      readPicture: (notBefore, options, signal) =>
        ++pictures > 12 ? new Promise(() => {}) : inner.readPicture(notBefore, options, signal),
    };
  }),
  decoderMutant("allows-one-read-at-a-time", ["decoder/one-read-of-each-kind-runs-together"], (inner) => {
    let busy = false;
    const alone = async <T>(work: () => Promise<T>): Promise<T> => {
      if (busy) throw new PlayoutError("WrongState", "A read is in flight.");
      busy = true;
      try {
        await Promise.resolve();
        return await work();
      } finally {
        busy = false;
      }
    };
    return {
      readPicture: (notBefore, options, signal) => alone(() => inner.readPicture(notBefore, options, signal)),
      readSound: (samples, signal) => alone(() => inner.readSound(samples, signal)),
    };
  }),
];

function eachLate(): Twist {
  return (inner) => ({
    readPicture: async (notBefore, options, signal) => {
      const picture = await inner.readPicture(notBefore, options, signal);
      if (picture === endOfMedia || picture.sourceIndex !== 23) return picture;
      picture.release();
      return endOfMedia;
    },
  });
}
