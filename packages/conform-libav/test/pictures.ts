import {
  type ColourTags,
  defaultProgramFormat,
  mediaTime,
  type PictureBuffer,
  type PictureFormat,
  type PictureFrame,
  type PixelFormat,
  type ProgramFormat,
  planesOf,
  rowBytes,
  rowsOf,
} from "@retrovue/core";

export const bt709: ColourTags = {
  primaries: "bt709",
  transfer: "bt709",
  matrix: "bt709",
  range: "limited",
};

export const bt601: ColourTags = {
  primaries: "smpte170m",
  transfer: "smpte170m",
  matrix: "smpte170m",
  range: "limited",
};

export const programOf = (
  width: number,
  height: number,
  change: Partial<ProgramFormat> = {},
): ProgramFormat => ({
  ...defaultProgramFormat,
  width,
  height,
  ...change,
});

export const formatOf = (
  width: number,
  height: number,
  pixelFormat: PixelFormat = "yuv420p",
  change: Partial<PictureFormat> = {},
): PictureFormat => ({
  width,
  height,
  pixelFormat,
  sampleAspect: { num: 1, den: 1 },
  colour: bt709,
  fieldOrder: "progressive",
  rotation: 0,
  ...change,
});

type Size = Pick<PictureFormat, "width" | "height" | "pixelFormat">;

/** Planes of a picture, rows `padding` bytes longer than their pixels. */
function memory({ width, height, pixelFormat }: Size, padding: number) {
  const layouts = planesOf(pixelFormat);
  const strides = layouts.map((layout) => rowBytes(layout, width) + padding);
  const planes = layouts.map((layout, i) =>
    new Uint8Array((strides[i] as number) * rowsOf(layout, height)).fill(0xe7),
  );
  return { planes, strides };
}

/** A value for a sample of a plane; in the format's own depth. */
export type Drawing = (plane: number, x: number, y: number) => number;

const sampleBytes = (pixelFormat: PixelFormat): number => (/1[02]le$/.test(pixelFormat) ? 2 : 1);

/** A picture as a decoder lends it. Packed formats are drawn byte by byte. */
export function pictureOf(format: PictureFormat, draw: Drawing, timeMs = 0, padding = 24): PictureFrame {
  const { planes, strides } = memory(format, padding);
  const bytes = sampleBytes(format.pixelFormat);
  planesOf(format.pixelFormat).forEach((layout, plane) => {
    const view = new DataView((planes[plane] as Uint8Array).buffer);
    const columns = rowBytes(layout, format.width) / bytes;
    for (let y = 0; y < rowsOf(layout, format.height); y++) {
      for (let x = 0; x < columns; x++) {
        const at = y * (strides[plane] as number) + x * bytes;
        if (bytes === 1) view.setUint8(at, draw(plane, x, y));
        else view.setUint16(at, draw(plane, x, y), true);
      }
    }
  });
  return {
    planes,
    strides,
    format,
    time: mediaTime(BigInt(timeMs) * 1_000_000n),
    duration: undefined,
    sourcePts: undefined,
    sourceTimeBase: undefined,
    sourceIndex: undefined,
    concealed: false,
    inPlace: false,
    ancillary: [],
    release: () => {},
  };
}

/** A buffer as a bus lends it. */
export const bufferOf = (format: ProgramFormat, padding = 40): PictureBuffer => ({
  ...memory(format, padding),
  index: 0,
  release: () => {},
});

/** All samples of one plane, row after row, without padding. */
export function samplesOf(
  picture: Pick<PictureBuffer, "planes" | "strides">,
  size: Size,
  plane: number,
): number[] {
  const layout = planesOf(size.pixelFormat)[plane];
  if (layout === undefined) return [];
  const bytes = sampleBytes(size.pixelFormat);
  const view = new DataView(
    (picture.planes[plane] as Uint8Array).buffer,
    (picture.planes[plane] as Uint8Array).byteOffset,
  );
  const samples: number[] = [];
  for (let y = 0; y < rowsOf(layout, size.height); y++) {
    for (let x = 0; x < rowBytes(layout, size.width) / bytes; x++) {
      const at = y * (picture.strides[plane] as number) + x * bytes;
      samples.push(bytes === 1 ? view.getUint8(at) : view.getUint16(at, true));
    }
  }
  return samples;
}

/** The picture as raw video, plane after plane without padding: what ffmpeg reads and writes. */
export function rawOf(picture: Pick<PictureBuffer, "planes" | "strides">, size: Size): Buffer {
  return Buffer.concat(
    planesOf(size.pixelFormat).flatMap((layout, plane) => {
      const bytes = rowBytes(layout, size.width);
      return Array.from({ length: rowsOf(layout, size.height) }, (_, y) => {
        const at = y * (picture.strides[plane] as number);
        return (picture.planes[plane] as Uint8Array).subarray(at, at + bytes);
      });
    }),
  );
}

/** Something to see: slopes, waves and edges in every plane, within limited range at any depth. */
export const scene =
  (format: Pick<PictureFormat, "pixelFormat">): Drawing =>
  (plane, x, y) => {
    const bits = Number(/1[02](?=le$)/.exec(format.pixelFormat)?.[0] ?? 8);
    const wave = Math.sin(x / 9 + plane) * Math.cos(y / 7) * 60;
    const edge = (x + 2 * y) % 61 < 20 ? 25 : -20;
    const value = 126 + wave + edge * (plane === 0 ? 1 : 0.4);
    return Math.round(Math.max(17, Math.min(234, value)) * 2 ** (bits - 8));
  };

/** Not aborted, ever. */
export const running: AbortSignal = new AbortController().signal;
