import { createRequire } from "node:module";
import { performance } from "node:perf_hooks";
import { pathToFileURL } from "node:url";
import { type Codec, run } from "./clips.ts";

/**
 * Other ways to decode from Node or beside it. Neither is a dependency (node-av alone is 200 MB); where they are not there the
 * benches are skipped. RETROVUE_NODE_AV names a folder with node-av in its node_modules.
 */

/** The part of node-av's API that is used. */
interface NodeAv {
  readonly Demuxer: {
    open(
      path: string,
    ): Promise<AsyncDisposable & { video(): unknown; packets(index: number): AsyncIterable<unknown> }>;
  };
  readonly Decoder: {
    create(
      stream: unknown,
      options: object,
    ): Promise<Disposable & { frames(packets: unknown): AsyncIterable<Disposable> }>;
  };
}

async function nodeAv(): Promise<NodeAv> {
  const folder = process.env["RETROVUE_NODE_AV"];
  if (folder === undefined) throw new Error("RETROVUE_NODE_AV is not set");
  const from = createRequire(`${folder}/package.json`);
  return (await import(pathToFileURL(from.resolve("node-av/api")).href)) as NodeAv;
}

export const nodeAvMissing = async (): Promise<string | undefined> =>
  nodeAv().then(
    () => undefined,
    (thrown: unknown) => `node-av cannot be loaded: ${thrown instanceof Error ? thrown.message : thrown}`,
  );

/** Pictures a second of node-av on one thread, opening not counted: frames stay native, as ours do. */
export async function nodeAvRate(path: string): Promise<number> {
  const { Demuxer, Decoder } = await nodeAv();
  await using input = await Demuxer.open(path);
  const stream = input.video() as { readonly index: number };
  using decoder = await Decoder.create(stream, { options: { threads: 1 } });
  const begun = performance.now();
  let count = 0;
  for await (const frame of decoder.frames(input.packets(stream.index))) {
    if (frame === null) continue;
    count++;
    frame[Symbol.dispose]();
  }
  return (count * 1_000) / (performance.now() - begun);
}

export const gstreamerMissing = async (): Promise<string | undefined> =>
  run("gst-launch-1.0", ["--version"]).then(
    () => undefined,
    () => "gst-launch-1.0 is not installed (Debian: gstreamer1.0-tools, gstreamer1.0-libav)",
  );

/** GStreamer's way to pictures with libav's own decoders; it has none for AV1 that is libdav1d's. */
const gstreamerElements = {
  h264: "qtdemux ! h264parse ! avdec_h264",
  hevc: "qtdemux ! h265parse ! avdec_h265",
  vp9: "matroskademux ! avdec_vp9",
  mpeg2: "tsdemux ! mpegvideoparse ! avdec_mpeg2video",
} as const satisfies Partial<Record<Codec, string>>;

/** What GStreamer is measured with. */
export type GstreamerCodec = keyof typeof gstreamerElements;
export const gstreamerCodecs = Object.keys(gstreamerElements) as GstreamerCodec[];

/** Pictures a second of GStreamer with libav's decoder on one thread, by the time between its states. */
export async function gstreamerRate(codec: GstreamerCodec, path: string, frames: number): Promise<number> {
  const pipeline = `filesrc location=${path} ! ${gstreamerElements[codec]} max-threads=1 ! fakesink sync=false`;
  const { stdout } = await run("gst-launch-1.0", pipeline.split(" "));
  const [, minutes = "", seconds = ""] = /Execution ended after \d+:(\d+):([\d.]+)/.exec(stdout) ?? [];
  return frames / (Number(minutes) * 60 + Number(seconds));
}
