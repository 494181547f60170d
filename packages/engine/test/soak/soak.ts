import { mkdtempDisposableSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ShmFrameBus } from "@retrovue/framebus-shm";
import { cpuSecondsOf } from "../../../../scripts/bench/process-tree.ts";
import { CampaignEngine } from "../faults/campaign-engine.ts";
import { type CheckedRun, checkedRecord } from "../faults/compare-with-record.ts";
import { Random } from "../seams/random.ts";
import { Elapsed, pause } from "../seams/real-time.ts";
import { type AsRunSheet, readSheets } from "./as-run-sheet.ts";
import { ChannelWatch } from "./channel-watch.ts";
import {
  clientsOf,
  cyclesOf,
  type Disturbance,
  guestsOf,
  plansOf,
  scrapesOf,
  strikesOf,
  viewersOf,
} from "./disturbances.ts";
import { type EngineSample, sampleOf } from "./process-samples.ts";
import { type SoakChannel, soakChannels } from "./roles.ts";
import { calm, dense, failingPlan, soakPlan, soakShelf } from "./soak-media.ts";

/** What is soaked, and for how long. */
export interface SoakOptions {
  readonly channels: number;
  readonly isCalm: boolean;
  readonly encoded: number;
  readonly seed: number;
  /** Ends the soak: so much time, or so many segments on the first channel. */
  readonly until: { readonly minutes: number } | { readonly segments: number };
  /** Hears how far it is, about each second. */
  readonly onProgress?: (progress: string) => void;
}

/** What was seen of one channel. */
export interface SoakedChannel extends SoakChannel {
  readonly watch: ChannelWatch;
  readonly runs: readonly CheckedRun[];
}

/** Everything that was seen. */
export interface SoakRun {
  readonly minutes: number;
  readonly samples: readonly EngineSample[];
  readonly channels: readonly SoakedChannel[];
  readonly disturbances: ReadonlyMap<string, Disturbance>;
  /** Milliseconds that each scrape of the metrics took. */
  readonly scrapesMs: readonly number[];
  readonly workersReplaced: number;
  readonly renderersReplaced: number;
  /** Ticks of all channels that the engine counts as published. */
  readonly published: number;
  /** Those of them that came after their time. */
  readonly late: number;
  /** Share of a core that the engine and all its processes took, in percent; those that were replaced are not in it. */
  readonly cpuPercent: number;
  readonly exitCode: number | null;
  /** Objects left in shared memory. */
  readonly left: readonly string[];
  readonly recordLost: number;
  /** What every channel's record says, beside its plan; those on demand as well. */
  readonly sheets: readonly AsRunSheet[];
  /** What the engine logged above information: how often, and the first line of each. */
  readonly warnings: ReadonlyMap<string, string>;
  readonly missing: readonly string[];
}

const faultingDecoder = fileURLToPath(new URL("../faults/faulting-decoder.ts", import.meta.url));
const segmentsOfPlan = 120;
/** Of what a worker holds from one second to the next, little is the same: only many looks tell the floor. */
const sampleEveryMs = { short: 500, long: 1_000 } as const;

/** Plays it through. Rejects only where there is nothing to see at all. */
export async function soak(options: SoakOptions): Promise<SoakRun> {
  using folder = mkdtempDisposableSync(join(tmpdir(), "playout-soak-"));
  const random = new Random(options.seed);
  const shelf = await soakShelf(AbortSignal.timeout(300_000));
  const channels = soakChannels(options.channels, options.isCalm, options.encoded);
  const pace = options.isCalm ? calm : dense;
  const prefix = `soak${process.pid}`;
  const write = (name: string, plan: object) => writeFileSync(join(folder.path, name), JSON.stringify(plan));
  for (const { id, role } of channels) {
    const plan =
      role === "failing"
        ? failingPlan(shelf.media, random, pace)
        : soakPlan(shelf.media, segmentsOfPlan, random, pace);
    write(`plan-${id}.json`, plan);
    if (role === "planned") write(`plan-${id}b.json`, soakPlan(shelf.media, segmentsOfPlan, random));
  }
  await using engine = new CampaignEngine({
    folder: folder.path,
    id: "soak",
    prefix,
    config: configOf(channels, [".", ...shelf.roots]),
  });
  const view = await engine.address("view");
  const control = await engine.address("control");
  const metrics = await engine.address("metrics");
  await engine.untilLogged("control plane listens");
  const bus = new ShmFrameBus({ prefix, directory: "/dev/shm" });
  const watches = channels
    .filter(({ role }) => role !== "on-demand")
    .map((channel) => ({
      ...channel,
      watch: new ChannelWatch({
        isCycled: channel.role === "cycled",
        open: async (signal) => {
          const address = { engineId: "soak", channelId: channel.id };
          const reader = await bus.openReader(address, { name: "soak" }, signal).catch(() => undefined);
          if (reader === undefined) await pause(20);
          return reader;
        },
      }),
    }));
  const stop = new AbortController();
  const { signal } = stop;
  const elapsed = new Elapsed();
  const working = new Map<string, Promise<Disturbance>>();
  const encoded = channels
    .filter(({ isEncoded, role }) => isEncoded && role === "steady")
    .map(({ id }) => id);
  const scrapes = scrapesOf(metrics, () => elapsed.ms, signal, random);
  working.set("scrapes", scrapes.done);
  working.set("clients", clientsOf(control, random, signal));
  if (encoded.length > 0) working.set("viewers", viewersOf(view, encoded, random, signal));
  for (const { id, role, isEncoded } of channels) {
    const plan = join(folder.path, `plan-${id}.json`);
    const other = join(folder.path, `plan-${id}b.json`);
    if (role === "planned") working.set("plans", plansOf(control, id, [plan, other], random, signal));
    if (role === "cycled") working.set("cycles", cyclesOf(control, id, plan, random, signal));
    if (role === "struck") working.set("strikes", strikesOf(engine, id, random, signal));
    if (role === "on-demand" && isEncoded) working.set("guests", guestsOf(view, id, random, signal));
  }
  const samples: EngineSample[] = [];
  const first = watches[0]?.watch;
  const every =
    "minutes" in options.until && options.until.minutes >= 5 ? sampleEveryMs.long : sampleEveryMs.short;
  const isOver = () =>
    "minutes" in options.until
      ? elapsed.ms >= options.until.minutes * 60_000
      : (first?.segments ?? 0) >= options.until.segments;
  while (!isOver() && engine.isRunning) {
    samples.push(sampleOf(engine, prefix, elapsed.ms / 3_600_000));
    const ticks = watches.reduce((sum, { watch }) => sum + watch.ticks, 0);
    const segments = watches.reduce((sum, { watch }) => sum + watch.segments, 0);
    const missed = watches.reduce((sum, { watch }) => sum + watch.missed, 0);
    options.onProgress?.(
      `${(elapsed.ms / 60_000).toFixed(1)} min, ${ticks} ticks, ${segments} segments, ${missed} missed`,
    );
    await pause(every);
  }
  const minutes = elapsed.ms / 60_000;
  const cpuPercent = (100 * cpuSecondsOf(engine.processes())) / (minutes * 60);
  stop.abort();
  const disturbances = new Map<string, Disturbance>();
  for (const [name, work] of working) disturbances.set(name, await work);
  const text = engine.isRunning ? await engine.metricsText() : "";
  const workersReplaced = engine.times("worker replaced");
  const renderersReplaced = engine.times("renderer replaced");
  const warnings = new Map(
    [...engine.messages(new Set(["warn", "error", "fatal"]))].map(([message, times]) => [
      message,
      `${times}, the first: ${JSON.stringify({ ...engine.logged(message)[0], message: undefined, level: undefined })}`,
    ]),
  );
  for (const { watch } of watches) await watch[Symbol.asyncDispose]();
  const exitCode = await engine.stop();
  const { runs, lost, damaged } = await checkedRecord(folder.path);
  return {
    minutes,
    samples,
    channels: watches.map((one) => ({ ...one, runs: runs.filter(({ channel }) => channel === one.id) })),
    disturbances,
    scrapesMs: scrapes.tookMs,
    workersReplaced,
    renderersReplaced,
    published: sumIn(text, "retrovue_playout_frames_published_total"),
    late: sumIn(text, "retrovue_playout_ticks_late_total"),
    cpuPercent,
    exitCode,
    left: readdirSync("/dev/shm").filter((name) => name.startsWith(`${prefix}.`)),
    recordLost: lost + damaged,
    sheets: readSheets(join(folder.path, "var")),
    warnings,
    missing: shelf.missing,
  };
}

/** Of all channels. */
const sumIn = (text: string, metric: string): number =>
  text
    .split("\n")
    .filter((line) => line.startsWith(`${metric}{`))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);

/** Standard definition throughout: 720 × 480 at 30000/1001. */
const configOf = (channels: readonly SoakChannel[], roots: readonly string[]) => ({
  // One that fails takes spares of its own.
  engine: { spareWorkers: 2 },
  media: { roots },
  decoders: [{ use: "@retrovue/decoder-libav" }, { use: faultingDecoder }],
  transports: [{ use: "@retrovue/transport-connect" }],
  defaults: {
    format: { width: 720, height: 480, frameRate: "30000/1001" },
    historyMs: 4_000,
    encode: { video: { bitrateKbps: 1_500, gopMs: 1_000, preset: "ultrafast" } },
  },
  channels: channels.map(({ id, role, isEncoded }) => ({
    id,
    name: `${role} ${id}`,
    plan: `./plan-${id}.json`,
    ...(role === "on-demand" && { run: "on-demand" }),
    ...(!isEncoded && { outputs: [] }),
  })),
});
