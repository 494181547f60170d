import type { ProgramFormat } from "../media/program-format.js";
import type { EncodeSettings } from "./renderer.js";

/** ISO/IEC 13818-1, 2.4.3.2: of 188 bytes four are the header. */
const packetBits = 188 * 8;
const payloadBytes = 184;
/** PES header with a PTS; for pictures a clock reference besides (2.4.3.6, 2.4.3.4); ADTS (ISO/IEC 13818-7, 6.2). */
const pictureHeadBytes = 14 + 8;
const soundHeadBytes = 14 + 7;
/** Association and map come with each tick that is divisible by as many as fit into this (rendering.md, "The stream"). */
const tablesEveryMs = 100;
/** Clock references by themselves, each 36 ms; the channel's name, each second. */
const clocksPerSecond = 28;
const namesPerSecond = 2;

const samplesPerFrame = { aac: 1_024, mp2: 1_152, ac3: 1_536 } as const;

/** What the need depends on. */
export interface MuxRateDemand {
  readonly format: Pick<ProgramFormat, "frameRate" | "sampleRate">;
  readonly encode: Pick<EncodeSettings, "video" | "audio">;
}

/**
 * The least constant rate, in whole kilobits per second, that carries pictures and sound of these bit rates with all that MPEG-TS adds: headers,
 * the last packet of each picture and sound frame, which is rarely full, tables and clock references. AAC frames vary, so each
 * may take a packet more than the mean.
 */
export function muxRateNeededKbps({ format, encode }: MuxRateDemand): number {
  const { video, audio } = encode;
  const pictures = format.frameRate.num / format.frameRate.den;
  const pictureBytes = (video.bitrateKbps * 1_000) / 8 + pictures * pictureHeadBytes;
  const picturePackets = pictureBytes / payloadBytes + pictures;
  const samples = samplesPerFrame[audio.codec];
  const frameBytes = (audio.bitrateKbps * 1_000 * samples) / (8 * format.sampleRate);
  const framePackets =
    Math.ceil((frameBytes + soundHeadBytes) / payloadBytes) + (audio.codec === "aac" ? 1 : 0);
  const soundPackets = (format.sampleRate / samples) * framePackets;
  // Each key frame has tables of its own.
  const keys = Math.min(pictures, 1_000 / video.gopMs + 1);
  const tables = 2 * (keys + tablesPerSecond(format));
  const packets = picturePackets + soundPackets + tables + clocksPerSecond + namesPerSecond;
  return Math.ceil((packets * packetBits) / 1_000);
}

/** 10 at 30, 50 and 60 fps; up to 15, at 30000/1001 fps, where only two whole ticks fit. */
function tablesPerSecond({ frameRate: { num, den } }: MuxRateDemand["format"]): number {
  const everyTicks = Math.max(1, Math.floor((tablesEveryMs * num) / (1_000 * den)));
  return num / den / everyTicks;
}
