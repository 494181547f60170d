import { availableParallelism } from "node:os";
import {
  type EncodeSettings,
  matrixCodes,
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
  readonly gopTicks: number;
  readonly preset: string;
  /** 0: by size and preset. */
  readonly threads: number;
  readonly processors: number;
  readonly audioCodec: string;
  readonly audioBitsPerSecond: number;
  /** Empty: nothing is told. */
  readonly serviceName: string;
}

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
    primaries: primariesCodes[format.colour.primaries],
    transfer: transferCodes[format.colour.transfer],
    matrix: matrixCodes[format.colour.matrix],
    range: rangeCodes[format.colour.range],
    videoCodec: video.codec,
    videoBitsPerSecond: Math.round(video.bitrateKbps * 1_000),
    // As many whole ticks as fit: never longer than asked for.
    gopTicks: Math.max(1, Math.floor((video.gopMs * num) / (den * 1_000))),
    preset: video.preset,
    threads: options.threads,
    processors: availableParallelism(),
    audioCodec: audio.codec,
    audioBitsPerSecond: Math.round(audio.bitrateKbps * 1_000),
    serviceName: settings.serviceName ?? "",
  };
}

function within(setting: string, value: number, min: number, max: number): void {
  if (Number.isFinite(value) && value >= min && value <= max) return;
  throw new PlayoutError("InvalidConfig", `encode.${setting} must be from ${min} to ${max}, not ${value}.`);
}
