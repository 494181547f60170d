import type { PictureFormat } from "../../media/picture-format.js";
import type { AspectPolicy, ProgramFormat } from "../../media/program-format.js";

/** Where a picture lies in the program's picture, in its pixels; may reach beyond it (cut edges). */
export interface Placement {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Where the aspect policy puts a picture: `preserve` keeps circles round and centres it between bars, `crop` keeps them
 * round and cuts what is over, `stretch` fills. Sample aspect and rotation are honoured; sizes round to whole pixels.
 */
export function placePicture(
  from: Pick<PictureFormat, "width" | "height" | "sampleAspect" | "rotation">,
  into: Pick<ProgramFormat, "width" | "height" | "sampleAspect">,
  aspect: AspectPolicy,
): Placement {
  if (aspect === "stretch") return { x: 0, y: 0, width: into.width, height: into.height };
  const turned = from.rotation === 90 || from.rotation === 270;
  const shownWidth = from.width * (from.sampleAspect.num / from.sampleAspect.den);
  const ratio = turned ? from.height / shownWidth : shownWidth / from.height;
  // The shape in the program's own pixels, which need not be square.
  const pixels = ratio / (into.sampleAspect.num / into.sampleAspect.den);
  const byWidth = { width: into.width, height: Math.round(into.width / pixels) };
  const byHeight = { width: Math.round(into.height * pixels), height: into.height };
  const fits = byWidth.height <= into.height;
  const size = (aspect === "preserve") === fits ? byWidth : byHeight;
  return {
    x: Math.round((into.width - size.width) / 2),
    y: Math.round((into.height - size.height) / 2),
    ...size,
  };
}
