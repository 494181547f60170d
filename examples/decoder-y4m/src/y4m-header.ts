import {
  type ColourTags,
  type FieldOrder,
  type PictureFormat,
  type PixelFormat,
  PlayoutError,
  planesOf,
  type Rational,
  rational,
  rowBytes,
  rowsOf,
} from "@retrovue/core";

/** What stands before every picture; with parameters in it pictures would not lie at equal distances. */
export const frameMark = "FRAME\n";

/** A header is one line; real ones are far shorter. */
export const headerBytesMax = 1_024;

/** What a file's first line says. */
export interface Y4mHeader {
  readonly format: PictureFormat;
  readonly rate: Rational;
  /** Bytes of the line itself, its end included. */
  readonly bytes: number;
  /** Bytes of one picture's planes. */
  readonly pictureBytes: number;
}

/** Names of chroma layouts (mjpegtools: yuv4mpeg.5); without a name it is 4:2:0. */
const pixelFormats: Readonly<Record<string, PixelFormat>> = {
  "420": "yuv420p",
  "420jpeg": "yuv420p",
  "420mpeg2": "yuv420p",
  "420paldv": "yuv420p",
  "422": "yuv422p",
  "444": "yuv444p",
  mono: "gray",
  "420p10": "yuv420p10le",
  "422p10": "yuv422p10le",
  "444p10": "yuv444p10le",
};

const fieldOrders: Readonly<Record<string, FieldOrder>> = {
  p: "progressive",
  t: "top-first",
  b: "bottom-first",
  "?": "progressive",
};

/** The format says nothing of colour; size decides later. */
const colour: ColourTags = { primaries: "unknown", transfer: "unknown", matrix: "unknown", range: "limited" };

/** Reads a header. `UnsupportedMedia` where it is no YUV4MPEG2, or one of a kind that this decoder does not play. */
export function parseY4mHeader(start: Buffer): Y4mHeader {
  const end = start.indexOf(0x0a);
  const [magic, ...words] = start.toString("latin1", 0, Math.max(0, end)).split(" ");
  if (magic !== "YUV4MPEG2") throw unsupported("it does not begin with YUV4MPEG2");
  const fields = new Map(words.map((word) => [word.slice(0, 1), word.slice(1)]));
  const width = Number(fields.get("W"));
  const height = Number(fields.get("H"));
  if (!(width >= 1 && width <= 16_384 && height >= 1 && height <= 16_384))
    throw unsupported("its size is missing");
  const pixelFormat = pixelFormats[fields.get("C") ?? "420"];
  if (pixelFormat === undefined) throw unsupported(`its chroma layout ${fields.get("C")} is not known`);
  const fieldOrder = fieldOrders[fields.get("I") ?? "p"];
  if (fieldOrder === undefined) throw unsupported("its fields are mixed");
  const layouts = planesOf(pixelFormat);
  return {
    format: {
      width,
      height,
      pixelFormat,
      sampleAspect: ratio(fields.get("A")) ?? rational(1, 1),
      colour,
      fieldOrder,
      rotation: 0,
    },
    rate: ratio(fields.get("F")) ?? rational(25, 1),
    bytes: end + 1,
    pictureBytes: layouts.reduce((sum, plane) => sum + rowBytes(plane, width) * rowsOf(plane, height), 0),
  };
}

/** "30000:1001"; "0:0" means that nobody knows. */
function ratio(text: string | undefined): Rational | undefined {
  const match = /^(\d{1,9}):(\d{1,9})$/.exec(text ?? "");
  const [num, den] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
  return num > 0 && den > 0 ? rational(num, den) : undefined;
}

const unsupported = (why: string): PlayoutError =>
  new PlayoutError("UnsupportedMedia", `This file cannot be played as YUV4MPEG2: ${why}.`);
