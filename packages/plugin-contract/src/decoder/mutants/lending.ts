import { endOfMedia } from "@retrovue/core";
import type { Mutant } from "../../framework/mutants.js";
import type { DecoderSubject } from "../subject.js";
import { altered, decoderMutant, eachPicture, factoryMutant } from "./making.js";

/** Decoders that lend wrongly. */
export const lendingMutants: readonly Mutant<DecoderSubject>[] = [
  factoryMutant(
    "lends-one-picture-at-a-time",
    ["decoder/as-many-pictures-may-be-held-as-were-asked-for"],
    (inner) => ({
      open: (asset, options, signal) => inner.open(asset, { ...options, picturesHeldMax: 1 }, signal),
    }),
  ),
  decoderMutant("never-wakes-who-waits", ["decoder/a-full-pool-waits-and-goes-on"], (inner) => {
    let held = 0;
    return {
      readPicture: async (notBefore, options, signal) => {
        if (held === 3) return new Promise(() => {});
        const picture = await inner.readPicture(notBefore, options, signal);
        if (picture === endOfMedia) return picture;
        held++;
        return altered(picture, {
          release: () => {
            held--;
            picture.release();
          },
        });
      },
    };
  }),
  decoderMutant(
    "lends-the-same-memory-twice",
    ["decoder/a-held-picture-does-not-change", "decoder/a-second-release-is-quiet"],
    (inner) => {
      let planes: Uint8Array[] | undefined;
      return {
        readPicture: async (notBefore, options, signal) => {
          const picture = await inner.readPicture(notBefore, options, signal);
          if (picture === endOfMedia) return picture;
          planes ??= picture.planes.map((plane) => plane.slice());
          for (const [index, plane] of picture.planes.entries()) planes[index]?.set(plane);
          return altered(picture, { planes });
        },
      };
    },
  ),
  decoderMutant("lends-the-same-sound-twice", ["decoder/sound-blocks-are-lent-likewise"], (inner) => {
    const channels = [new Float32Array(48_000), new Float32Array(48_000)];
    return {
      readSound: async (samples, signal) => {
        const block = await inner.readSound(samples, signal);
        if (block === endOfMedia) return block;
        for (const [index, channel] of block.channels.entries()) {
          channels[index]?.set(channel.subarray(0, block.samples));
        }
        block.release();
        return { ...block, channels };
      },
    };
  }),
  decoderMutant(
    "loses-a-slot-now-and-then",
    ["decoder/a-hundred-releases-later-all-goes-on"],
    eachPicture((picture, read) =>
      altered(picture, { release: () => (read % 20 === 19 ? undefined : picture.release()) }),
    ),
  ),
];
