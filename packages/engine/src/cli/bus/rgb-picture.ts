import { type PicturePlanes, type ProgramFormat, planesOf } from "@retrovue/core";

/** A picture as a PNG takes it: three bytes a pixel. */
export interface RgbPicture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Luma weights of red and blue: ITU-R BT.709-6, 3.2 and BT.601-7, 2.5.1. */
const weights = Object.freeze({ bt709: [0.2126, 0.0722], bt601: [0.299, 0.114] } as const);

/**
 * Turns a planar YCbCr picture of a bus into RGB, nearest chroma, for people to look at. Not on any data path: a command
 * calls it once. Undefined for layouts that are not planar YCbCr or grey.
 */
export function rgbOf(picture: PicturePlanes, format: ProgramFormat): RgbPicture | undefined {
  const { width, height, pixelFormat, colour } = format;
  if (!/^(yuv4\d\dp(10le|12le)?|gray(10le)?)$/.test(pixelFormat)) return undefined;
  const layouts = planesOf(pixelFormat);
  const shift = pixelFormat.endsWith("12le") ? 4 : pixelFormat.endsWith("10le") ? 2 : 0;
  const samples = picture.planes.map(
    (plane) => new DataView(plane.buffer, plane.byteOffset, plane.byteLength),
  );
  const read = (index: number, x: number, y: number): number => {
    const [view, layout, stride] = [samples[index], layouts[index], picture.strides[index]];
    if (view === undefined || layout === undefined || stride === undefined) return 128;
    const at = (y >> layout.log2Y) * stride + (x >> layout.log2X) * layout.bytesPerSample;
    return shift === 0 ? view.getUint8(at) : view.getUint16(at, true) / (1 << shift);
  };
  const [kr, kb] = weights[colour.matrix === "bt709" || colour.matrix === "unknown" ? "bt709" : "bt601"];
  const isFull = colour.range === "full";
  const [offset, lumaScale, chromaScale] = isFull ? [0, 1, 1] : [16, 255 / 219, 255 / 224];
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, out = 0; y < height; y++) {
    for (let x = 0; x < width; x++, out += 3) {
      const luma = (read(0, x, y) - offset) * lumaScale;
      const cb = (read(1, x, y) - 128) * chromaScale;
      const cr = (read(2, x, y) - 128) * chromaScale;
      const red = luma + 2 * (1 - kr) * cr;
      const blue = luma + 2 * (1 - kb) * cb;
      data[out] = clamp(red);
      data[out + 1] = clamp((luma - kr * red - kb * blue) / (1 - kr - kb));
      data[out + 2] = clamp(blue);
    }
  }
  return { width, height, data };
}

const clamp = (value: number): number => Math.max(0, Math.min(255, Math.round(value)));
