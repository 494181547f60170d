import {
  matrixCodes,
  type PicturePlanes,
  PlayoutError,
  type ProgramFormat,
  rangeCodes,
  type SnapshotOptions,
} from "@retrovue/core";
import { fromNative, loadNative } from "./native.js";

/**
 * A JPEG of a picture in a program format, with square pixels and at most `maxWidth` wide, made on a thread of its own. The
 * planes must stay as they are until it settles. `UnsupportedMedia`, `InvalidArgument`, `QueueFull` (eight wait).
 */
export async function pictureToJpeg(
  picture: PicturePlanes,
  format: ProgramFormat,
  options: SnapshotOptions = {},
): Promise<Uint8Array> {
  const { maxWidth = format.width } = options;
  if (!Number.isInteger(maxWidth) || maxWidth < 16 || maxWidth > 32_768) {
    throw new PlayoutError("InvalidArgument", `maxWidth must be from 16 to 32768 pixels, not ${maxWidth}.`);
  }
  try {
    return await loadNative().still(
      picture.planes,
      picture.strides,
      format.width,
      format.height,
      format.pixelFormat,
      format.sampleAspect.num,
      format.sampleAspect.den,
      matrixCodes[format.colour.matrix],
      rangeCodes[format.colour.range],
      maxWidth,
    );
  } catch (thrown) {
    throw fromNative(thrown);
  }
}
