import { PlayoutError } from "@retrovue/core";
import type { PatternAsset } from "@retrovue/core/testing";
import { type SampleFormat, sampleBytes, soundBytes } from "./pattern-bytes.js";

/** WAVE_FORMAT_PCM and WAVE_FORMAT_IEEE_FLOAT (mmreg.h). */
const formatTags: Readonly<Record<SampleFormat, number>> = { f32le: 3, s24le: 1, s16le: 1 };

/** Writes a pattern's sound as RIFF/WAVE. `f32le` and `s24le` keep exact marks exact. */
export async function* wavBytes(
  asset: PatternAsset,
  format: SampleFormat,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { sound } = asset;
  if (sound === undefined || !Number.isFinite(sound.samples)) {
    throw new PlayoutError("InvalidArgument", "WAVE wants sound that ends.");
  }
  const frame = sampleBytes[format] * sound.channels;
  const length = frame * sound.samples;
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + length, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(formatTags[format], 20);
  header.writeUInt16LE(sound.channels, 22);
  header.writeUInt32LE(sound.sampleRate, 24);
  header.writeUInt32LE(sound.sampleRate * frame, 28);
  header.writeUInt16LE(frame, 32);
  header.writeUInt16LE(sampleBytes[format] * 8, 34);
  header.write("data", 36);
  header.writeUInt32LE(length, 40);
  yield header;
  yield* soundBytes(asset, format, signal);
}
