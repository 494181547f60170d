import type { ProgramFormat } from "../media/program-format.js";
import type { EncodeSettings } from "./renderer.js";

/** A sound format and how it is to be encoded. */
export interface SoundToEncode {
  readonly format: Pick<ProgramFormat, "sampleRate" | "channels">;
  readonly audio: EncodeSettings["audio"];
}

/** What a codec does not take. */
export interface SoundFault {
  readonly key: "sampleRate" | "channels" | "bitrateKbps";
  /** For people: what it takes instead, naming what that depends on. */
  readonly expected: string;
  readonly found: number;
}

/** What a codec's standard has, libav's encoders take, and MPEG-TS carries; bit rates in kilobits per second, undefined where any is taken or rounded. */
interface Limits {
  readonly sampleRates: readonly number[];
  readonly channels: readonly number[];
  readonly bitratesKbps?: (sampleRate: number) => readonly number[];
}

/** ISO/IEC 11172-3, 2.4.2.3, layer II; and 13818-3, 2.4.2.3, for its lower sampling rates. */
const mp2Kbps = [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384];
const mp2LowerKbps = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

const limits: Readonly<Record<EncodeSettings["audio"]["codec"], Limits>> = {
  // ISO/IEC 14496-3, table 1.18.
  aac: {
    sampleRates: [
      8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200, 96_000,
    ],
    // ISO/IEC 13818-7, table 42: an ADTS header names no layout as those that a bus has of 3 (2.1) and 7 (6.1), so that nobody could decode them.
    channels: [1, 2, 4, 5, 6, 8],
  },
  mp2: {
    sampleRates: [16_000, 22_050, 24_000, 32_000, 44_100, 48_000],
    channels: [1, 2],
    bitratesKbps: (sampleRate) => (sampleRate < 32_000 ? mp2LowerKbps : mp2Kbps),
  },
  // ATSC A/52, 5.4.1.3 and 5.4.2.3.
  ac3: { sampleRates: [32_000, 44_100, 48_000], channels: [1, 2, 3, 4, 5, 6] },
};

/** What keeps a sound format from being encoded so; empty where nothing does. */
export function soundFaults({ format, audio }: SoundToEncode): readonly SoundFault[] {
  const { sampleRate } = format;
  const { codec, bitrateKbps } = audio;
  const { sampleRates, channels, bitratesKbps } = limits[codec];
  const faults: SoundFault[] = [];
  const isRate = sampleRates.includes(sampleRate);
  if (!isRate)
    faults.push({
      key: "sampleRate",
      expected: `${oneOf(sampleRates)} samples per second with ${codec}`,
      found: sampleRate,
    });
  if (!channels.includes(format.channels))
    faults.push({
      key: "channels",
      expected: `${oneOf(channels)} sound channels with ${codec}`,
      found: format.channels,
    });
  const taken = isRate ? bitratesKbps?.(sampleRate) : undefined;
  if (taken !== undefined && !taken.includes(bitrateKbps))
    faults.push({
      key: "bitrateKbps",
      expected: `${oneOf(taken)} kbit/s with ${codec} at ${sampleRate} samples per second`,
      found: bitrateKbps,
    });
  return faults;
}

const oneOf = (numbers: readonly number[]): string =>
  `${numbers.slice(0, -1).join(", ")} or ${numbers[numbers.length - 1]}`;
