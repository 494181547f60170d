import {
  type Clock,
  type ConformerFactory,
  DecoderChooser,
  endOfMedia,
  mediaTime,
  type NamedDecoder,
  nanosecondsFromMs,
  type PicturePlanes,
  PlayoutError,
  type ProgramFormat,
  planesOf,
  rowBytes,
  rowsOf,
} from "@retrovue/core";

/** How long one probe or one open may take. */
const openTimeoutNs = nanosecondsFromMs(5_000);

/** What a still is made with, all borrowed. */
export interface StillTools {
  readonly decoders: readonly NamedDecoder[];
  readonly conformers: ConformerFactory;
  readonly clock: Clock;
}

/**
 * The first picture of an asset in a channel's program format, rows without padding. Rejects with what keeps the asset from
 * opening, and with `UnsupportedMedia` where it has no picture.
 */
export async function stillPicture(
  uri: string,
  format: ProgramFormat,
  tools: StillTools,
  signal: AbortSignal,
): Promise<PicturePlanes> {
  const { decoders, conformers, clock } = tools;
  const chooser = new DecoderChooser({ decoders, clock, timeoutNs: openTimeoutNs, barred: () => false });
  const { decoder } = await chooser.open({ uri }, {}, new Set(), signal);
  await using _decoder = decoder;
  await using conformer = await conformers.open(format, signal);
  const picture = await decoder.readPicture(mediaTime(0n), {}, signal);
  if (picture === endOfMedia) throw new PlayoutError("UnsupportedMedia", `${uri} has no picture.`);
  try {
    const still = blankPicture(format);
    const buffer = { ...still, index: 0, release() {} };
    await conformer.picture(
      picture,
      buffer,
      { aspect: format.aspectPolicy, alpha: 1, field: "both" },
      signal,
    );
    return still;
  } finally {
    picture.release();
  }
}

/** Memory for one picture, rows without padding. */
export function blankPicture({
  pixelFormat,
  width,
  height,
}: Pick<ProgramFormat, "pixelFormat" | "width" | "height">): PicturePlanes {
  const layouts = planesOf(pixelFormat);
  return {
    strides: layouts.map((layout) => rowBytes(layout, width)),
    planes: layouts.map((layout) => new Uint8Array(rowBytes(layout, width) * rowsOf(layout, height))),
  };
}

/** Copies a picture row by row, whatever the strides of either. */
export function copyPicture(
  from: PicturePlanes,
  into: PicturePlanes,
  { pixelFormat, width, height }: Pick<ProgramFormat, "pixelFormat" | "width" | "height">,
): void {
  for (const [index, layout] of planesOf(pixelFormat).entries()) {
    const source = from.planes[index];
    const target = into.planes[index];
    const sourceStride = from.strides[index] ?? 0;
    const targetStride = into.strides[index] ?? 0;
    const bytes = rowBytes(layout, width);
    if (source === undefined || target === undefined) continue;
    for (let row = 0; row < rowsOf(layout, height); row++)
      target.set(source.subarray(row * sourceStride, row * sourceStride + bytes), row * targetStride);
  }
}
