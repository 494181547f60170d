import { resolveColour } from "../conform/colour.js";
import type { PictureFormat } from "../media/picture-format.js";
import type { ProgramFormat } from "../media/program-format.js";
import { sameRational } from "../time/rational.js";

/**
 * True for pictures that may air as they are: nothing to scale, turn, weave or colour. Tags that a file lacks count as what
 * they are taken for when pictures are conformed.
 */
export function fitsProgram(format: PictureFormat, program: ProgramFormat): boolean {
  if (format.width !== program.width || format.height !== program.height) return false;
  if (format.pixelFormat !== program.pixelFormat || format.rotation !== 0) return false;
  if (format.fieldOrder !== "progressive") return false;
  if (!sameRational(format.sampleAspect, program.sampleAspect)) return false;
  const [from, into] = [resolveColour(format), resolveColour(program)];
  return (
    from.matrix === into.matrix &&
    from.primaries === into.primaries &&
    from.transfer === into.transfer &&
    from.range === into.range
  );
}

/** The program format as a decoder may be asked for it. */
export const wantedFormat = (program: ProgramFormat): PictureFormat => ({
  width: program.width,
  height: program.height,
  pixelFormat: program.pixelFormat,
  sampleAspect: program.sampleAspect,
  colour: program.colour,
  fieldOrder: "progressive",
  rotation: 0,
});
