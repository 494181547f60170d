import { type ClipSource, decoderContract, makeFfmpegClip } from "@retrovue/plugin-contract";
import * as vitest from "vitest";
import plugin from "../src/index.js";
import { remuxed } from "./remuxed.js";

/**
 * The decoder suite over clips whose timestamps are legal and awkward: every rule of it (each in-point, all in order, sound in
 * step) holds there too.
 */

/** Timestamps of transport and program streams have 33 bits at 90 kHz; a second into the clip they begin anew. */
const wrapping = ["-output_ts_offset", String(2 ** 33 / 90_000 - 1), "-muxdelay", "0", "-muxpreload", "0"];
/** Presentation begins at 0, so that the first decoding timestamps lie before it: in 33 bits, a day after. */
const beforeZero = ["-avoid_negative_ts", "disabled", "-muxdelay", "0", "-muxpreload", "0"];

const remuxes: readonly ClipSource[] = [
  remuxed("ts-h264-aac", "wraps", "ts", ["-f", "mpegts", ...wrapping]),
  remuxed("ts-h264-ac3", "wraps", "ts", ["-f", "mpegts", ...wrapping]),
  remuxed("ts-mpeg2-mp2", "wraps", "ts", ["-f", "mpegts", ...wrapping]),
  remuxed("ts-hevc-aac", "wraps", "ts", ["-f", "mpegts", ...wrapping]),
  remuxed("ps-mpeg2-mp2", "wraps", "mpg", ["-f", "vob", ...wrapping]),
  remuxed("ts-h264-aac", "dts-before-zero", "ts", ["-f", "mpegts", ...beforeZero]),
  remuxed("ts-mpeg2-mp2", "dts-before-zero", "ts", ["-f", "mpegts", ...beforeZero]),
  remuxed("mp4-h264-aac", "negative-offsets", "mp4", ["-movflags", "negative_cts_offsets"]),
  remuxed("mp4-h264-aac", "fragments", "mp4", ["-movflags", "frag_keyframe+empty_moov+default_base_moof"]),
  remuxed("mp4-h264", "no-edit-list", "mp4", ["-use_editlist", "0"]),
  remuxed("mp4-h264", "an-hour-in", "mp4", ["-output_ts_offset", "3600"]),
  remuxed("mkv-h264-flac", "an-hour-in", "mkv", ["-output_ts_offset", "3600"]),
  // AVI knows when packets are decoded and no more.
  remuxed("mp4-h264", "no-presentation-times", "avi", []),
];

/** Pictures that are shown for long, and others in quick succession; the last one as long as the one before, as muxers guess. */
const gaps = (container: string, soundCodec?: string): ClipSource => {
  const name = `${container}-h264-gaps`;
  const durations = [40_000_000n, 700_000_000n, 20_000_000n, 40_000_000n, 40_000_000n];
  const what = { name, container, pictureCodec: "h264", soundCodec, durations, durationMs: 5 * 840 };
  return { name, make: (signal) => makeFfmpegClip(what, signal) };
};

decoderContract({
  runner: vitest,
  plugin,
  // ffmpeg rounds the sound's timestamps to milliseconds as well in such clips: what MP4 then says is off by up to a third of one.
  media: [...remuxes, gaps("mp4", "aac"), gaps("mkv", "flac"), gaps("ts")],
  knownFailures: [],
});
