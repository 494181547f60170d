import { endOfMedia, mediaTime, type PictureBuffer } from "@retrovue/core";
import { ensure, equal } from "../../framework/check.js";
import { HeapSupply } from "../heap-supply.js";
import { type DecoderRule, expectPicture, nextPicture, picturesOf, wantsPictures } from "../reading.js";
import type { DecoderSubject } from "../subject.js";

/** Each picture, whatever nobody sees. */
const every = mediaTime(-1n);

/** A decoder of the clip, and a supply of buffers in the clip's own format. */
async function openWithSupply(subject: DecoderSubject, signal: AbortSignal, buffersMax?: number) {
  const probing = await subject.open(signal);
  const { picture } = probing.info;
  ensure(picture, "the clip has pictures");
  await probing[Symbol.asyncDispose]();
  const supply = new HeapSupply(picture.format, buffersMax);
  return { supply, decoder: await subject.open(signal, { supply, picturesHeldMax: 3 }) };
}

const bytesOf = (buffer: PictureBuffer): readonly Uint8Array[] => buffer.planes.map((plane) => plane.slice());

const sameBytes = (a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean =>
  a.length === b.length &&
  a.every((plane, i) => {
    const other = b[i] ?? new Uint8Array();
    const length = Math.min(plane.length, other.length);
    return Buffer.compare(plane.subarray(0, length), other.subarray(0, length)) === 0;
  });

/** Decoding straight into buffers that the caller supplies. A decoder that takes none passes. */
export const supplyingRules: readonly DecoderRule[] = [
  {
    id: "decoder/a-supplied-buffer-holds-its-picture",
    reason: "What airs is what lies in the buffer that is submitted, not what the frame's views say.",
    notApplicable: wantsPictures,
    check: async (subject, signal) => {
      const { supply, decoder } = await openWithSupply(subject, signal);
      for (let n = 0; n < picturesOf(subject).count; n++) {
        const picture = await nextPicture(decoder, signal, every);
        const hold = picture.holdBuffer?.();
        if (hold !== undefined) {
          ensure(
            supply.lent[hold.index]?.isBack === false,
            `picture ${n} lies in a buffer of the supply that is out`,
          );
          equal(hold.strides, picture.strides, "strides of the frame");
          ensure(
            sameBytes(picture.planes, hold.planes),
            `the buffer of picture ${n} holds what the frame shows`,
          );
          hold.release();
        }
        expectPicture(picture, n, subject, "with a supply");
      }
      equal(await decoder.readPicture(every, {}, signal), endOfMedia, "after the last picture");
      equal(supply.faults, [], "what was done wrong with buffers");
    },
  },
  {
    id: "decoder/a-supplied-buffer-is-never-stored-to-again",
    reason:
      "The bus shows a buffer long after its frame was released: drawing in it again tears what is on air.",
    notApplicable: wantsPictures,
    check: async (subject, signal) => {
      const { supply, decoder } = await openWithSupply(subject, signal);
      const shown: { readonly hold: PictureBuffer; readonly bytes: readonly Uint8Array[] }[] = [];
      for (;;) {
        const picture = await decoder.readPicture(every, {}, signal);
        if (picture === endOfMedia) break;
        const hold = picture.holdBuffer?.();
        if (hold !== undefined) shown.push({ hold, bytes: bytesOf(hold) });
        picture.release();
      }
      await decoder.seek(mediaTime(0n), signal);
      (await nextPicture(decoder, signal, every)).release();
      shown.forEach(({ hold, bytes }, i) => {
        ensure(sameBytes(hold.planes, bytes), `the ${i + 1}th picture given in a buffer is as it was`);
        hold.release();
      });
      equal(supply.faults, [], "what was done wrong with buffers");
    },
  },
  {
    id: "decoder/supplied-buffers-go-back",
    reason:
      "A buffer that stays away shrinks the bus's pool for ever; one that comes back too early is shown torn.",
    notApplicable: wantsPictures,
    check: async (subject, signal) => {
      const { supply, decoder } = await openWithSupply(subject, signal);
      const held = await nextPicture(decoder, signal, every);
      for (let n = 1; n < Math.min(12, picturesOf(subject).count); n++) {
        (await nextPicture(decoder, signal, every)).release();
      }
      const hold = held.holdBuffer?.();
      const lent = hold && supply.lent[hold.index];
      hold?.release();
      await decoder[Symbol.asyncDispose]();
      ensure(
        lent?.isBack !== true,
        "the buffer of a frame that is held stays out, whatever becomes of the decoder",
      );
      equal(supply.out, lent === undefined ? 0 : 1, "buffers still out after disposal");
      held.release();
      equal(supply.out, 0, "buffers still out when the last frame is released");
      equal(supply.faults, [], "what was done wrong with buffers");
    },
  },
  {
    id: "decoder/an-empty-supply-keeps-nobody-waiting",
    reason: "The bus's pool may be empty for seconds: a decoder then decodes into its own memory.",
    notApplicable: wantsPictures,
    check: async (subject, signal) => {
      for (const buffersMax of [0, 1, 2]) {
        const { supply, decoder } = await openWithSupply(subject, signal, buffersMax);
        for (let n = 0; n < Math.min(20, picturesOf(subject).count); n++) {
          expectPicture(
            await nextPicture(decoder, signal, every),
            n,
            subject,
            `with ${buffersMax} buffers to be had`,
          );
        }
        equal(supply.faults, [], "what was done wrong with buffers");
      }
    },
  },
];
