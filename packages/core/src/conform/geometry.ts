import type { PictureFormat, Rotation } from "../media/picture-format.js";
import { planesOf } from "../media/pixel-layout.js";
import type { AspectPolicy, ProgramFormat } from "../media/program-format.js";
import { floorDiv } from "../time/division.js";

/** A rectangle in pixels, from the top left. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** How one picture is laid into the program's picture: cut, turn, scale, place; the rest of the program is bars. */
export interface PictureFit {
  /**
   * What is shown of the picture, in pixels as stored, before it is turned. May have fractions of a pixel when edges are
   * cut off: a scaler with an exact active region (zimg) takes it as it is, others round to the nearest pixel. Never
   * outside the picture, never below one pixel.
   */
  readonly source: Rect;
  /** Clockwise turn to apply between cutting and scaling. */
  readonly rotation: Rotation;
  /**
   * Where it is shown, in whole pixels of the program. Position and size are multiples of the program's chroma
   * subsampling, but for an odd program's own full width or height. Never outside the program, never empty.
   */
  readonly destination: Rect;
}

/** A positive fraction without bounds, for the shapes of pictures of any size and aspect. */
type Ratio = readonly [bigint, bigint];

/**
 * Fits a picture of any size, sample aspect and rotation into the program's picture. Pure, and meant to be asked once per
 * format, not per frame.
 *
 * `preserve` shows all of it, undistorted, centred between bars; `crop` fills the program and cuts off what sticks out,
 * alike on both sides; `stretch` fills the program with all of it. `preserve` is true to the shape within one pixel (half
 * a step of the chroma grid), `crop` exactly; only pictures so thin that they would vanish are drawn wider.
 */
export function fitPicture(
  picture: Pick<PictureFormat, "width" | "height" | "sampleAspect" | "rotation">,
  program: Pick<ProgramFormat, "width" | "height" | "sampleAspect" | "pixelFormat">,
  policy: AspectPolicy,
): PictureFit {
  const turned = picture.rotation === 90 || picture.rotation === 270;
  const shape = shapeInProgram(picture, program, turned);
  const whole: Rect = { x: 0, y: 0, width: picture.width, height: picture.height };
  const full: Rect = { x: 0, y: 0, width: program.width, height: program.height };
  return {
    source: policy === "crop" ? cut(whole, shape, full, turned) : whole,
    rotation: picture.rotation,
    destination: policy === "preserve" ? letterbox(shape, full, program) : full,
  };
}

/** Width by height of the upright picture, both in program pixels: what is round in the source is round in it. */
function shapeInProgram(
  picture: Pick<PictureFormat, "width" | "height" | "sampleAspect">,
  program: Pick<ProgramFormat, "sampleAspect">,
  turned: boolean,
): Ratio {
  const wide = BigInt(picture.width) * BigInt(picture.sampleAspect.num);
  const high = BigInt(picture.height) * BigInt(picture.sampleAspect.den);
  const [width, height] = turned ? [high, wide] : [wide, high];
  return [width * BigInt(program.sampleAspect.den), height * BigInt(program.sampleAspect.num)];
}

/** The greatest rectangle of this shape in the middle of the program, on its chroma grid. */
function letterbox([w, h]: Ratio, full: Rect, program: Pick<ProgramFormat, "pixelFormat">): Rect {
  const planes = planesOf(program.pixelFormat);
  const unitX = Math.max(...planes.map((plane) => 1 << plane.log2X));
  const unitY = Math.max(...planes.map((plane) => 1 << plane.log2Y));
  const widerThanProgram = w * BigInt(full.height) >= h * BigInt(full.width);
  const width = widerThanProgram ? full.width : nearest([BigInt(full.height) * w, h], unitX, full.width);
  const height = widerThanProgram ? nearest([BigInt(full.width) * h, w], unitY, full.height) : full.height;
  return {
    x: centred(full.width - width, unitX),
    y: centred(full.height - height, unitY),
    width,
    height,
  };
}

/** The part of the picture that has the program's shape, in the middle, in stored pixels. */
function cut(whole: Rect, [w, h]: Ratio, full: Rect, turned: boolean): Rect {
  // What share of the upright picture's width (or else height) the program's shape leaves.
  const share: Ratio = [BigInt(full.width) * h, BigInt(full.height) * w];
  const narrows = share[0] <= share[1];
  const along = (length: number, [num, den]: Ratio) =>
    Math.min(length, Math.max(1, Number(BigInt(length) * num) / Number(den)));
  const width = narrows === turned ? whole.width : along(whole.width, narrows ? share : [share[1], share[0]]);
  const height =
    narrows === turned ? along(whole.height, narrows ? share : [share[1], share[0]]) : whole.height;
  return { x: (whole.width - width) / 2, y: (whole.height - height) / 2, width, height };
}

/** The multiple of `unit` nearest to a length (a tie goes up), at least one unit; `max` itself where that is as near. */
function nearest([num, den]: Ratio, unit: number, max: number): number {
  const step = den * BigInt(unit);
  const units = Number(floorDiv(2n * num + step, 2n * step));
  return Math.min(max, Math.max(1, units) * unit);
}

/** The multiple of `unit` nearest to half of what is left over; a tie goes to the top left, so that it always fits. */
const centred = (left: number, unit: number): number => Math.floor((left + unit - 1) / (2 * unit)) * unit;
