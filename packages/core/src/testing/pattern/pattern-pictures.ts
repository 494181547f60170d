import type { PictureBuffer } from "../../bus/frame-bus.js";
import type { Ancillary, PictureFrame, PicturePlanes } from "../../media/picture.js";
import type { PictureFormat } from "../../media/picture-format.js";
import { planesOf, rowBytes, rowsOf } from "../../media/pixel-layout.js";
import type { Rational } from "../../time/rational.js";
import type { MediaTime } from "../../time/units.js";
import { drawBlockMark, drawGround } from "../marks/block-writer.js";
import { writeCompactMark } from "../marks/compact-mark.js";
import { Lending } from "./lending.js";
import type { PatternAsset, PatternPictures } from "./pattern-asset.js";

const noAncillary: readonly Ancillary[] = Object.freeze([]);

/** A picture as it is lent: one small object each time, over pooled memory. */
class LentPicture implements PictureFrame {
  readonly planes: readonly Uint8Array[];
  readonly strides: readonly number[];
  readonly concealed = false;
  readonly ancillary = noAncillary;
  #giveBack: (() => void) | undefined;

  constructor(
    memory: PicturePlanes,
    readonly format: PictureFormat,
    readonly sourceIndex: number,
    readonly time: MediaTime,
    readonly duration: MediaTime,
    readonly sourcePts: bigint,
    readonly sourceTimeBase: Rational,
    readonly inPlace: boolean,
    giveBack: () => void,
  ) {
    this.planes = memory.planes;
    this.strides = memory.strides;
    this.#giveBack = giveBack;
  }

  release(): void {
    this.#giveBack?.();
    this.#giveBack = undefined;
  }
}

/** Memory for one picture of a format, rows without padding. */
export function allocatePicture(
  format: Pick<PictureFormat, "width" | "height" | "pixelFormat">,
): PicturePlanes {
  const layouts = planesOf(format.pixelFormat);
  const strides = layouts.map((layout) => rowBytes(layout, format.width));
  const planes = layouts.map(
    (layout, i) => new Uint8Array((strides[i] ?? 0) * rowsOf(layout, format.height)),
  );
  return { planes, strides };
}

/** Draws the pictures of one open pattern and lends them. */
export class PatternPicturePool {
  readonly lending: Lending<PicturePlanes>;
  #inPlaceLent = 0;

  constructor(
    private readonly asset: PatternAsset,
    private readonly pictures: PatternPictures,
    private readonly format: PictureFormat,
    size: number,
  ) {
    const slots = Array.from({ length: size }, () => {
      const memory = allocatePicture(format);
      drawGround(memory, format);
      return memory;
    });
    this.lending = new Lending(slots);
  }

  /** Pictures that are out, those in the caller's own buffers included. */
  get lent(): number {
    return this.lending.lent + this.#inPlaceLent;
  }

  /** Picture `n` in a slot of the pool. */
  lend(slot: PicturePlanes, n: number): PictureFrame {
    this.#draw(slot, n);
    return this.#picture(slot, n, false, () => this.lending.giveBack(slot));
  }

  /** Picture `n` in the caller's buffer, which may hold anything. */
  lendInPlace(into: PictureBuffer, n: number): PictureFrame {
    drawGround(into, this.format);
    this.#draw(into, n);
    this.#inPlaceLent++;
    return this.#picture(into, n, true, () => {
      this.#inPlaceLent--;
    });
  }

  #picture(memory: PicturePlanes, n: number, inPlace: boolean, giveBack: () => void): PictureFrame {
    const { times } = this.pictures;
    const time = times.at(n);
    const duration = (times.at(n + 1) - time) as MediaTime;
    return new LentPicture(
      memory,
      this.format,
      n,
      time,
      duration,
      times.ptsAt(n),
      times.timeBase,
      inPlace,
      giveBack,
    );
  }

  #draw(memory: PicturePlanes, n: number): void {
    const { mark } = this.pictures;
    const asset = this.asset.id;
    const order = this.format.fieldOrder;
    if (order === "progressive") {
      if (mark === "compact") writeCompactMark(firstPlane(memory), 0, n, asset);
      else drawBlockMark(memory, this.format, { frame: n, asset });
      return;
    }
    const [top, bottom] = order === "top-first" ? [2 * n, 2 * n + 1] : [2 * n + 1, 2 * n];
    if (mark === "compact") {
      writeCompactMark(firstPlane(memory), 0, top, asset);
      writeCompactMark(firstPlane(memory), memory.strides[0] ?? 0, bottom, asset);
      return;
    }
    drawBlockMark(memory, this.format, { frame: top, asset }, "top");
    drawBlockMark(memory, this.format, { frame: bottom, asset }, "bottom");
  }
}

const firstPlane = (memory: PicturePlanes): Uint8Array => memory.planes[0] ?? new Uint8Array(0);
