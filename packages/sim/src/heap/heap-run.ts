import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { FrameLease, Nanoseconds, Place } from "@retrovue/core";
import { World, type WorldOpening } from "../world/world.js";

/** The heap after a full collection, at a tick. */
export interface HeapSample {
  readonly tick: number;
  /** Bytes of living objects. */
  readonly heapBytes: number;
  /** Bytes outside of the heap that belong to objects in it. */
  readonly externalBytes: number;
}

/** What became of the heap over a long quiet run. */
export interface HeapReport {
  readonly ticks: number;
  readonly samples: readonly HeapSample[];
  /** Of a line laid through the later samples: bytes per million ticks. */
  readonly slopeBytes: number;
  /** What the line gains from its first sample to its last, bytes. */
  readonly growthBytes: number;
  readonly isFlat: boolean;
}

/** Growth that is the virtual machine's own affair: code compiled once more, and where a collection happens to come. */
const growthBytesMax = 256 * 1024;

/** Samples taken in a run. */
const samplesWanted = 20;

/** In the first half caches fill and code is compiled. */
const warmUpShare = 0.5;

/** Runs a world in which nothing goes wrong and watches its heap. */
export async function runHeap(options: {
  readonly seed: number;
  readonly ticks: number;
  readonly onSample?: (sample: HeapSample) => void;
}): Promise<HeapReport> {
  const collect = collector();
  const samples: HeapSample[] = [];
  let ticksPerMinute = 0;
  let every = 1;
  let rounds = 0;
  // Always at the same place of the plan, so that the same decoders are open.
  const take = (lease: FrameLease, place: Place) => {
    if (place.in !== "segment" || place.index !== 0 || lease.tick !== place.first) return;
    rounds += 1;
    if (rounds % every !== 0) return;
    collect();
    const { heapUsed, external } = process.memoryUsage();
    const sample = { tick: lease.tick - first, heapBytes: heapUsed, externalBytes: external };
    samples.push(sample);
    options.onSample?.(sample);
  };
  let first = 0;
  const begin = ({ grid, firstTick, plan }: WorldOpening) => {
    first = firstTick;
    ticksPerMinute = (60 * grid.frameRate.num) / grid.frameRate.den;
    const ticksPerRound = grid.ticksIn(
      plan.segments.reduce((sum, { duration }) => sum + duration, 0n) as Nanoseconds,
    );
    every = Math.max(1, Math.floor(options.ticks / ticksPerRound / samplesWanted));
  };
  // The rate is the seed's; a glance at it tells how long so many ticks are.
  await new World({ seed: options.seed, isCalm: true, minutes: 0, onStart: begin }).run();
  const report = await new World({
    seed: options.seed,
    isCalm: true,
    minutes: options.ticks / ticksPerMinute,
    onStart: begin,
    onTick: take,
  }).run();
  if (report.violation !== undefined) throw report.violation;
  const late = samples.slice(Math.floor(samples.length * warmUpShare));
  const slope = slopeOf(late);
  const growthBytes = slope * ((late.at(-1)?.tick ?? 0) - (late[0]?.tick ?? 0));
  return {
    ticks: report.ticks,
    samples,
    slopeBytes: slope * 1e6,
    growthBytes,
    isFlat: growthBytes <= growthBytesMax,
  };
}

/** A full collection, whether or not this Node was started with one. */
function collector(): () => void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") throw new Error("This Node cannot be made to collect garbage.");
  // The second waits for the first to have freed what lies outside of the heap.
  return () => {
    collect();
    collect();
  };
}

/** Least squares over heap and external bytes together: bytes per tick. */
function slopeOf(samples: readonly HeapSample[]): number {
  const mean = (of: (sample: HeapSample) => number) =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const bytes = ({ heapBytes, externalBytes }: HeapSample) => heapBytes + externalBytes;
  const atMean = mean(({ tick }) => tick);
  const bytesMean = mean(bytes);
  const spread = mean(({ tick }) => (tick - atMean) ** 2);
  return spread === 0 ? 0 : mean((sample) => (sample.tick - atMean) * (bytes(sample) - bytesMean)) / spread;
}
