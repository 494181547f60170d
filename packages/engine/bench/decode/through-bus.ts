import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { endOfMedia, mediaTime, type Tick, tickAfter } from "@retrovue/core";
import { metaOf } from "@retrovue/core/testing";
import { BenchBus } from "./bench-bus.ts";
import { nativeReader } from "./native-reader.ts";
import { decoders } from "./own-run.ts";
import { threadSeconds } from "./thread-time.ts";

const never = new AbortController().signal;

/** Pictures before those that count: JavaScript is compiled by then, and the decoder's line is full. */
const warmUp = 60;
/** Ticks made for one waking of the worker, as a channel at 30 frames a second makes them (core: channel/turns.ts). */
const turnTicks = 2;
/** Ticks that a turn's first is made ahead of its time. */
const leadTicks = 12;
/** Seconds until the first tick: a reader's process has started by then. */
const startSeconds = 1.5;
/** With more stand-ins than that, it is no measurement. */
const standInShareMax = 0.05;
const attempts = 4;

const meta = metaOf({ assetUri: "/bench", mediaTime: mediaTime(0n), decoderIndex: 0 });

/** What a picture took from the file to a reader in another process: milliseconds of computing. */
export interface ThroughBus {
  /** Of all threads of both processes: decoding, handing over, committing, waking and reading. */
  readonly all: number;
  readonly committer: number;
  readonly reader: number;
}

/** How pictures go through a bus. */
export interface ThroughBusOptions {
  /** House seconds a second, each of 30 pictures. */
  readonly speed: number;
  /** In all; the clip begins again where it ends. */
  readonly pictures: number;
  /** The reader in C, which other programs have and our own renderer takes, or the one in Node. Default: in C. */
  readonly reader?: "native" | "node";
}

/**
 * Plays a clip through a bus, at the pace of a clock. What the machine disturbed, or was too quick for it, is done again at nine
 * tenths of the pace; fails where that does not help.
 */
export async function throughBus(path: string, options: ThroughBusOptions): Promise<ThroughBus> {
  let { speed } = options;
  for (let attempt = 1; ; attempt++) {
    const run = await play(path, { ...options, speed });
    if (run.standInShare <= standInShareMax) return run;
    if (attempt === attempts)
      throw new Error(`${Math.round(run.standInShare * 100)} % of the ticks aired stand-ins`);
    speed *= 0.9;
  }
}

async function play(path: string, { speed, pictures, reader: kind = "native" }: ThroughBusOptions) {
  await using bus = await BenchBus.open(speed);
  await using decoder = await decoders.open({ uri: path }, { supply: bus.supply }, never);
  const first = tickAfter(bus.first, Math.round(startSeconds * 30 * speed));
  bus.committer.start(first);
  const reader = startReader(kind, bus, tickAfter(first, warmUp), tickAfter(first, pictures - 2));
  const closed = new Promise((resolve) => reader.once("close", resolve));
  if (reader.stdout === null) throw new Error("The reader's output is not there.");
  const lines = createInterface({ input: reader.stdout })[Symbol.asyncIterator]();
  await lines.next();
  let before = process.cpuUsage();
  let committerBefore = 0;
  let made = 0;
  let inBus = 0;
  while (made < pictures) {
    const picture = await decoder.readPicture(mediaTime(-1n), {}, never);
    if (picture === endOfMedia) {
      await decoder.seek(mediaTime(0n), never);
      continue;
    }
    const tick = tickAfter(first, made);
    if (made % turnTicks === 0) await untilDue(bus, tick, speed);
    if (made === warmUp) {
      before = process.cpuUsage();
      committerBefore = threadSeconds("rv-committer");
    }
    const hold = picture.holdBuffer?.();
    if (hold !== undefined) inBus++;
    bus.writer.submit(tick, hold ?? "black", undefined, meta);
    hold?.release();
    picture.release();
    made++;
  }
  const said = await lines.next();
  const own = process.cpuUsage(before);
  const committer = threadSeconds("rv-committer") - committerBefore;
  await closed;
  // While it opens and seeks, a decoder works ahead of the buffers that it can be handed.
  if (inBus < pictures * 0.9) throw new Error(`only ${inBus} of ${pictures} pictures were in the bus`);
  const [readerMicros = Number.NaN, seen = 0, standIns = 0] = String(said.value).split(" ").map(Number);
  const each = (ms: number) => ms / (pictures - warmUp);
  return {
    all: each((own.user + own.system + readerMicros) / 1_000),
    committer: each(committer * 1_000),
    reader: each(readerMicros / 1_000),
    standInShare: standIns / seen,
  };
}

async function untilDue({ spec, grid }: BenchBus, tick: Tick, speed: number): Promise<void> {
  const houseNs = Number(process.hrtime.bigint() - spec.mapping.monoAnchor) * speed;
  const dueNs = Number(grid.tickTime(tick) - spec.mapping.houseAnchor) - leadTicks * Number(grid.length(1));
  if (dueNs > houseNs) await sleep((dueNs - houseNs) / speed / 1e6);
}

/** A process that follows the bus to tick `last`, and says what it computed from tick `from` on. */
function startReader(kind: "native" | "node", { spec }: BenchBus, from: Tick, last: Tick): ChildProcess {
  const stdio = ["ignore", "pipe", "inherit"] as const;
  const span = [String(from), String(last)];
  if (kind === "native")
    return spawn(nativeReader.program, [`/dev/shm/retrovue.${spec.engineId}.ch1`, ...span], {
      stdio: [...stdio],
    });
  const program = join(import.meta.dirname, "reader-program.ts");
  return spawn(process.execPath, [program, spec.engineId, "1", ...span], { stdio: [...stdio] });
}
