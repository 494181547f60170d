import { availableParallelism } from "node:os";
import {
  type EncodeSettings,
  matrixCodes,
  muxRateNeededKbps,
  PlayoutError,
  type ProgramFormat,
  primariesCodes,
  rangeCodes,
  transferCodes,
} from "@retrovue/core";
import type { LibavRendererOptions } from "./options.js";

/** What the native side is told, flat; colours by their code points in ITU-T H.273, which are libav's numbers. */
export interface EncodeSpec {
  readonly rateNum: number;
  readonly rateDen: number;
  readonly sampleRate: number;
  readonly channels: number;
  readonly width: number;
  readonly height: number;
  readonly pixelFormat: string;
  readonly sarNum: number;
  readonly sarDen: number;
  readonly primaries: number;
  readonly transfer: number;
  readonly matrix: number;
  readonly range: number;
  readonly videoCodec: string;
  readonly videoBitsPerSecond: number;
  /** What pictures may take at once beyond their rate. */
  readonly videoBufferBits: number;
  readonly gopTicks: number;
  readonly preset: string;
  /** 0: by size and preset. */
  readonly threads: number;
  readonly processors: number;
  readonly audioCodec: string;
  readonly audioBitsPerSecond: number;
  /** 0: variable. */
  readonly muxBitsPerSecond: number;
  /** Empty: nothing is told. */
  readonly serviceName: string;
}

/** Bounds of what may be asked for: from a thumbnail's rate to more than any contribution link's. */
const kbpsMin = 8;
const kbpsMax = 1_000_000;
const gopMsMax = 60_000;
/**
 * At a constant rate what pictures take at once must have left within this: with sound that comes up to 85 ms after its time, and a tick (42 ms) in
 * which it leaves, within the 500 ms between a byte and its use (constant_muxer.h).
 */
const constantBufferSeconds = 0.35;

/** Checks settings and turns them into what the native side takes. `InvalidConfig` names the setting. */
export function encodeSpec(
  format: ProgramFormat,
  settings: EncodeSettings,
  options: LibavRendererOptions,
): EncodeSpec {
  const { video, audio } = settings;
  within("video.bitrateKbps", video.bitrateKbps, kbpsMin, kbpsMax);
  within("audio.bitrateKbps", audio.bitrateKbps, kbpsMin, kbpsMax);
  within("video.gopMs", video.gopMs, 1, gopMsMax);
  checkMuxRate(format, settings);
  const { num, den } = format.frameRate;
  return {
    rateNum: num,
    rateDen: den,
    sampleRate: format.sampleRate,
    channels: format.channels,
    width: format.width,
    height: format.height,
    pixelFormat: format.pixelFormat,
    sarNum: format.sampleAspect.num,
    sarDen: format.sampleAspect.den,
    primaries: primariesCodes[format.colour.primaries],
    transfer: transferCodes[format.colour.transfer],
    matrix: matrixCodes[format.colour.matrix],
    range: rangeCodes[format.colour.range],
    videoCodec: video.codec,
    videoBitsPerSecond: Math.round(video.bitrateKbps * 1_000),
    videoBufferBits: videoBufferBits(format, settings),
    // As many whole ticks as fit: never longer than asked for.
    gopTicks: Math.max(1, Math.floor((video.gopMs * num) / (den * 1_000))),
    preset: video.preset,
    threads: options.threads,
    processors: availableParallelism(),
    audioCodec: audio.codec,
    audioBitsPerSecond: Math.round(audio.bitrateKbps * 1_000),
    muxBitsPerSecond: Math.round((settings.muxRateKbps ?? 0) * 1_000),
    serviceName: settings.serviceName ?? "",
  };
}

/** A second of bits, as ffmpeg users write it (-maxrate B -bufsize B); at a constant rate no more than leaves in time. */
function videoBufferBits(format: ProgramFormat, encode: EncodeSettings): number {
  const asked = encode.video.bitrateKbps * 1_000;
  const { muxRateKbps = 0 } = encode;
  if (muxRateKbps === 0) return Math.round(asked);
  const spare = (muxRateKbps - muxRateNeededKbps({ format, encode })) * 1_000;
  // Of a packet's 188 bytes 184 are payload.
  return Math.round(Math.min(asked, (asked + (spare * 184) / 188) * constantBufferSeconds));
}

function checkMuxRate(format: ProgramFormat, encode: EncodeSettings): void {
  const { muxRateKbps = 0 } = encode;
  if (muxRateKbps === 0) return;
  within("muxRateKbps", muxRateKbps, 0, kbpsMax);
  const needed = muxRateNeededKbps({ format, encode });
  if (muxRateKbps >= needed) return;
  throw new PlayoutError(
    "InvalidConfig",
    `encode.muxRateKbps must be at least ${needed} for ${encode.video.bitrateKbps} kbit/s of picture and ${encode.audio.bitrateKbps} of sound, not ${muxRateKbps}.`,
  );
}

function within(setting: string, value: number, min: number, max: number): void {
  if (Number.isFinite(value) && value >= min && value <= max) return;
  throw new PlayoutError("InvalidConfig", `encode.${setting} must be from ${min} to ${max}, not ${value}.`);
}
