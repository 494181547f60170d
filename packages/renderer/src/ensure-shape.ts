import { type FrameReader, PlayoutError, type ProgramFormat, sameRational } from "@retrovue/core";

/** Throws `BusIncompatible` unless a bus has the pictures and the sound that a renderer was opened for. */
export function ensureShape(reader: FrameReader, expected: ProgramFormat): void {
  const { format } = reader;
  const isSame =
    format.width === expected.width &&
    format.height === expected.height &&
    format.pixelFormat === expected.pixelFormat &&
    format.sampleRate === expected.sampleRate &&
    format.channels === expected.channels &&
    sameRational(format.frameRate, expected.frameRate);
  if (isSame) return;
  throw new PlayoutError(
    "BusIncompatible",
    "The bus has another program format than the renderer was opened for.",
  );
}
