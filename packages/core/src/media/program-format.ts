import type { HouseGrid } from "../time/house-grid.js";
import type { Rational } from "../time/rational.js";
import type { ColourTags, PixelFormat } from "./picture-format.js";

/** How a picture of another shape is fitted: bars, distortion, or cut edges. */
export type AspectPolicy = "preserve" | "stretch" | "crop";

/**
 * The one picture and sound format of a channel. Everything on its frame bus has it.
 * Immutable for the life of a channel; a change is a stop and a start.
 */
export interface ProgramFormat {
  readonly width: number;
  readonly height: number;
  /** Frames per second, in lowest terms. */
  readonly frameRate: Rational;
  readonly pixelFormat: PixelFormat;
  readonly sampleAspect: Rational;
  readonly colour: ColourTags;
  /** Samples per second and channel. */
  readonly sampleRate: number;
  /** Sound channels, 1 to 8, in the order of libav's default layouts (2 = left, right). */
  readonly channels: number;
  /** What a segment gets that asks for nothing else. */
  readonly aspectPolicy: AspectPolicy;
}

/** 1920×1080, 30000/1001, yuv420p, BT.709 limited range, 48 kHz stereo, letterboxed. */
export const defaultProgramFormat: ProgramFormat = Object.freeze({
  width: 1920,
  height: 1080,
  frameRate: Object.freeze({ num: 30_000, den: 1_001 }),
  pixelFormat: "yuv420p",
  sampleAspect: Object.freeze({ num: 1, den: 1 }),
  colour: Object.freeze({ primaries: "bt709", transfer: "bt709", matrix: "bt709", range: "limited" }),
  sampleRate: 48_000,
  channels: 2,
  aspectPolicy: "preserve",
});

/** The samples of a tick never exceed this: used to size sound buffers once. */
export function samplesPerTickMax(grid: HouseGrid): number {
  const { num, den } = grid.frameRate;
  return Math.ceil((den * grid.sampleRate) / num);
}
