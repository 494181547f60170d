import { type PixelFormat, PlayoutError } from "@retrovue/core";
import type { PatternAsset, PatternPictures } from "@retrovue/core/testing";
import { pictureBytes } from "./pattern-bytes.js";

/** How YUV4MPEG2 spells pixel formats (mjpegtools: yuv4mpeg.5, and ffmpeg's names for deeper samples). */
const chroma: Partial<Record<PixelFormat, string>> = {
  yuv420p: "420jpeg",
  yuv422p: "422",
  yuv444p: "444",
  gray: "mono",
  yuv420p10le: "420p10",
  yuv422p10le: "422p10",
  yuv444p10le: "444p10",
};

const interlacing = { progressive: "p", "top-first": "t", "bottom-first": "b" } as const;

/** Writes a pattern's pictures as YUV4MPEG2, the simplest picture file there is: a line of text, then planes. */
export async function* y4mBytes(asset: PatternAsset, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const { pictures } = asset;
  if (pictures?.size === undefined) throw unsuited("wants pictures of a given size");
  yield Buffer.from(y4mHeader(pictures, pictures.size));
  const mark = Buffer.from("FRAME\n");
  for await (const picture of pictureBytes(asset, signal)) {
    yield mark;
    yield picture;
  }
}

function y4mHeader(
  pictures: PatternPictures,
  size: { readonly width: number; readonly height: number },
): string {
  const tag = chroma[pictures.pixelFormat];
  if (tag === undefined) throw unsuited(`has no name for ${pictures.pixelFormat}`);
  const { rate } = pictures.times;
  const { num, den } = pictures.sampleAspect;
  const order = interlacing[pictures.fieldOrder];
  return `YUV4MPEG2 W${size.width} H${size.height} F${rate.num}:${rate.den} I${order} A${num}:${den} C${tag}\n`;
}

const unsuited = (why: string): PlayoutError => new PlayoutError("InvalidArgument", `YUV4MPEG2 ${why}.`);
