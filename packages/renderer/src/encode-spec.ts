import { availableParallelism } from "node:os";
import {
  type ColourMatrix,
  type ColourPrimaries,
  type ColourRange,
  type ColourTransfer,
  type EncodeSettings,
  PlayoutError,
  type ProgramFormat,
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
  readonly gopTicks: number;
  readonly preset: string;
  /** 0: by size and preset. */
  readonly threads: number;
  readonly processors: number;
  readonly audioCodec: string;
  readonly audioBitsPerSecond: number;
}

const primaries: Readonly<Record<ColourPrimaries, number>> = {
  bt709: 1,
  unknown: 2,
  bt470bg: 5,
  smpte170m: 6,
  bt2020: 9,
  smpte432: 12,
};
const transfers: Readonly<Record<ColourTransfer, number>> = {
  bt709: 1,
  unknown: 2,
  smpte170m: 6,
  linear: 8,
  "iec61966-2-1": 13,
  smpte2084: 16,
  "arib-std-b67": 18,
};
export const matrices: Readonly<Record<ColourMatrix, number>> = {
  rgb: 0,
  bt709: 1,
  unknown: 2,
  bt470bg: 5,
  smpte170m: 6,
  bt2020nc: 9,
};
export const ranges: Readonly<Record<ColourRange, number>> = { unknown: 0, limited: 1, full: 2 };

/** Bounds of what may be asked for: from a thumbnail's rate to more than any contribution link's. */
const kbpsMin = 8;
const kbpsMax = 1_000_000;
const gopMsMax = 60_000;

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
    primaries: primaries[format.colour.primaries],
    transfer: transfers[format.colour.transfer],
    matrix: matrices[format.colour.matrix],
    range: ranges[format.colour.range],
    videoCodec: video.codec,
    videoBitsPerSecond: Math.round(video.bitrateKbps * 1_000),
    // As many whole ticks as fit: never longer than asked for.
    gopTicks: Math.max(1, Math.floor((video.gopMs * num) / (den * 1_000))),
    preset: video.preset,
    threads: options.threads,
    processors: availableParallelism(),
    audioCodec: audio.codec,
    audioBitsPerSecond: Math.round(audio.bitrateKbps * 1_000),
  };
}

function within(setting: string, value: number, min: number, max: number): void {
  if (Number.isFinite(value) && value >= min && value <= max) return;
  throw new PlayoutError("InvalidConfig", `encode.${setting} must be from ${min} to ${max}, not ${value}.`);
}
