import { endOfMedia, type PictureFrame, PlayoutError } from "@retrovue/core";
import type { Mutant } from "../../framework/mutants.js";
import type { DecoderSubject } from "../subject.js";
import { altered, decoderMutant } from "./making.js";

/** Decoders that do not go away cleanly. */
export const disposalMutants: readonly Mutant<DecoderSubject>[] = [
  decoderMutant("reads-on-after-disposal", ["decoder/use-after-disposal-is-closed"], () => ({
    [Symbol.asyncDispose]: async () => {},
  })),
  decoderMutant("refuses-a-second-disposal", ["decoder/disposal-may-come-twice"], (inner) => {
    let disposed = false;
    return {
      [Symbol.asyncDispose]: async () => {
        if (disposed) throw new PlayoutError("Closed", "The decoder was disposed.");
        disposed = true;
        await inner[Symbol.asyncDispose]();
      },
    };
  }),
  decoderMutant("leaves-reads-hanging-on-disposal", ["decoder/disposal-ends-what-runs"], (inner) => {
    let disposed = false;
    return {
      readPicture: async (notBefore, options, signal) => {
        const read = await inner.readPicture(notBefore, options, signal).catch((error: unknown) => error);
        if (disposed) return new Promise(() => {});
        if (read instanceof Error) throw read;
        return read as PictureFrame;
      },
      [Symbol.asyncDispose]: async () => {
        disposed = true;
        await inner[Symbol.asyncDispose]();
      },
    };
  }),
  decoderMutant("throws-on-late-releases", ["decoder/release-after-disposal-is-quiet"], (inner) => {
    let disposed = false;
    return {
      readPicture: async (notBefore, options, signal) => {
        const picture = await inner.readPicture(notBefore, options, signal);
        if (picture === endOfMedia) return picture;
        return altered(picture, {
          release: () => {
            if (disposed) throw new Error("pool is gone");
            picture.release();
          },
        });
      },
      [Symbol.asyncDispose]: async () => {
        disposed = true;
        await inner[Symbol.asyncDispose]();
      },
    };
  }),
  decoderMutant("leaves-its-file-open", ["decoder/disposal-leaves-nothing-behind"], () => ({
    [Symbol.asyncDispose]: async () => {},
  })),
];
