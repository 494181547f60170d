import { performance } from "node:perf_hooks";
import { type DecoderFactory, endOfMedia, mediaTime, type PluginContext } from "@retrovue/core";
import decoderHw, { type HardwareDecoderFactory, parseOptions } from "@retrovue/decoder-hw";
import { BenchBus } from "./bench-bus.ts";
import { clipFolder } from "./clips.ts";
import { decoders as software } from "./own-run.ts";

const never = new AbortController().signal;
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const context: PluginContext = {
  log: silent,
  configFolder: clipFolder,
  mediaRoots: [clipFolder],
  protocols: ["file"],
};

/** The stand-in is measured only where somebody asks for it: its figures are software's, and say nothing of a card. */
export const isStandin = process.env["RETROVUE_BENCH_STANDIN"] === "1";

/** Comparing is switched off: it is the start of an asset, and not the rate that a device keeps up. */
const options = parseOptions({ comparedPictures: 0, ...(isStandin && { devices: ["standin"] }) });
const made = decoderHw.provides.decoder.create(options, context);

/** The kind of the first device that can be used, as ffmpeg's `-hwaccel` names it; undefined for a stand-in and where there is none. */
export async function accelerator(): Promise<string | undefined> {
  const [kind] = (await usable())?.name.split(":") ?? [];
  return kind === "standin" ? undefined : kind;
}

async function usable() {
  const factory = (await made) as HardwareDecoderFactory;
  return (await factory.devices(never)).find(({ problem }) => problem === undefined);
}

/** Why nothing can be measured; undefined where there is a device. */
export async function deviceMissing(): Promise<string | undefined> {
  if ((await usable()) !== undefined) return undefined;
  const factory = (await made) as HardwareDecoderFactory;
  const why = (await factory.devices(never)).map(({ name, problem }) => `${name}: ${problem}`);
  return `no device is here (${why.join("; ")}); RETROVUE_BENCH_STANDIN=1 measures the stand-in`;
}

/** What decoding a clip into buffers of a bus took. */
export interface IntoBus {
  readonly fps: number;
  /** Computing time of this process, in ms a picture. */
  readonly cpuMs: number;
}

/** On the device, or by software on one thread. */
export async function intoBus(path: string, where: "device" | "software"): Promise<IntoBus> {
  const factory: DecoderFactory = where === "device" ? ((await made) as HardwareDecoderFactory) : software;
  await using bus = await BenchBus.open(0);
  await using decoder = await factory.open({ uri: path }, { supply: bus.supply }, never);
  const begun = performance.now();
  const before = process.cpuUsage();
  let count = 0;
  for (; ; count++) {
    const picture = await decoder.readPicture(mediaTime(-1n), {}, never);
    if (picture === endOfMedia) break;
    picture.release();
  }
  const { user, system } = process.cpuUsage(before);
  return { fps: (count * 1_000) / (performance.now() - begun), cpuMs: (user + system) / 1_000 / count };
}
