import { endOfMedia, type MediaTime, type PictureFrame, planesOf, rowBytes, rowsOf } from "@retrovue/core";
import { type PatternAsset, PatternDecoderFactory } from "@retrovue/core/testing";

const zero = 0n as MediaTime;
/** Samples rendered at a time: a tenth of a second or so, small enough to keep memory flat. */
const soundPortion = 4_800;

/** The pictures of a pattern one by one, planes one after the other, rows without padding. */
export async function* pictureBytes(asset: PatternAsset, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const factory = new PatternDecoderFactory([asset]);
  await using decoder = await factory.open({ uri: asset.uri }, {}, signal);
  for (;;) {
    const picture = await decoder.readPicture(zero, {}, signal);
    if (picture === endOfMedia) return;
    const bytes = packed(picture);
    picture.release();
    yield bytes;
  }
}

/** The sound of a pattern in portions, as float arrays of equal length, one for each channel. */
export async function* soundPortions(
  asset: PatternAsset,
  signal: AbortSignal,
): AsyncGenerator<readonly Float32Array[]> {
  const factory = new PatternDecoderFactory([asset]);
  await using decoder = await factory.open({ uri: asset.uri }, {}, signal);
  for (;;) {
    const block = await decoder.readSound(soundPortion, signal);
    if (block === endOfMedia) return;
    const portion = block.channels.map((channel) => channel.slice(0, block.samples));
    block.release();
    yield portion;
  }
}

/** How samples are written: little-endian, channels interleaved. */
export type SampleFormat = "f32le" | "s24le" | "s16le";

/** Bytes of one sample. */
export const sampleBytes: Readonly<Record<SampleFormat, number>> = Object.freeze({
  f32le: 4,
  s24le: 3,
  s16le: 2,
});

/** The sound of a pattern in interleaved portions. */
export async function* soundBytes(
  asset: PatternAsset,
  format: SampleFormat,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for await (const portion of soundPortions(asset, signal)) yield interleaved(portion, format);
}

function interleaved(channels: readonly Float32Array[], format: SampleFormat): Uint8Array {
  const samples = channels[0]?.length ?? 0;
  const size = sampleBytes[format];
  const bytes = Buffer.alloc(samples * channels.length * size);
  let at = 0;
  for (let i = 0; i < samples; i++) {
    for (const channel of channels) {
      const value = channel[i] ?? 0;
      if (format === "f32le") bytes.writeFloatLE(value, at);
      else if (format === "s24le") bytes.writeIntLE(clamped(value, 0x80_0000), at, 3);
      else bytes.writeInt16LE(clamped(value, 0x8000), at);
      at += size;
    }
  }
  return bytes;
}

const clamped = (value: number, scale: number): number =>
  Math.max(-scale, Math.min(scale - 1, Math.round(value * scale)));

function packed(picture: PictureFrame): Uint8Array {
  const { format } = picture;
  const rows: Uint8Array[] = [];
  planesOf(format.pixelFormat).forEach((layout, index) => {
    const plane = picture.planes[index] ?? new Uint8Array(0);
    const stride = picture.strides[index] ?? 0;
    const bytes = rowBytes(layout, format.width);
    for (let y = 0; y < rowsOf(layout, format.height); y++) {
      rows.push(plane.subarray(y * stride, y * stride + bytes));
    }
  });
  return Buffer.concat(rows);
}
