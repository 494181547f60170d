import { performance } from "node:perf_hooks";
import type { Bench } from "../../../scripts/bench/bench.ts";
import { type Codec, clipOf, codecs, ffmpegMissing, run } from "./decode/clips.ts";
import { runFfmpeg } from "./decode/ffmpeg-run.ts";
import { gstreamerMissing, gstreamerRate, nodeAvMissing, nodeAvRate } from "./decode/other-players.ts";
import { rateIntoBus, timeToFirstPicture } from "./decode/own-run.ts";
import { cpuThroughBus } from "./decode/through-bus.ts";

export const part = "decode";

/** Of each clip. */
const frames = 180;
const pairs = 5;

const toNull = ["-f", "null", "-"];

/** Frames a second of ffmpeg, by its own clock. */
async function ffmpegRate(codec: Codec): Promise<number> {
  const { frames: decoded, seconds } = await runFfmpeg(await clipOf(codec), toNull);
  return decoded / seconds;
}

async function ffmpegCpu(codec: Codec): Promise<number> {
  const { frames: decoded, cpuSeconds } = await runFfmpeg(await clipOf(codec), toNull);
  return (cpuSeconds * 1_000) / decoded;
}

async function ffmpegFirstPicture(): Promise<number> {
  const path = await clipOf("h264");
  const begun = performance.now();
  await run("ffmpeg", ["-v", "error", "-nostdin", "-i", path, "-map", "0:v:0", "-frames:v", "1", ...toNull]);
  return performance.now() - begun;
}

/** Decoding straight into buffers of a bus; AV1 by a copy, for libdav1d has memory of its own. */
const fits = codecs.map(
  (codec): Bench => ({
    bench: `decode-${codec}-fit`,
    unit: "fps",
    peerName: "ffmpeg",
    lowerIsBetter: false,
    pairs,
    target: codec === "av1" ? "ratio 0.90" : "ratio 1.00",
    ours: async () => rateIntoBus(await clipOf(codec)),
    peer: () => ffmpegRate(codec),
    unavailable: ffmpegMissing,
  }),
);

const against = (
  name: string,
  peer: () => Promise<number>,
  unavailable: () => Promise<string | undefined>,
): Bench => ({
  bench: `decode-h264-fit-vs-${name}`,
  unit: "fps",
  peerName: name,
  lowerIsBetter: false,
  pairs,
  ours: async () => rateIntoBus(await clipOf("h264")),
  peer,
  unavailable,
});

export const benches: readonly Bench[] = [
  ...fits,
  against("node-av", async () => nodeAvRate(await clipOf("h264")), nodeAvMissing),
  against("gstreamer", async () => gstreamerRate(await clipOf("h264"), frames), gstreamerMissing),
  {
    bench: "decode-h264-through-bus",
    unit: "cpu ms",
    peerName: "ffmpeg -f null",
    lowerIsBetter: true,
    pairs,
    target: "ratio 0.95",
    ours: async () => cpuThroughBus(await clipOf("h264"), frames),
    peer: () => ffmpegCpu("h264"),
    unavailable: ffmpegMissing,
  },
  {
    bench: "open-to-first-picture",
    unit: "ms",
    peerName: "ffmpeg process",
    lowerIsBetter: true,
    target: "ratio 2.2",
    ours: async () => timeToFirstPicture(await clipOf("h264")),
    peer: ffmpegFirstPicture,
    unavailable: ffmpegMissing,
  },
];
