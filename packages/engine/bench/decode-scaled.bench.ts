import { performance } from "node:perf_hooks";
import { LibavConformerFactory } from "@retrovue/conform-libav";
import { defaultProgramFormat, endOfMedia, mediaTime, type PictureBuffer } from "@retrovue/core";
import { LibavDecoderFactory, parseOptions } from "@retrovue/decoder-libav";
import type { Bench } from "../../../scripts/bench/bench.ts";
import { bareLoop, bareLoopMissing } from "./decode/bare-loop.ts";
import { type Codec, clipFolder, clipOf, codecs, ffmpegMissing } from "./decode/clips.ts";
import { runFfmpeg } from "./decode/ffmpeg-run.ts";

export const part = "decode";

const width = 1_280;
const height = 720;
const never = new AbortController().signal;
/** One thread for the codec on both sides, so that work is compared and not its spreading. */
const factory = new LibavDecoderFactory([clipFolder], parseOptions({ threads: 1 }));

/** A picture buffer aligned as those of the bus are. */
function bufferOf(): PictureBuffer {
  const alignment = 64;
  const strides = [width, width / 2, width / 2].map((columns) => Math.ceil(columns / alignment) * alignment);
  const planes = strides.map((stride, plane) => {
    const bytes = stride * (plane === 0 ? height : height / 2);
    // glibc puts a large block 16 bytes behind a page.
    return new Uint8Array(new ArrayBuffer(bytes + alignment), 48, bytes);
  });
  return { planes, strides, index: 0, release: () => {} };
}

/** Pictures a second from the file to program pictures, as a channel makes them: decoding runs ahead of conforming. */
async function ownRate(codec: Codec): Promise<number> {
  const program = { ...defaultProgramFormat, width, height };
  await using conformer = await new LibavConformerFactory().open(program, never);
  await using decoder = await factory.open({ uri: await clipOf(codec) }, {}, never);
  const buffer = bufferOf();
  const how = { aspect: "preserve", alpha: 1, field: "both" } as const;
  const begun = performance.now();
  let count = 0;
  for (; ; count++) {
    const picture = await decoder.readPicture(mediaTime(-1n), {}, never);
    if (picture === endOfMedia) break;
    await conformer.picture(picture, buffer, how, never);
    picture.release();
  }
  return (count * 1_000) / (performance.now() - begun);
}

/** The same of ffmpeg, by its own clock (which begins when its inputs are open). */
async function ffmpegRate(codec: Codec): Promise<number> {
  const scale = ["-vf", `scale=${width}:${height}:flags=bicubic`];
  const output = [...scale, "-f", "rawvideo", "-y", "/dev/null"];
  const { frames, seconds } = await runFfmpeg(await clipOf(codec), output);
  return frames / seconds;
}

/**
 * What decoding alone leaves to be had: where it takes more than 1/1.3 of ffmpeg's time for all, no scaler reaches 1.3
 * (docs/decisions/0015). There ours is held against decoding itself.
 */
const bounded: readonly Codec[] = ["hevc", "vp9"];

const ours = (codec: Codec) => ({
  unit: "fps",
  lowerIsBetter: false,
  ours: () => ownRate(codec),
});

const scaled = codecs.map(
  (codec): Bench => ({
    ...ours(codec),
    bench: `decode-${codec}-scaled`,
    peerName: "ffmpeg",
    target: bounded.includes(codec) ? "what decoding alone allows" : "ratio 1.30",
    peer: () => ffmpegRate(codec),
    unavailable: ffmpegMissing,
  }),
);

const againstDecodingAlone = codecs.map(
  (codec): Bench => ({
    ...ours(codec),
    bench: `decode-${codec}-scaled-vs-decoding-alone`,
    peerName: "bare libav loop, pictures thrown away",
    target: "ratio 0.95",
    peer: async () => (await bareLoop(await clipOf(codec), 0)).rate,
    unavailable: async () => (await ffmpegMissing()) ?? bareLoopMissing(),
  }),
);

export const benches: readonly Bench[] = [...scaled, ...againstDecodingAlone];
