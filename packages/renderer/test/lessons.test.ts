import { ptsModulus, ptsOfTick, type Renderer, rational, type Tick, tickAfter } from "@retrovue/core";
import { ShmFrameBus } from "@retrovue/framebus-shm";
import {
  faultsOf,
  parseTransportStream,
  RenderBench,
  type RenderBenchOptions,
  renderFormat,
  type StreamUnit,
  streamsOf,
} from "@retrovue/plugin-contract";
import { expect, test, vi } from "vitest";
import { LibavRendererFactory } from "../src/index.js";

const aacStep = 1_920n;

const open = (signal: AbortSignal, options: Partial<RenderBenchOptions> = {}) =>
  RenderBench.make(
    { factory: new LibavRendererFactory(), openBus: () => new ShmFrameBus(), ...options },
    signal,
  );

/** Looks again until it holds: the renderer's threads answer when they answer. */
const until = (condition: () => boolean, signal: AbortSignal) =>
  vi.waitUntil(() => signal.aborted || condition(), { interval: 1, timeout: 25_000 });

/** Lets `count` ticks pass in which no worker hands anything over. Answers the first tick that one may hand over again. */
async function standIns(
  bench: RenderBench,
  renderer: Renderer,
  from: Tick,
  count: number,
  signal: AbortSignal,
): Promise<Tick> {
  const before = renderer.counters().encodedFrames;
  for (let n = 0; n < count; n++) {
    bench.moveTo(bench.grid.tickTime(tickAfter(from, n - 1)));
    await until(() => renderer.counters().encodedFrames > before + n, signal);
  }
  return tickAfter(from, count + 3);
}

/** The types of an access unit's NAL units (H.264, 7.4.1). */
function nalTypes({ bytes }: StreamUnit): number[] {
  const types: number[] = [];
  for (let at = 0; at + 3 < bytes.length; at++) {
    if (bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === 1)
      types.push((bytes[at + 3] ?? 0) & 0x1f);
  }
  return types;
}

const steps = (units: readonly StreamUnit[]) =>
  units.slice(1).map((unit, n) => (unit.pts - (units[n]?.pts ?? 0n) + ptsModulus) % ptsModulus);

/** A session of programme, two thirds of a second in which no worker is there, and programme again. */
async function session(signal: AbortSignal) {
  const bench = await open(signal);
  await bench.openBus();
  const renderer = await bench.startRenderer();
  await bench.play(renderer, bench.first, 30);
  const again = await standIns(bench, renderer, tickAfter(bench.first, 30), 20, signal);
  await bench.play(renderer, again, 30);
  await bench.hearUpTo(tickAfter(again, 25));
  return { bench, renderer, last: tickAfter(again, 25), stream: parseTransportStream(bench.stream()) };
}

test("lesson/13-sound-steps-by-exactly-1920-over-programme-stand-ins-and-programme-again", async () => {
  const { bench, stream } = await session(AbortSignal.timeout(25_000));
  await using _bench = bench;
  const { sounds } = streamsOf(stream);
  expect(sounds.length).toBeGreaterThan(100);
  expect(new Set(steps(sounds))).toEqual(new Set([aacStep]));
});

test("lesson/31-one-encoder-and-one-muxer-for-life-with-timestamps-and-counters-unbroken", async () => {
  const { bench, renderer, last, stream } = await session(AbortSignal.timeout(25_000));
  await using _bench = bench;
  expect(faultsOf(stream, aacStep)).toEqual([]);
  const { pictures } = streamsOf(stream);
  const expected = Array.from({ length: last - bench.first }, (_, n) =>
    ptsOfTick(bench.grid, tickAfter(bench.first, n)),
  );
  expect(pictures.map(({ pts }) => pts)).toEqual(expected);
  // One encoder: its parameter sets are the same at each key frame, and a second one would say that its counts are new.
  const sets = pictures.filter(({ randomAccess }) => randomAccess).map((unit) => parameterSets(unit));
  expect(sets.length).toBeGreaterThan(5);
  expect(new Set(sets).size).toBe(1);
  expect(stream.clocks.filter(({ discontinuity }) => discontinuity)).toHaveLength(1);
  expect(renderer.counters()).toMatchObject({ opens: 1, missedTicks: 0, droppedChunks: 0 });
});

/** SPS and PPS, as hex. */
function parameterSets(unit: StreamUnit): string {
  const all = Buffer.from(unit.bytes);
  const marks: number[] = [];
  for (let at = all.indexOf("000001", 0, "hex"); at >= 0; at = all.indexOf("000001", at + 3, "hex"))
    marks.push(at);
  const nals = marks.map((at, n) => all.subarray(at + 3, marks[n + 1] ?? all.length));
  return nals
    .filter((nal) => [7, 8].includes((nal[0] ?? 0) & 0x1f))
    .map((nal) => nal.toString("hex"))
    .join();
}

test("lesson/35-the-first-bytes-form-a-decodable-start-with-sound", async () => {
  const signal = AbortSignal.timeout(25_000);
  await using bench = await open(signal);
  await bench.openBus();
  const renderer = await bench.startRenderer();
  await bench.play(renderer, bench.first, 40);
  await bench.hearUpTo(tickAfter(bench.first, 39));
  const starts = bench.heard.flatMap(({ randomAccess }, n) => (randomAccess ? [n] : []));
  expect(starts.length).toBeGreaterThanOrEqual(4);
  for (const start of starts.slice(0, -1)) {
    // Half a second from the start on: 15 ticks.
    const chunks = bench.heard.slice(start, start + 15).map(({ bytes }) => bytes);
    const stream = parseTransportStream(Buffer.concat(chunks));
    expect([stream.associations[0], stream.maps[0], stream.clocks[0]?.packet]).toEqual([0, 1, 2]);
    const { pictures, sounds } = streamsOf(stream);
    // Delimiter, SPS, PPS, (information), IDR slice.
    expect(nalTypes(pictures[0] as StreamUnit).filter((type) => type !== 6)).toEqual([9, 7, 8, 5]);
    const apart = (sounds[0]?.pts ?? 0n) - (pictures[0]?.pts ?? 0n);
    expect(Math.abs(Number(apart))).toBeLessThan(9_000);
    expect(sounds[0]?.packet).toBeLessThan(pictures[2]?.packet ?? 0);
  }
});

test.each([
  [24_000, 1_001],
  [25, 1],
  [30_000, 1_001],
  [60_000, 1_001],
])("lesson/36-clocks-within-40-ms-sound-within-100-ms-tables-at-each-key-frame: %d/%d", async (num, den) => {
  const signal = AbortSignal.timeout(25_000);
  await using bench = await open(signal, { format: { ...renderFormat, frameRate: rational(num, den) } });
  await bench.openBus();
  const renderer = await bench.startRenderer();
  await bench.play(renderer, bench.first, 60);
  await bench.hearUpTo(tickAfter(bench.first, 59));
  const stream = parseTransportStream(bench.stream());
  expect(faultsOf(stream, aacStep)).toEqual([]);
  expect(streamsOf(stream).pictures.filter(({ randomAccess }) => randomAccess).length).toBeGreaterThan(2);
});

test("lesson/37-a-second-of-ticks-at-once-leaves-tick-by-tick", async () => {
  const signal = AbortSignal.timeout(25_000);
  await using bench = await open(signal, { leadTicks: 45 });
  await bench.openBus();
  const renderer = await bench.startRenderer();
  for (let n = 0; n < 40; n++) await bench.submit(tickAfter(bench.first, n));
  for (let n = 0; n < 20; n++) {
    const at = tickAfter(bench.first, n);
    bench.moveTo(bench.grid.tickTime(at));
    await until(() => bench.heard.some(({ tick }) => tick === at), signal);
    // The encoder works ahead, by no more than the same half second.
    expect(renderer.counters().encodedFrames).toBeLessThanOrEqual(n + 16);
  }
  for (const { tick, at } of bench.heard) expect(at).toBeGreaterThanOrEqual(bench.grid.tickTime(tick));
});
