import {
  type Committer,
  type DecoderFactory,
  defaultChannelSettings,
  defaultProgramFormat,
  HouseGrid,
  ManualClock,
  MemoryFrameBus,
  mediaTime,
  type Nanoseconds,
  nanoseconds,
  nanosecondsFromMs,
  type Plan,
  PlayoutError,
  type ProgramFormat,
  rational,
  type Segment,
  silentMetrics,
  type Tick,
  tickAfter,
} from "@retrovue/core";
import { CopyConformerFactory, PatternDecoderFactory, readCompactMark } from "@retrovue/core/testing";
import { describe, expect, test } from "vitest";
import { ChannelWorker, type MovingSlate } from "../src/workers/channel-worker.js";

const grid = new HouseGrid(rational(25, 1), 48_000);
const epoch = nanoseconds(1_772_323_200_000_000_000n);
const first = grid.tickAtOrAfter((epoch + 1_000_000_000n) as Nanoseconds);
const settings = { ...defaultChannelSettings, holdNsMax: nanosecondsFromMs(200) };
const none = 0n as Nanoseconds;
const clip = "test://pattern?id=7&size=8x2&mark=compact&rate=25&duration=2s";
const film = "test://pattern?id=1&size=8x2&mark=compact&rate=25&duration=60s";

const segment = (n: number, uri: string, seconds: number): Segment => ({
  id: String(n).padStart(32, "0"),
  kind: "content",
  asset: { uri },
  inPoint: mediaTime(0n),
  duration: nanosecondsFromMs(seconds * 1_000),
  start: undefined,
  gainDb: 0,
  fadeInNs: none,
  fadeOutNs: none,
  aspect: undefined,
  labels: {},
});

/** Nothing that a plan names is there but the film; the clip is, unless it is told to be missing as well. */
function decodersOf(patterns: PatternDecoderFactory, missing: (uri: string) => boolean): DecoderFactory {
  return {
    probe: async (asset, signal) =>
      missing(asset.uri) ? { score: 0, reason: "It is not there." } : await patterns.probe(asset, signal),
    open: async (asset, options, signal) => {
      if (missing(asset.uri)) throw new PlayoutError("MediaNotFound", "It is not there.");
      return await patterns.open(asset, options, signal);
    },
  };
}

interface Aired {
  readonly standIn: string | undefined;
  readonly asset: number | undefined;
  readonly frame: number | undefined;
  readonly pictureId: string;
  readonly loudest: number;
  readonly luma: readonly number[];
}

/** Airs four seconds of something that is not there, two of a film, and four of nothing again. */
async function air(
  slate: MovingSlate | undefined,
  size: { width: number; height: number },
  isClipThere = true,
  isBarred: (uri: string) => boolean = () => false,
) {
  const format: ProgramFormat = { ...defaultProgramFormat, ...size, frameRate: grid.frameRate };
  const clock = new ManualClock(epoch);
  const bus = new MemoryFrameBus({ clock });
  const patterns = new PatternDecoderFactory();
  const { signal } = new AbortController();
  const spec = {
    engineId: "slates",
    channelId: 1,
    format,
    leadTicks: grid.ticksIn(settings.leadNsTarget) + 2,
    historyTicks: 400,
    guardNs: settings.guardNs,
    mapping: clock.mapping(),
  };
  const committer: Committer = await bus.create(spec, signal);
  committer.start(first);
  await using reader = await bus.openReader(spec, { name: "test" }, signal);
  const plan: Plan = {
    revision: 1,
    start: grid.tickTime(first),
    end: "pad",
    segments: [segment(1, "test://gone", 4), segment(2, film, 2), segment(3, "test://gone-too", 4)],
  };
  const isMissing = (uri: string) => uri.startsWith("test://gone") || (uri === clip && !isClipThere);
  const worker = new ChannelWorker(
    { channelId: 1, format, settings, languages: [], directReferences: 0, ...(slate && { slate }) },
    {
      clock,
      bus,
      decoders: [{ name: "pattern", factory: decodersOf(patterns, isMissing) }],
      conformers: new CopyConformerFactory({ compact: true }),
      isBarred,
      onEvent: () => {},
      onAlive: () => {},
      metrics: silentMetrics,
    },
    plan,
  );
  const stop = new AbortController();
  const ended = worker.run({ lane: committer.openLane(), from: first, continues: false }, stop.signal);
  const aired: Aired[] = [];
  for (let n = 0; n < 250; n++) {
    await clock.advanceTo(grid.tickTime(tickAfter(first, n + 1)));
    const lease = await reader.at(tickAfter(first, n) as Tick, signal);
    if (lease.overrun) throw new Error("the test's reader keeps up");
    const luma = lease.picture.planes[0] ?? new Uint8Array();
    const mark = readCompactMark(luma);
    const sound = Array.from({ length: format.channels }, () => new Float32Array(lease.samples));
    lease.copySound(sound, 0);
    aired.push({
      standIn: lease.meta.standIn,
      asset: mark?.asset,
      frame: mark?.frame,
      pictureId: lease.pictureId,
      loudest: Math.max(...[...(sound[0] ?? [])].map(Math.abs)),
      luma: [...luma],
    });
    lease.release();
  }
  stop.abort();
  await ended;
  await committer[Symbol.asyncDispose]();
  return { aired, ledger: patterns.ledger() };
}

describe("moving slates", () => {
  test("slates/a-clip-plays-in-a-loop-with-its-sound-while-slate-airs", async () => {
    const { aired, ledger } = await air({ kind: "clip", uri: clip }, { width: 8, height: 2 });
    const slate = aired.slice(0, 100);
    expect(slate.every(({ standIn }) => standIn === "slate")).toBe(true);
    // A second in which it opens, with the reserved picture; then three seconds of a clip of two.
    const begin = slate.findIndex(({ asset }) => asset === 7);
    expect(begin).toBeGreaterThan(0);
    expect(begin).toBeLessThanOrEqual(40);
    expect(slate.slice(begin).map(({ frame }) => frame)).toEqual(
      Array.from({ length: 100 - begin }, (_, n) => n % 50),
    );
    expect(slate.slice(begin).every(({ asset }) => asset === 7)).toBe(true);
    expect(slate.slice(0, begin).every(({ loudest }) => loudest === 0)).toBe(true);
    expect(slate.slice(begin + 1).every(({ loudest }) => loudest > 0)).toBe(true);
    // The film is as planned, and the slate comes back after it.
    const shown = aired.slice(100, 150);
    expect(shown.map(({ standIn, asset, frame }) => [standIn, asset, frame])).toEqual(
      shown.map((_, n) => [undefined, 1, n]),
    );
    expect(aired.slice(200).every(({ asset, standIn }) => asset === 7 && standIn === "slate")).toBe(true);
    expect(ledger).toMatchObject({ decoders: 0, pictures: 0, sounds: 0, misuse: [] });
  });

  test("slates/a-clip-that-does-not-open-leaves-the-reserved-picture", async () => {
    const { aired } = await air({ kind: "clip", uri: clip }, { width: 8, height: 2 }, false);
    const slate = aired.slice(0, 100);
    expect(slate.every(({ standIn, asset }) => standIn === "slate" && asset === undefined)).toBe(true);
    expect(new Set(slate.map(({ pictureId }) => pictureId)).size).toBe(1);
    expect(aired.slice(100, 150).every(({ asset }) => asset === 1)).toBe(true);
  });

  test("slates/a-clip-that-killed-a-worker-is-not-opened-again", async () => {
    const { aired } = await air(
      { kind: "clip", uri: clip },
      { width: 8, height: 2 },
      true,
      (uri) => uri === clip,
    );
    expect(
      aired.slice(0, 100).every(({ standIn, asset }) => standIn === "slate" && asset === undefined),
    ).toBe(true);
    expect(aired.slice(100, 150).every(({ asset }) => asset === 1)).toBe(true);
  });

  test("slates/the-card-tells-the-time-and-changes-each-second", async () => {
    const { aired } = await air({ kind: "card", name: "One" }, { width: 320, height: 180 });
    const slate = aired.slice(0, 100);
    expect(slate.every(({ standIn }) => standIn === "slate")).toBe(true);
    const changes = slate.flatMap(({ pictureId }, n) =>
      n > 0 && pictureId !== slate[n - 1]?.pictureId ? [n] : [],
    );
    // Four seconds on the second; before the first card is drawn the reserved one airs.
    expect(changes.filter((n) => n % 25 === 0)).toEqual([25, 50, 75]);
    expect(changes.length).toBeLessThanOrEqual(4);
    const [one, two] = [slate[30], slate[60]];
    expect(one?.luma).not.toEqual(two?.luma);
    expect(one?.luma.length).toBe(two?.luma.length);
  });
});
