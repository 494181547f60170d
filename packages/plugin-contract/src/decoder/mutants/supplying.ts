import {
  type Decoder,
  endOfMedia,
  type PictureBuffer,
  type PictureFrame,
  type PictureSupply,
  planesOf,
  rowBytes,
  rowsOf,
} from "@retrovue/core";
import type { Mutant } from "../../framework/mutants.js";
import type { RuleId } from "../../framework/rule.js";
import type { DecoderSubject } from "../subject.js";
import { altered, factoryMutant, twisted } from "./making.js";

/** How a picture is put into a buffer of the supply, and what is told of it. */
type Placing = (picture: PictureFrame, supply: PictureSupply) => Promise<PictureFrame> | PictureFrame;

/** A decoder that copies its pictures into the supply's buffers in some way. */
const placing = (name: string, breaks: readonly RuleId[], place: () => Placing): Mutant<DecoderSubject> =>
  factoryMutant(name, breaks, (inner) => ({
    open: async (asset, options, signal) => {
      const decoder = await inner.open(asset, options, signal);
      const { supply } = options;
      return supply === undefined ? decoder : placed(decoder, supply, place());
    },
  }));

const placed = (decoder: Decoder, supply: PictureSupply, place: Placing): Decoder =>
  twisted(decoder, (inner) => ({
    readPicture: async (notBefore, options, signal) => {
      const picture = await inner.readPicture(notBefore, options, signal);
      return picture === endOfMedia ? picture : place(picture, supply);
    },
  }));

function copy(from: PictureFrame, into: PictureBuffer): void {
  const { pixelFormat, width, height } = from.format;
  planesOf(pixelFormat).forEach((plane, p) => {
    const bytes = rowBytes(plane, width);
    for (let row = 0; row < rowsOf(plane, height); row++) {
      const at = row * (from.strides[p] ?? 0);
      into.planes[p]?.set(from.planes[p]?.subarray(at, at + bytes) ?? [], row * (into.strides[p] ?? 0));
    }
  });
}

/** The frame of a picture that was copied to `buffer`; `release` says what becomes of the buffer then. */
const frameIn = (picture: PictureFrame, buffer: PictureBuffer, release: () => void): PictureFrame => {
  let isOut = true;
  return altered(picture, {
    planes: buffer.planes,
    strides: buffer.strides,
    holdBuffer: () => buffer.share?.() ?? buffer,
    release: () => {
      picture.release();
      if (isOut) release();
      isOut = false;
    },
  });
};

/** Decoders that use what they are supplied with wrongly. */
export const supplyingMutants: readonly Mutant<DecoderSubject>[] = [
  placing("submits-another-buffer-than-it-shows", ["decoder/a-supplied-buffer-holds-its-picture"], () => {
    let other: PictureBuffer | undefined;
    return (picture, supply) => {
      other ??= supply.loan();
      const buffer = supply.loan();
      if (buffer === undefined || other === undefined) return picture;
      copy(picture, buffer);
      const wrong = other;
      return {
        ...frameIn(picture, buffer, () => buffer.release()),
        holdBuffer: () => wrong.share?.() ?? wrong,
      };
    };
  }),
  placing("draws-in-one-buffer-all-the-time", ["decoder/a-supplied-buffer-is-never-stored-to-again"], () => {
    let buffer: PictureBuffer | undefined;
    return (picture, supply) => {
      buffer ??= supply.loan();
      if (buffer === undefined) return picture;
      copy(picture, buffer);
      return frameIn(picture, buffer, () => {});
    };
  }),
  placing("keeps-its-buffers", ["decoder/supplied-buffers-go-back"], () => (picture, supply) => {
    const buffer = supply.loan();
    if (buffer === undefined) return picture;
    copy(picture, buffer);
    return frameIn(picture, buffer, () => {});
  }),
  placing(
    "gives-buffers-back-before-they-are-seen",
    ["decoder/supplied-buffers-go-back"],
    () => (picture, supply) => {
      const buffer = supply.loan();
      if (buffer === undefined) return picture;
      copy(picture, buffer);
      buffer.release();
      return frameIn(picture, buffer, () => {});
    },
  ),
  placing(
    "waits-for-a-buffer",
    ["decoder/an-empty-supply-keeps-nobody-waiting"],
    () => async (picture, supply) => {
      const buffer = supply.loan() ?? (await new Promise<never>(() => {}));
      copy(picture, buffer);
      return frameIn(picture, buffer, () => buffer.release());
    },
  ),
];
