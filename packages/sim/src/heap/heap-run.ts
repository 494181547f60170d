import { queryObjects, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { FrameLease, Nanoseconds, Place } from "@retrovue/core";
import { World, type WorldOpening } from "../world/world.js";

/** The heap after a full collection, at a tick. */
export interface HeapSample {
  readonly tick: number;
  /** Objects that live, whatever their size. */
  readonly objects: number;
  /** Bytes of all that lives, compiled code included. */
  readonly heapBytes: number;
  /** Bytes outside of the heap that belong to objects in it. */
  readonly externalBytes: number;
}

/** What became of the heap over a long quiet run. */
export interface HeapReport {
  readonly ticks: number;
  readonly samples: readonly HeapSample[];
  /** Of lines laid through the later samples, what they gain in a million ticks. */
  readonly perMillionTicks: { readonly objects: number; readonly bytes: number };
  /** What the lines gain from the first of those samples to the last. */
  readonly growth: { readonly objects: number; readonly bytes: number };
  readonly isFlat: boolean;
}

/** One object for every four rounds of the plan in the tests' share is more than this. */
const objectsMax = 10;

/**
 * Growth that is the virtual machine's own affair. It compiles hot code again and again and keeps lists of what depends on what:
 * some 100 bytes in a thousand ticks on Node 24, while not one object of ours is added.
 */
const bytesMax = 256 * 1_024;
const bytesPerTickMax = 0.2;

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
    // The samples themselves are no part of what is measured.
    const objects = queryObjects(Object, { format: "count" }) - samples.length;
    const sample = { tick: lease.tick - first, objects, heapBytes: heapUsed, externalBytes: external };
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
  const span = (late.at(-1)?.tick ?? 0) - (late[0]?.tick ?? 0);
  const objects = slopeOf(late, (sample) => sample.objects);
  const bytes = slopeOf(late, ({ heapBytes, externalBytes }) => heapBytes + externalBytes);
  const growth = { objects: objects * span, bytes: bytes * span };
  return {
    ticks: report.ticks,
    samples,
    perMillionTicks: { objects: objects * 1e6, bytes: bytes * 1e6 },
    growth,
    isFlat: growth.objects <= objectsMax && growth.bytes <= bytesMax + bytesPerTickMax * span,
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

/** Least squares: what a line through the samples gains in a tick. */
function slopeOf(samples: readonly HeapSample[], of: (sample: HeapSample) => number): number {
  const mean = (value: (sample: HeapSample) => number) =>
    samples.reduce((sum, sample) => sum + value(sample), 0) / samples.length;
  const atMean = mean(({ tick }) => tick);
  const valueMean = mean(of);
  const spread = mean(({ tick }) => (tick - atMean) ** 2);
  return spread === 0 ? 0 : mean((sample) => (sample.tick - atMean) * (of(sample) - valueMean)) / spread;
}
