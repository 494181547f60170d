import type { Bench } from "../../../scripts/bench/bench.ts";
import { bareLoop, bareLoopMissing } from "./decode/bare-loop.ts";
import { benchBusBuffers } from "./decode/bench-bus.ts";
import { type Codec, clipOf, codecs, ffmpegMissing } from "./decode/clips.ts";
import { runFfmpeg } from "./decode/ffmpeg-run.ts";
import { nativeReader } from "./decode/native-reader.ts";
import { rateIntoBus } from "./decode/own-run.ts";
import { type ThroughBus, throughBus } from "./decode/through-bus.ts";

export const part = "decode";

/** Times that a clip is played. Going back to the start of H.264's takes longer than the lead at the busy pace. */
const roundsOf = (codec: Codec) => (codec === "h264" ? 1 : 2);
const picturesOf = (codec: Codec) => 180 * roundsOf(codec);
const pairs = 3;
/** At which every codec's worker sleeps between its turns, as a channel's does. */
const calmSpeed = 2;
/** Of what one core decodes: as near to full speed as ticks can be and still have all their pictures. */
const load = 0.85;

const speeds = new Map<Codec, number>();

/** House time's pace at which a core is nearly busy with this codec. */
async function busySpeed(codec: Codec): Promise<number> {
  const known = speeds.get(codec) ?? ((await rateIntoBus(await clipOf(codec))) * load) / 30;
  speeds.set(codec, known);
  return known;
}

/** Milliseconds of computing that ffmpeg takes for a picture, opening not counted. */
async function ffmpegCpu(codec: Codec, pace?: number): Promise<number> {
  const path = await clipOf(codec);
  const toNull = ["-f", "null", "-"];
  const all = await runFfmpeg(path, toNull, { pace, rounds: roundsOf(codec) });
  const opening = await runFfmpeg(path, ["-frames:v", "1", ...toNull]);
  return ((all.cpuSeconds - opening.cpuSeconds) * 1_000) / (all.frames - opening.frames);
}

const ownAt = async (codec: Codec, speed: number, reader: "native" | "node" = "native") =>
  throughBus(await clipOf(codec), { speed, pictures: picturesOf(codec), reader });

const common = {
  unit: "cpu ms",
  lowerIsBetter: true,
  pairs,
  unavailable: async () => (await ffmpegMissing()) ?? nativeReader.missing(),
};

/**
 * ffmpeg as the target has it runs as fast as it can, with warm caches; so ours has hardly time to sleep either. Beside it, both at
 * the same calm pace, at which whoever waits for a picture's time begins it with cold caches.
 */
const againstFfmpeg = codecs.flatMap((codec): Bench[] => [
  {
    ...common,
    bench: `decode-${codec}-through-bus`,
    target: "ratio 0.95",
    ours: async () => (await ownAt(codec, await busySpeed(codec))).all,
    peerName: "ffmpeg -f null",
    peer: () => ffmpegCpu(codec),
  },
  {
    ...common,
    bench: `decode-${codec}-through-bus-vs-paced`,
    ours: async () => (await ownAt(codec, calmSpeed)).all,
    peerName: "ffmpeg -f null at the same pace",
    peer: () => ffmpegCpu(codec, calmSpeed),
  },
]);

/**
 * What nothing that decodes with libav into a bus can be below: a bare loop into as many buffers, at the same pace, with the commits
 * and the reader of our own run, which are C++ and C. libdav1d has memory of its own.
 */
const againstFloor = codecs.map((codec): Bench => {
  let last: ThroughBus | undefined;
  const run = async () => {
    last = await ownAt(codec, await busySpeed(codec));
    return last;
  };
  return {
    ...common,
    bench: `decode-${codec}-through-bus-vs-floor`,
    target: "ratio 0.95",
    ours: async () => (await run()).all,
    peerName: "bare libav loop, committing and reading",
    peer: async () => {
      const { committer, reader } = last ?? (await run());
      const buffers = codec === "av1" ? 0 : benchBusBuffers;
      const loop = await bareLoop(await clipOf(codec), buffers, (await busySpeed(codec)) * 30);
      return loop.cpuMs + committer + reader;
    },
    unavailable: async () => (await common.unavailable()) ?? bareLoopMissing(),
  };
});

/** What a reader costs in Node, beside the one in C: both follow every tick, at the calm pace. */
const readerOf = async (reader: "native" | "node") => (await ownAt("mpeg2", calmSpeed, reader)).reader;

export const benches: readonly Bench[] = [
  ...againstFfmpeg,
  ...againstFloor,
  {
    ...common,
    bench: "read-in-node",
    ours: () => readerOf("node"),
    peerName: "the reader in C",
    peer: () => readerOf("native"),
  },
];
