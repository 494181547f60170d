import { existsSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import type { Bench } from "../../../scripts/bench/bench.ts";
import { bareLoop, bareLoopMissing } from "./decode/bare-loop.ts";
import { benchBusBuffers } from "./decode/bench-bus.ts";
import { type Codec, clipOf, codecs, ffmpegMissing, run } from "./decode/clips.ts";
import { runFfmpeg } from "./decode/ffmpeg-run.ts";
import {
  gstreamerCodecs,
  gstreamerMissing,
  gstreamerRate,
  nodeAvMissing,
  nodeAvRate,
} from "./decode/other-players.ts";
import { rateIntoBus, timeToFirstPicture } from "./decode/own-run.ts";

export const part = "decode";

const mediaFolder =
  process.env["RETROVUE_MEDIA_DIR"] ?? fileURLToPath(new URL("../../../../shared/media", import.meta.url));

/** Of each clip. */
const frames = 180;
const pairs = 5;

const toNull = ["-f", "null", "-"];

/** Frames a second of ffmpeg, by its own clock. */
async function ffmpegRate(codec: Codec): Promise<number> {
  const { frames: decoded, seconds } = await runFfmpeg(await clipOf(codec), toNull);
  return decoded / seconds;
}

/**
 * Programmes as channels have them, one of each container and common codec. Not the clips of this bench: the noise in them makes a first
 * picture of 770 KB, whose decoding is all that would be measured.
 */
const programmes = [
  "long-1080p30-h264-aac-362s.mp4",
  "hdr10-hevc-main10.mp4",
  "bbb-642x642p30-vp9.webm",
  "bbb-1080p24-mpeg2-mp2.ts",
  "long-1080p-av1-362s.mp4",
].map((file) => join(mediaFolder, "programmes", file));

/** The mean of `measured` over the programmes. */
async function overProgrammes(measured: (path: string) => Promise<number>): Promise<number> {
  let sum = 0;
  for (const path of programmes) sum += await measured(path);
  return sum / programmes.length;
}

async function ffmpegFirstPicture(path: string): Promise<number> {
  const begun = performance.now();
  await run("ffmpeg", ["-v", "error", "-nostdin", "-i", path, "-map", "0:v:0", "-frames:v", "1", ...toNull]);
  return performance.now() - begun;
}

const programmesMissing = async (): Promise<string | undefined> =>
  programmes.every((path) => existsSync(path))
    ? await ffmpegMissing()
    : "there are no programmes: set RETROVUE_MEDIA_DIR";

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

/** The same beside others who decode with libav. */
const against = (
  codec: Codec,
  name: string,
  peer: () => Promise<number>,
  unavailable: () => Promise<string | undefined>,
): Bench => ({
  bench: `decode-${codec}-fit-vs-${name}`,
  unit: "fps",
  peerName: name,
  lowerIsBetter: false,
  pairs,
  ours: async () => rateIntoBus(await clipOf(codec)),
  peer,
  unavailable,
});

/** What decoding alone costs into as many places: no bus can be faster. libdav1d has memory of its own. */
const againstBareLoop = codecs
  .filter((codec) => codec !== "av1")
  .map(
    (codec): Bench => ({
      bench: `decode-${codec}-fit-vs-bare-loop`,
      unit: "fps",
      peerName: "bare libav loop, into as many buffers",
      lowerIsBetter: false,
      pairs,
      target: "ratio 0.95",
      ours: async () => rateIntoBus(await clipOf(codec)),
      peer: async () => (await bareLoop(await clipOf(codec), benchBusBuffers)).rate,
      unavailable: async () => (await ffmpegMissing()) ?? bareLoopMissing(),
    }),
  );

export const benches: readonly Bench[] = [
  ...fits,
  ...againstBareLoop,
  against("h264", "node-av", async () => nodeAvRate(await clipOf("h264")), nodeAvMissing),
  ...gstreamerCodecs.map((codec) =>
    against(
      codec,
      "gstreamer",
      async () => gstreamerRate(codec, await clipOf(codec), frames),
      gstreamerMissing,
    ),
  ),
  {
    bench: "open-to-first-picture",
    unit: "ms",
    peerName: "ffmpeg process",
    lowerIsBetter: true,
    target: "ratio 2.2",
    ours: () => overProgrammes(timeToFirstPicture),
    peer: () => overProgrammes(ffmpegFirstPicture),
    unavailable: programmesMissing,
  },
];
