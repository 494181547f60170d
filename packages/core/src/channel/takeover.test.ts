import { describe, expect, test } from "vitest";
import { type Aired, ChannelBench, type ChannelBenchOptions, clip, strip } from "../../test/channel-bench.js";
import { ms, planOf, segmentOf } from "../../test/plan-examples.js";
import type { DecoderFactory, Nanoseconds, Plan, Segment } from "../index.js";
import { PlayoutError } from "../index.js";
import { type FaultScript, FaultyDecoderFactory, PatternDecoderFactory } from "../testing/index.js";

const planAt = (bench: ChannelBench, segments: Segment[]): Plan =>
  planOf(segments, { start: bench.grid.tickTime(bench.first) });

/** What software takes to open and to seek, at the most that is promised to cost no tick. */
const softwareOpenNs = ms(300);

/** A bench whose second decoder, as software does, takes its time to open. */
function benchOf(
  faults: Record<string, FaultScript>,
  more: Partial<ChannelBenchOptions> = {},
  onOpen: () => void = () => {},
): ChannelBench {
  const patterns = new PatternDecoderFactory();
  const bench: ChannelBench = new ChannelBench({
    faults,
    fallback: {
      probe: patterns.probe.bind(patterns),
      open: async (asset, options, signal) => {
        onOpen();
        await bench.clock.sleepUntil((bench.clock.now() + softwareOpenNs) as Nanoseconds, signal);
        return patterns.open(asset, options, signal);
      },
    },
    ...more,
  });
  return bench;
}

const changes = (bench: ChannelBench) =>
  bench.events.flatMap((event) => (event.type === "decoder-changed" ? [event] : []));
const decoders = (bench: ChannelBench) =>
  bench.events.flatMap((event) => (event.type === "decoder-on-air" ? [event.decoderIndex] : []));

/** Every tick shows its own frame and has all of its sound. */
function expectWhole(aired: readonly Aired[]): void {
  expect(strip(aired)).toBe("1".repeat(aired.length));
  expect(aired.map(({ frame }) => frame)).toEqual(aired.map((_, i) => i));
  expect(aired.slice(1).every(({ meta }) => meta.silentSamples === 0)).toBe(true);
  expect(aired.slice(1).some(({ meta }) => meta.discontinuity)).toBe(false);
}

describe("takeover/no tick is lost", () => {
  const asset = clip(1);
  const failing = {
    calls: [{ on: "picture", from: 30, move: { kind: "reject", code: "DeviceUnavailable" } }],
  } as const;

  test("takeover/a-device-lost-in-mid-segment-costs-no-tick", async () => {
    await using bench = benchOf({ [asset.uri]: failing });
    await bench.start(planAt(bench, [segmentOf(1, { asset })]));
    const aired = await bench.play(120);
    expectWhole(aired);
    expect([aired[10]?.meta.decoderIndex, aired[100]?.meta.decoderIndex]).toEqual([0, 1]);
    expect(changes(bench)).toMatchObject([
      { from: { index: 0, name: "main" }, to: { index: 1, name: "fallback" }, reason: "deviceLost" },
    ]);
    expect(decoders(bench)).toEqual([0, 1]);
  });

  test("takeover/who-is-on-the-way-when-the-late-one-fails-is-waited-for-not-called-again", async () => {
    // Late with one picture, for which the next decoder is called, and lost at the next.
    const script = {
      calls: [
        { on: "picture", from: 30, times: 1, move: { kind: "late", byNs: ms(180) } },
        { on: "picture", from: 31, move: { kind: "reject", code: "DeviceUnavailable" } },
      ],
    } as const;
    let opened = 0;
    await using bench = benchOf({ [asset.uri]: script }, {}, () => {
      opened += 1;
    });
    await bench.start(planAt(bench, [segmentOf(1, { asset })]));
    expectWhole(await bench.play(120));
    expect(opened).toBe(1);
  });

  test("takeover/nobody-waits-for-the-lost-device-to-close", async () => {
    await using bench = benchOf({ [asset.uri]: failing }, { closeNs: ms(1_900) });
    await bench.start(planAt(bench, [segmentOf(1, { asset })]));
    expectWhole(await bench.play(120));
  });

  test("takeover/sound-that-fails-is-no-other-thing", async () => {
    const script = {
      calls: [{ on: "sound", from: 30, move: { kind: "reject", code: "DecodeFailed" } }],
    } as const;
    await using bench = benchOf({ [asset.uri]: script });
    await bench.start(planAt(bench, [segmentOf(1, { asset })]));
    expectWhole(await bench.play(120));
    expect(changes(bench)[0]?.reason).toBe("decodeFailed");
  });

  test("takeover/a-decoder-that-hangs-is-overtaken-before-its-tick-is-due", async () => {
    for (const on of ["picture", "sound"] as const) {
      const script = { calls: [{ on, from: 30, move: { kind: "stuck" } }] } as const;
      await using bench = benchOf({ [asset.uri]: script });
      await bench.start(planAt(bench, [segmentOf(1, { asset })]));
      expectWhole(await bench.play(120));
      expect(changes(bench)).toMatchObject([{ from: { index: 0 }, to: { index: 1 }, reason: "hung" }]);
    }
  });

  test("lesson/45-a-decoder-slower-than-the-clock-is-demoted-with-its-reason", async () => {
    const late = { kind: "late", byNs: ms(45) } as const;
    const script = { calls: [{ on: "picture", from: 30, times: 9_999, move: late }] } as const;
    await using bench = benchOf({ [asset.uri]: script });
    await bench.start(planAt(bench, [segmentOf(1, { asset })]));
    const aired = await bench.play(300);
    expectWhole(aired);
    expect(changes(bench)).toMatchObject([{ from: { index: 0 }, to: { index: 1 }, reason: "slow" }]);
    expect(aired.at(-1)?.meta.decoderIndex).toBe(1);
  });

  test("takeover/who-takes-over-may-fail-too", async () => {
    let opened = 0;
    const patterns = new PatternDecoderFactory();
    const second: DecoderFactory = {
      probe: patterns.probe.bind(patterns),
      open: async () => {
        opened += 1;
        throw new PlayoutError("UnsupportedMedia", "It cannot.");
      },
    };
    const script = { calls: [{ on: "picture", from: 30, move: { kind: "stuck" } }] } as const;
    await using bench = benchOf({ [asset.uri]: script }, { fallback: second });
    await bench.start(planAt(bench, [segmentOf(1, { asset })]));
    const aired = await bench.play(130);
    // Given up by the watch as ever, and opened again after the first back-off.
    expect(strip(aired)).toMatch(/^1+h{40,60}s{1,60}1+$/);
    expect(opened).toBe(2);
    for (const [i, { meta, frame }] of aired.entries()) if (meta.standIn === undefined) expect(frame).toBe(i);
  });
});

describe("takeover/a hiccup changes nothing", () => {
  test("takeover/one-that-comes-back-in-time-stays", async () => {
    const asset = clip(1);
    const script = {
      calls: [{ on: "picture", from: 30, move: { kind: "late", byNs: ms(250) } }],
    } as const;
    await using bench = benchOf({ [asset.uri]: script });
    await bench.start(planAt(bench, [segmentOf(1, { asset })]));
    const aired = await bench.play(200);
    expectWhole(aired);
    expect(decoders(bench)).toEqual([0]);
    expect(changes(bench)).toEqual([]);
    expect(bench.events.filter(({ type }) => type === "source-failed")).toEqual([]);
  });

  test("takeover/the-last-decoder-is-never-given-up-for-being-slow", async () => {
    const asset = clip(1);
    const late = { kind: "late", byNs: ms(45) } as const;
    const script = { calls: [{ on: "picture", from: 30, times: 9_999, move: late }] } as const;
    const slow = (bench: () => ChannelBench): DecoderFactory => {
      const inner = new PatternDecoderFactory();
      const made = () => new FaultyDecoderFactory({ inner, clock: bench().clock, script: () => script });
      return {
        probe: inner.probe.bind(inner),
        open: (...args) => made().open(...args),
      };
    };
    await using bench: ChannelBench = benchOf({ [asset.uri]: script }, { fallback: slow(() => bench) });
    await bench.start(planAt(bench, [segmentOf(1, { asset })]));
    const aired = await bench.play(400);
    expect(changes(bench).length).toBeLessThanOrEqual(1);
    expect(bench.events.filter(({ type }) => type === "source-failed").length).toBeLessThanOrEqual(1);
    for (const [i, { meta, frame }] of aired.entries()) if (meta.standIn === undefined) expect(frame).toBe(i);
    expect(bench.events.some(({ type }) => type === "corrected")).toBe(true);
  });
});

describe("takeover/who is passed over is told", () => {
  const asset = clip(1);

  test("takeover/an-open-that-is-refused-is-told-with-its-reason", async () => {
    const script = {
      calls: [{ on: "open", times: 9, move: { kind: "reject", code: "DeviceUnavailable" } }],
    } as const;
    await using bench = benchOf({ [asset.uri]: script });
    await bench.start(planAt(bench, [segmentOf(1, { asset })]));
    await bench.play(60);
    expect(changes(bench)).toMatchObject([
      { from: { index: 0 }, to: { index: 1 }, reason: "deviceUnavailable", segmentId: segmentOf(1).id },
    ]);
    expect(bench.metrics.counted("decoderChanges", { decoder: "main", reason: "deviceUnavailable" })).toBe(1);
    expect(bench.metrics.counted("restarts", { what: "decoder" })).toBe(0);
  });

  test("takeover/one-that-declines-what-it-would-else-play-is-told", async () => {
    const patterns = new PatternDecoderFactory();
    const full: DecoderFactory = {
      probe: async () => ({ score: 0, reason: "All 4 sessions of cuda:0 are taken.", refusal: "budgetFull" }),
      open: patterns.open.bind(patterns),
    };
    const modest: DecoderFactory = {
      probe: async () => ({ score: 0, reason: "It plays nothing but teletext." }),
      open: patterns.open.bind(patterns),
    };
    for (const [fallback, told] of [
      [full, ["budgetFull"]],
      [modest, []],
    ] as const) {
      await using bench = new ChannelBench({ fallback });
      await bench.start(planAt(bench, [segmentOf(1, { asset })]));
      await bench.play(30);
      expect(changes(bench).map(({ reason }) => reason)).toEqual(told);
    }
  });

  test("takeover/a-change-names-the-segment-that-it-is-prepared-for", async () => {
    const [one, two] = [clip(1), clip(2)];
    const script = {
      calls: [{ on: "open", times: 9, move: { kind: "reject", code: "DeviceUnavailable" } }],
    } as const;
    await using bench = benchOf({ [two.uri]: script });
    const of = (n: number, which: { uri: string }) => segmentOf(n, { asset: which, duration: ms(4_000) });
    await bench.start(planAt(bench, [of(1, one), of(2, two)]));
    const aired = await bench.play(180);
    expect(strip(aired)).toMatch(/^1{119,120}2+$/);
    const [change] = changes(bench);
    expect(change).toMatchObject({ segmentId: segmentOf(2).id, uri: two.uri });
    expect(change?.tick).toBe(aired.find(({ asset: id }) => id === 2)?.tick);
  });
});
