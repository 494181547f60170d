import { PlayoutError } from "@retrovue/core";
import { ensure, equal, rejects } from "../../framework/check.js";
import {
  type ConformerRule,
  lentBuffer,
  markedPicture,
  plain,
  sourceFormat,
  suiteFormat,
} from "../subject.js";
import { markIn, shapes } from "./shown.js";

/** What is borrowed, and what errors leave behind. */
export const lifeRules: readonly ConformerRule[] = [
  {
    id: "conformer/gives-back-nothing-that-it-borrowed",
    reason: "The channel owns picture and buffer; a release too many lends one buffer to two.",
    check: async (subject, signal) => {
      const conformer = await subject.open(signal);
      const [source, buffer] = [markedPicture(shapes[0], 3), lentBuffer()];
      await conformer.picture(source, buffer, plain, signal);
      await conformer.picture(source, buffer, plain, AbortSignal.abort()).catch(() => undefined);
      equal([source.released(), buffer.released()], [0, 0], "releases of picture and buffer");
    },
  },
  {
    id: "conformer/leaves-the-source-as-it-is",
    reason: "A decoder may still refer to the picture; a repeat shows it again.",
    check: async (subject, signal) => {
      const conformer = await subject.open(signal);
      for (const format of [sourceFormat(), shapes[0]]) {
        const source = markedPicture(format, 3);
        const before = source.planes.map((plane) => plane.slice());
        await conformer.picture(source, lentBuffer(), { ...plain, alpha: 0.3 }, signal);
        source.planes.forEach((plane, index) => {
          ensure(
            Buffer.compare(plane, before[index] ?? new Uint8Array()) === 0,
            `plane ${index} is as it was`,
          );
        });
      }
    },
  },
  {
    id: "conformer/pictures-run-together",
    reason: "The next segment's first picture is conformed while the one on air is.",
    check: async (subject, signal) => {
      const conformer = await subject.open(signal);
      const buffers = Array.from({ length: 6 }, () => lentBuffer());
      await Promise.all(
        buffers.map((buffer, i) =>
          conformer.picture(
            markedPicture(shapes[i % shapes.length] ?? sourceFormat(), i),
            buffer,
            plain,
            signal,
          ),
        ),
      );
      equal(
        buffers.map((buffer) => markIn(buffer, "together").frame),
        buffers.map((_, i) => i),
        "numbers in the buffers",
      );
    },
  },
  {
    id: "conformer/goes-on-after-an-error",
    reason: "One bad picture costs one tick, not the channel.",
    check: async (subject, signal) => {
      const conformer = await subject.open(signal);
      const source = markedPicture(shapes[0], 5);
      await rejects(
        conformer.picture(source, lentBuffer(), plain, AbortSignal.abort()),
        "Cancelled",
        "an aborted picture",
      );
      const nonsense = {
        ...source,
        planes: source.planes.slice(0, 1),
        format: { ...source.format, pixelFormat: "yuv9" as never },
      };
      const refused = await conformer
        .picture(nonsense, lentBuffer(), plain, signal)
        .catch((error: unknown) => error);
      ensure(
        PlayoutError.is(refused, "UnsupportedMedia"),
        `an unknown format is UnsupportedMedia, not ${String(refused)}`,
      );
      const buffer = lentBuffer();
      await conformer.picture(source, buffer, plain, signal);
      equal(markIn(buffer, "after errors").frame, 5, "number");
    },
  },
  {
    id: "conformer/use-after-disposal-is-closed",
    reason: "Native memory is gone by then; disposal itself may come twice.",
    check: async (subject, signal) => {
      const conformer = await subject.open(signal);
      await conformer[Symbol.asyncDispose]();
      await conformer[Symbol.asyncDispose]();
      const work = conformer.picture(markedPicture(sourceFormat(), 1), lentBuffer(), plain, signal);
      await rejects(work, "Closed", "a picture after disposal");
    },
  },
  {
    id: "conformer/tells-its-format",
    reason: "Loaned buffers are checked against it.",
    check: async (subject, signal) => {
      equal((await subject.open(signal)).format, suiteFormat, "format");
    },
  },
];
