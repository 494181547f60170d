import { endOfMedia, type PictureTreatment } from "@retrovue/core";
import { readCompactMark, writeCompactMark } from "@retrovue/core/testing";
import { changedConformer } from "./changed-conformer.js";
import { changedDecoder } from "./changed-decoder.js";
import { changedMeta, changedSubmit } from "./changed-writer.js";
import { type Mutant, mutant } from "./mutation.js";

/** What goes wrong only now and then does so once in so many ticks. */
const everyTicks = 400;

const swapped: Readonly<Record<PictureTreatment["field"], PictureTreatment["field"]>> = {
  both: "both",
  first: "second",
  second: "first",
};

/** Channels that show other pictures than they should, or tell them wrongly. */
export const pictureMutants: readonly Mutant[] = [
  mutant("sound-only-on-air", "Sound without a picture is told as on air.", "picture/exists", () => ({
    writer: (writer) =>
      changedMeta(writer, (meta) =>
        meta.standInReason === "soundOnly" ? { ...meta, standIn: undefined, standInReason: "none" } : meta,
      ),
  })),
  mutant("blank-picture", "Now and then black airs as if it were planned.", "picture/readable", () => ({
    writer: (writer) =>
      changedSubmit(writer, (submission) =>
        submission.tick % everyTicks === 0 && submission.meta.standIn === undefined
          ? { ...submission, picture: "black" }
          : submission,
      ),
  })),
  mutant("other-asset", "The pictures of another file are shown.", "picture/of-its-asset", () => ({
    decoder: (factory) =>
      changedDecoder(factory, (decoder) => ({
        readPicture: async (...args) => {
          const read = await decoder.readPicture(...args);
          if (read === endOfMedia) return read;
          const pixels = read.planes[0] ?? new Uint8Array();
          const mark = readCompactMark(pixels);
          if (mark !== undefined) writeCompactMark(pixels, 0, mark.frame, mark.asset + 100);
          return read;
        },
      })),
  })),
  mutant("index-mistold", "A slot names the picture after the one shown.", "picture/told-truly", () => ({
    writer: (writer) =>
      changedMeta(writer, (meta) =>
        meta.sourceIndex === undefined ? meta : { ...meta, sourceIndex: meta.sourceIndex + 1 },
      ),
  })),
  mutant("fade-lags", "A faded picture has the light of the tick before.", "picture/faded-as-planned", () => {
    let before = 1;
    return {
      conformer: (conformer) =>
        changedConformer(conformer, {
          picture: (from, into, how, signal) => {
            const alpha = before;
            before = how.alpha;
            return conformer.picture(from, into, { ...how, alpha }, signal);
          },
        }),
    };
  }),
  mutant(
    "aspect-ignored",
    "All pictures are treated by the program's own aspect policy.",
    "picture/aspect-as-planned",
    () => ({
      conformer: (conformer) =>
        changedConformer(conformer, {
          picture: (from, into, how, signal) =>
            conformer.picture(from, into, { ...how, aspect: conformer.format.aspectPolicy }, signal),
        }),
    }),
  ),
  mutant("fields-swapped", "The later field is shown first.", "picture/right-field", () => ({
    conformer: (conformer) =>
      changedConformer(conformer, {
        picture: (from, into, how, signal) =>
          conformer.picture(from, into, { ...how, field: swapped[how.field] }, signal),
      }),
  })),
];
