import type {
  Conformer,
  ConformerFactory,
  PictureBuffer,
  PictureFormat,
  PictureFrame,
  PictureTreatment,
  ProgramFormat,
} from "@retrovue/core";
import { defaultProgramFormat, mediaTime, planesOf, rowBytes, rowsOf } from "@retrovue/core";
import { drawBlockMark, drawGround } from "@retrovue/core/testing";
import type { Rule } from "../framework/rule.js";

/** A rule of the conformer suite. */
export type ConformerRule = Rule<ConformerSubject>;

/** Every mark of this suite belongs to this asset. */
export const assetId = 42;

/** Written to every buffer before it is filled: what shows it afterwards was not filled. */
export const canary = 0xe7;

/** Bytes that a buffer's rows are longer than their pixels: conformers must heed strides. */
const paddingBytes = 32;

/** A small program format keeps the suite quick; 16:9, so that most sources get bars. */
export const suiteFormat: ProgramFormat = Object.freeze({ ...defaultProgramFormat, width: 320, height: 180 });

/** A picture as a decoder would lend it; counts what is done to it. */
export interface LentPicture extends PictureFrame {
  readonly released: () => number;
}

/** A buffer as a bus would lend it. */
export interface LentBuffer extends PictureBuffer {
  readonly released: () => number;
}

/** What a check of the conformer suite examines. */
export class ConformerSubject implements AsyncDisposable {
  readonly #opened: Conformer[] = [];

  constructor(readonly factory: ConformerFactory) {}

  /** Opens a conformer; disposed after the check. */
  async open(signal: AbortSignal, format: ProgramFormat = suiteFormat): Promise<Conformer> {
    const conformer = await this.factory.open(format, signal);
    this.#opened.push(conformer);
    return conformer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const conformer of this.#opened) await conformer[Symbol.asyncDispose]();
  }
}

/** Untouched, fitted. */
export const plain: PictureTreatment = Object.freeze({ aspect: "preserve", alpha: 1, field: "both" });

/** The format of a source picture; by default the suite's own. */
export const sourceFormat = (change: Partial<PictureFormat> = {}): PictureFormat => ({
  width: suiteFormat.width,
  height: suiteFormat.height,
  pixelFormat: suiteFormat.pixelFormat,
  sampleAspect: suiteFormat.sampleAspect,
  colour: suiteFormat.colour,
  fieldOrder: "progressive",
  rotation: 0,
  ...change,
});

function memory(format: Pick<PictureFormat, "width" | "height" | "pixelFormat">, fill: number) {
  const layouts = planesOf(format.pixelFormat);
  const strides = layouts.map((layout) => rowBytes(layout, format.width) + paddingBytes);
  const planes = layouts.map((layout, i) =>
    new Uint8Array((strides[i] ?? 0) * rowsOf(layout, format.height)).fill(fill),
  );
  return { planes, strides };
}

/** A picture with a block mark (a number for each field where it is interlaced). */
export function markedPicture(format: PictureFormat, frame: number): LentPicture {
  const picture = memory(format, 0);
  drawGround(picture, format);
  if (format.fieldOrder === "progressive") drawBlockMark(picture, format, { frame, asset: assetId });
  else {
    const topFirst = format.fieldOrder === "top-first";
    drawBlockMark(picture, format, { frame: topFirst ? frame : frame + 1, asset: assetId }, "top");
    drawBlockMark(picture, format, { frame: topFirst ? frame + 1 : frame, asset: assetId }, "bottom");
  }
  return lentPicture(format, picture, frame);
}

/** A picture of one colour, 8-bit formats only. */
export function flatPicture(format: PictureFormat, values: readonly number[]): LentPicture {
  const picture = memory(format, 0);
  for (const [index, plane] of picture.planes.entries()) plane.fill(values[index] ?? 128);
  return lentPicture(format, picture, 0);
}

function lentPicture(format: PictureFormat, picture: ReturnType<typeof memory>, frame: number): LentPicture {
  let releases = 0;
  return {
    ...picture,
    format,
    time: mediaTime(BigInt(frame) * 40_000_000n),
    duration: undefined,
    sourcePts: undefined,
    sourceTimeBase: undefined,
    sourceIndex: frame,
    concealed: false,
    inPlace: false,
    ancillary: [],
    release: () => {
      releases++;
    },
    released: () => releases,
  };
}

/** A buffer full of canaries. */
export function lentBuffer(format: ProgramFormat = suiteFormat): LentBuffer {
  let releases = 0;
  return {
    ...memory(format, canary),
    index: 0,
    release: () => {
      releases++;
    },
    released: () => releases,
  };
}

/** One row of a plane, without its padding. */
export function rowOf(
  picture: PictureBuffer,
  plane: number,
  row: number,
  format: ProgramFormat = suiteFormat,
): Uint8Array {
  const layout = planesOf(format.pixelFormat)[plane];
  const stride = picture.strides[plane] ?? 0;
  const bytes = layout ? rowBytes(layout, format.width) : 0;
  return picture.planes[plane]?.subarray(row * stride, row * stride + bytes) ?? new Uint8Array(0);
}
