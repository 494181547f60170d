import type { Bench } from "../../../scripts/bench/bench.ts";
import { clipOf, run } from "./decode/clips.ts";
import { runFfmpeg } from "./decode/ffmpeg-run.ts";
import { accelerator, deviceMissing, intoBus, isStandin } from "./decode/hardware-run.ts";

export const part = "hw";

const pairs = 5;

/** ffmpeg's decode on the same kind of device with every picture downloaded; beside a stand-in, its decode in software. */
async function ffmpegRate(path: string): Promise<number> {
  const kind = await accelerator();
  if (kind === undefined) {
    const { frames, seconds } = await runFfmpeg(path, ["-f", "null", "-"]);
    return frames / seconds;
  }
  // Without -hwaccel_output_format pictures come back into memory.
  const input = ["-nostdin", "-benchmark", "-hwaccel", kind, "-i", path, "-map", "0:v:0"];
  const { stderr } = await run("ffmpeg", [...input, "-f", "null", "-"]);
  const seconds = Number(/bench: .*\brtime=([\d.]+)s/.exec(stderr)?.[1] ?? Number.NaN);
  return Number([...stderr.matchAll(/frame=\s*(\d+)/g)].at(-1)?.[1]) / seconds;
}

const rates = (["h264", "hevc"] as const).map(
  (codec): Bench => ({
    bench: `hw-${codec}-to-bus`,
    unit: "fps",
    peerName: isStandin ? "ffmpeg in software" : "ffmpeg -hwaccel",
    lowerIsBetter: false,
    pairs,
    ...(!isStandin && { target: "ratio 0.90" }),
    ours: async () => (await intoBus(await clipOf(codec), "device")).fps,
    peer: async () => ffmpegRate(await clipOf(codec)),
    unavailable: deviceMissing,
  }),
);

const costs = (["h264", "hevc"] as const).map(
  (codec): Bench => ({
    bench: `hw-${codec}-cpu`,
    unit: "ms",
    peerName: "software",
    lowerIsBetter: true,
    pairs,
    ...(!isStandin && { target: "ratio 2.86 (0.35 × software)" }),
    ours: async () => (await intoBus(await clipOf(codec), "device")).cpuMs,
    peer: async () => (await intoBus(await clipOf(codec), "software")).cpuMs,
    unavailable: deviceMissing,
  }),
);

export const benches: Bench[] = [...rates, ...costs];
