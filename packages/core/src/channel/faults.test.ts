import { describe, expect, test } from "vitest";
import { type Aired, ChannelBench, clip, strip } from "../../test/channel-bench.js";
import { ms, planOf, segmentOf } from "../../test/plan-examples.js";
import { PlayoutError } from "../errors/playout-error.js";
import {
  type Conformer,
  type Nanoseconds,
  type Plan,
  type Segment,
  splicePlan,
  type Tick,
  tickAfter,
} from "../index.js";
import { type FaultScript, PatternDecoderFactory } from "../testing/index.js";

const planAt = (bench: ChannelBench, segments: Segment[]): Plan =>
  planOf(segments, { start: bench.grid.tickTime(bench.first) });

/** A picture of another size than the program's: it has to be conformed. */
const unfit = (id: number, more = "rate=30000/1001&duration=60s") => ({
  uri: `test://pattern?id=${id}&size=16x2&mark=compact&${more}`,
});

const began = (bench: ChannelBench) =>
  bench.events.flatMap((event) => (event.type === "segment-began" ? [event] : []));
const failures = (bench: ChannelBench) =>
  bench.events.flatMap((event) => (event.type === "source-failed" ? [event.failure] : []));
const reasons = (aired: readonly Aired[]) => [...new Set(aired.map(({ meta }) => meta.standInReason))];

/** A conformer that, from its nth picture on, does not get done; `hears` its signal or not. */
const hanging = (from: number, hears: boolean) => (inner: Conformer) => {
  let pictures = 0;
  const picture: Conformer["picture"] = (...args) => {
    pictures += 1;
    if (pictures <= from) return inner.picture(...args);
    const signal = args[3];
    return new Promise((_, reject) => {
      if (hears) signal.addEventListener("abort", () => reject(PlayoutError.from(signal.reason)));
    });
  };
  return {
    format: inner.format,
    picture,
    openSound: inner.openSound.bind(inner),
    [Symbol.asyncDispose]: inner[Symbol.asyncDispose].bind(inner),
  };
};

describe("channel/watches", () => {
  test("channel/a-conformer-that-hangs-is-noticed-and-told", async () => {
    await using bench = new ChannelBench({ conformer: hanging(20, false) });
    await bench.start(planAt(bench, [segmentOf(1, { asset: unfit(1) })]));
    const aired = await bench.play(200);
    expect(failures(bench)[0]).toMatchObject({ reason: "hung", error: { code: "Timeout" } });
    expect(failures(bench)[0]?.error.message).toContain("not conformed");
    expect(bench.events).toContainEqual({ type: "decoder-stuck", uri: unfit(1).uri, decoderIndex: 0 });
    expect(strip(aired)).toMatch(/^\?{20}h+s+$/);
  });

  test("channel/a-conformer-that-lets-go-is-not-told-as-stuck", async () => {
    await using bench = new ChannelBench({ conformer: hanging(20, true) });
    await bench.start(planAt(bench, [segmentOf(1, { asset: unfit(1) })]));
    await bench.play(200);
    expect(failures(bench)[0]?.reason).toBe("hung");
    expect(bench.events.filter(({ type }) => type === "decoder-stuck")).toEqual([]);
  });

  test("channel/a-bus-that-lends-nothing-is-noticed-and-no-decoder-blamed", async () => {
    let isEmpty = false;
    await using bench = new ChannelBench({
      fallback: new PatternDecoderFactory(),
      writer: (inner) => ({
        loan: (signal) =>
          isEmpty
            ? new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)))
            : inner.loan(signal),
        submit: inner.submit.bind(inner),
        onRefused: inner.onRefused.bind(inner),
        head: inner.head.bind(inner),
        [Symbol.asyncDispose]: inner[Symbol.asyncDispose].bind(inner),
      }),
    });
    await bench.start(planAt(bench, [segmentOf(1, { asset: unfit(1) })]));
    await bench.play(30);
    isEmpty = true;
    await bench.play(120);
    isEmpty = false;
    const aired = await bench.play(240);
    expect(failures(bench)).toMatchObject([{ reason: "hung", decoderIndex: undefined, retry: {} }]);
    expect(failures(bench)[0]?.error.message).toContain("no picture buffer");
    expect(aired.at(-1)?.meta).toMatchObject({ standIn: undefined, decoderIndex: 0 });
  });

  test("channel/each-step-to-a-place-has-all-the-time-of-a-step", async () => {
    const asset = clip(1);
    const late = { kind: "late", byNs: ms(1_500) } as const;
    const script = {
      calls: [
        { on: "seek", times: 2, move: late },
        { on: "picture", times: 1, move: late },
      ],
    } as const;
    await using bench = new ChannelBench({ faults: { [asset.uri]: script } });
    // Joined in its middle, with an in-point: seek, look, seek.
    const start = bench.grid.tickTime(tickAfter(bench.first, -60 as Tick));
    const segment = segmentOf(1, { asset, inPoint: ms(2_000) as never, duration: ms(30_000) });
    await bench.start(planOf([segment], { start }));
    // As late as it is by then, it may be sought ahead once.
    expect(strip(await bench.play(240))).toMatch(/^s+1*h*1+$/);
    expect(failures(bench)).toEqual([]);
  });

  test("channel/an-open-that-hears-no-signal-is-told", async () => {
    const asset = clip(1);
    const script = { calls: [{ on: "open", move: { kind: "deaf" } }] } as const;
    await using bench = new ChannelBench({ faults: { [asset.uri]: script } });
    await bench.start(planAt(bench, [segmentOf(1, { asset })]));
    await bench.play(260);
    expect(bench.events).toContainEqual({ type: "decoder-stuck", uri: asset.uri, decoderIndex: 0 });
  });
});

describe("channel/late sound", () => {
  const slow = (from: number, times = 1_000) =>
    ({ calls: [{ on: "sound", from, times, move: { kind: "late", byNs: ms(700) } }] }) as const;

  test("channel/sound-that-falls-behind-is-sought-ahead", async () => {
    const asset = clip(1);
    await using bench = new ChannelBench({ faults: { [asset.uri]: slow(20, 6) } });
    await bench.start(planAt(bench, [segmentOf(1, { asset })]));
    const aired = await bench.play(300);
    expect(bench.events.some(({ type }) => type === "corrected")).toBe(true);
    expect(aired.at(-1)?.meta.silentSamples).toBe(0);
  });

  test("channel/sound-alone-is-sought-ahead-too", async () => {
    const asset = { uri: "test://pattern?id=1&pictures=none&duration=60s" };
    await using bench = new ChannelBench({ faults: { [asset.uri]: slow(20, 6) } });
    await bench.start(planAt(bench, [segmentOf(1, { asset })]));
    const aired = await bench.play(300);
    expect(reasons(aired.slice(20))).toEqual(["soundOnly"]);
    expect(bench.events.some(({ type }) => type === "corrected")).toBe(true);
    expect(aired.at(-1)?.meta.silentSamples).toBe(0);
  });

  test("lesson/14-a-join-waits-for-half-a-second-of-sound", async () => {
    // Sound comes in small blocks: 14 of them, of 33 ms each, take nearly all the time that there is to prepare.
    const [asset, took] = [clip(2), ms(275)];
    const patterns = new PatternDecoderFactory();
    let opened = 0n;
    await using bench: ChannelBench = new ChannelBench({
      fallback: {
        probe: (...args) => patterns.probe(...args),
        open: async (...args) => {
          const inner = await patterns.open(...args);
          opened = bench.clock.now();
          let blocks = 0;
          return {
            info: inner.info,
            seek: inner.seek.bind(inner),
            readPicture: inner.readPicture.bind(inner),
            readSound: async (samples, signal) => {
              blocks += 1;
              if (blocks <= 14)
                await bench.clock.sleepUntil((bench.clock.now() + took) as Nanoseconds, signal);
              return inner.readSound(Math.min(samples, 1_602), signal);
            },
            [Symbol.asyncDispose]: inner[Symbol.asyncDispose].bind(inner),
          };
        },
      },
    });
    bench.barred.add(`0 ${asset.uri}`);
    const of = (n: number, which: { uri: string }) => segmentOf(n, { asset: which, duration: ms(4_000) });
    await bench.start(planAt(bench, [of(1, clip(1)), of(2, asset)]));
    const aired = await bench.play(200);
    expect(strip(aired)).toMatch(/^1{119,120}2+$/);
    expect(aired.slice(1).every(({ meta }) => meta.silentSamples === 0)).toBe(true);
    const second = aired.find(({ asset: id }) => id === 2);
    expect((second?.committedAt ?? 0n) - opened).toBeGreaterThanOrEqual(14n * took);
    const [, margin] = bench.metrics.observed("prerollMargin");
    expect(margin).toBeGreaterThan(0);
    expect(margin).toBeLessThan(0.2);
  });
});

describe("channel/beginnings", () => {
  test("lesson/28-a-late-join-is-told-where-it-happens", async () => {
    await using bench = new ChannelBench();
    const start = bench.grid.tickTime(tickAfter(bench.first, -100 as Tick));
    const plan = planOf(
      [segmentOf(1, { asset: clip(1), duration: ms(10_000) }), segmentOf(2, { asset: clip(2) })],
      { start },
    );
    await bench.start(plan);
    await bench.play(20);
    expect(began(bench)).toMatchObject([
      { tick: bench.first, ready: true, place: { first: bench.first - 100 } },
    ]);
    // An edit that moves the seam into the past: the second segment is joined where it would be by now.
    const next = bench.channel.nextTick;
    const shorter = segmentOf(1, { asset: clip(1), duration: bench.grid.length(100) });
    bench.edit({ ...plan, revision: 2, segments: [shorter, segmentOf(2, { asset: clip(2) })] });
    await bench.play(60);
    expect(began(bench)[1]).toMatchObject({
      tick: next,
      place: { first: bench.first, segment: { id: segmentOf(2).id } },
    });
    expect(began(bench)).toHaveLength(2);
  });

  test("channel/what-an-edit-brings-too-near-is-a-late-take", async () => {
    const slow = clip(2);
    const script = { calls: [{ on: "open", move: { kind: "late", byNs: ms(2_500) } }] } as const;
    await using bench = new ChannelBench({ faults: { [slow.uri]: script } });
    const plan = planAt(bench, [segmentOf(1, { asset: clip(1), duration: ms(60_000) })]);
    await bench.start(plan);
    await bench.play(30);
    // A second and a half ahead of what is handed over: not at once, but nearer than it takes to open.
    const at = tickAfter(bench.channel.nextTick, 45);
    bench.edit(splicePlan(plan, at, [segmentOf(2, { asset: slow })], bench.channel.nextTick, bench.grid));
    const aired = await bench.play(200);
    const stoodIn = aired.filter(({ meta }) => meta.standIn !== undefined);
    expect(stoodIn.length).toBeGreaterThan(5);
    expect(reasons(stoodIn)).toEqual(["lateTake"]);
  });

  test("channel/what-was-planned-there-all-along-is-no-late-take", async () => {
    const slow = clip(2);
    const script = { calls: [{ on: "open", move: { kind: "late", byNs: ms(4_500) } }] } as const;
    await using bench = new ChannelBench({ faults: { [slow.uri]: script } });
    const of = (n: number, asset: { uri: string }) => segmentOf(n, { asset, duration: ms(4_000) });
    const plan = planAt(bench, [of(1, clip(1)), of(2, slow)]);
    await bench.start(plan);
    await bench.play(30);
    bench.edit({ ...plan, revision: 2 });
    const aired = await bench.play(200);
    expect(reasons(aired.filter(({ meta }) => meta.standIn !== undefined))).toEqual(["opening"]);
  });
});

describe("channel/taking over", () => {
  test("channel/a-successor-leaves-the-hold-to-the-committer", async () => {
    const asset = clip(1);
    const faults: Record<string, FaultScript> = {};
    await using bench = new ChannelBench({ faults });
    const plan = planAt(bench, [segmentOf(1, { asset })]);
    await bench.start(plan);
    await bench.play(30);
    faults[asset.uri] = { calls: [{ on: "open", move: { kind: "late", byNs: ms(1_500) } }] };
    await bench.takeOver(plan);
    const aired = await bench.play(120);
    expect(strip(aired)).toMatch(/^1+h{20,40}1+$/);
    const back = aired.find(({ tick, meta }) => tick > bench.first && meta.discontinuity);
    expect(back?.frame).toBe((back?.tick ?? 0) - bench.first);
    expect(aired[back ? back.tick - bench.first - 1 : 0]?.meta).toMatchObject({
      standIn: "hold",
      standInReason: "workerLost",
    });
  });

  test("channel/a-successor-without-a-picture-comes-to-the-slate-when-the-hold-is-over", async () => {
    const asset = clip(1);
    const faults: Record<string, FaultScript> = {};
    await using bench = new ChannelBench({ faults });
    const plan = planAt(bench, [segmentOf(1, { asset })]);
    await bench.start(plan);
    await bench.play(30);
    faults[asset.uri] = {
      calls: [{ on: "open", times: 9, move: { kind: "reject", code: "MediaNotFound" } }],
    };
    await bench.takeOver(plan);
    const aired = await bench.play(150);
    expect(strip(aired)).toMatch(/^1+h{58,60}s+$/);
    expect(aired.at(-1)?.meta.standInReason).toBe("openFailed");
    expect(aired.slice(1).some(({ meta }) => meta.discontinuity)).toBe(false);
  });

  /** A successor whose decoder fails once and is retried after 1 s; it begins at tick 30. */
  const backingOff = async (bench: ChannelBench, faults: Record<string, FaultScript>) => {
    const asset = clip(1);
    const plan = planAt(bench, [segmentOf(1, { asset })]);
    await bench.start(plan);
    await bench.play(30);
    faults[asset.uri] = { calls: [{ on: "open", move: { kind: "reject", code: "MediaNotFound" } }] };
    await bench.takeOver(plan);
    return plan;
  };

  test("channel/a-retry-that-helps-a-successor-airs-without-the-lead-between", async () => {
    const faults: Record<string, FaultScript> = {};
    await using bench = new ChannelBench({ faults });
    await backingOff(bench, faults);
    const aired = await bench.play(120);
    // Lost at tick 30, with half a second of lead on the bus, of which the second of waiting takes the rest.
    expect(strip(aired)).toMatch(/^1{40,}h{15,22}1+$/);
    expect(failures(bench).at(-1)?.retry?.afterNs).toBe(ms(1_000));
  });

  test("channel/an-edit-airs-at-once-while-a-successor-leaves-the-hold-to-the-committer", async () => {
    const faults: Record<string, FaultScript> = {};
    await using bench = new ChannelBench({ faults });
    const plan = await backingOff(bench, faults);
    await bench.play(52);
    const next = bench.channel.nextTick;
    expect(next - bench.first).toBeLessThanOrEqual(52 + 4);
    bench.edit(
      splicePlan(plan, next, [segmentOf(2, { asset: clip(2) })], bench.channel.nextTick, bench.grid),
    );
    expect(strip(await bench.play(60))).toMatch(/^1+h+2+$/);
  });

  test("channel/sound-fades-in-after-ticks-that-were-left-to-the-committer", async () => {
    const asset = clip(1);
    const faults: Record<string, FaultScript> = {};
    await using bench = new ChannelBench({ faults });
    const plan = planAt(bench, [segmentOf(1, { asset })]);
    await bench.start(plan);
    await bench.play(30);
    faults[asset.uri] = { calls: [{ on: "open", move: { kind: "late", byNs: ms(1_500) } }] };
    // What is on the bus is whole, but what comes after it is not.
    await bench.takeOver(plan, true);
    const aired = await bench.play(120);
    const silent = aired.slice(1).map(({ meta }) => meta.silentSamples);
    const back = silent.findLastIndex((samples) => samples > 0);
    expect(silent[back - 1]).toBeGreaterThan(1_600);
    expect(silent[back]).toBe(240);
    const { sound, meta } = aired[back + 1] as Aired;
    expect(meta.standIn).toBeUndefined();
    expect(sound[0]?.[0]).toBeCloseTo(0, 6);
  });

  test("channel/nothing-is-left-to-the-committer-across-a-boundary", async () => {
    const [one, two] = [clip(1), clip(2)];
    const slow = { calls: [{ on: "open", times: 9, move: { kind: "late", byNs: ms(2_500) } }] } as const;
    await using bench = new ChannelBench({ faults: { [two.uri]: slow } });
    const of = (n: number, asset: { uri: string }) => segmentOf(n, { asset, duration: ms(1_500) });
    const plan = planAt(bench, [of(1, one), of(2, two)]);
    await bench.start(plan);
    await bench.play(25);
    await bench.takeOver(plan);
    const aired = await bench.play(80);
    // The next segment is opened anew, and its stand-ins are the worker's own.
    const second = aired.filter(
      ({ meta }) => meta.segmentId === segmentOf(2).id && meta.standIn !== undefined,
    );
    expect(second.length).toBeGreaterThan(5);
    expect(reasons(second)).toEqual(["opening"]);
  });
});

describe("channel/metrics", () => {
  test("channel/each-picture-is-counted-with-the-time-that-it-took", async () => {
    const asset = clip(1, "rate=15000/1001&duration=60s");
    const late = {
      calls: [{ on: "picture", from: 1, times: 999, move: { kind: "late", byNs: ms(20) } }],
    } as const;
    await using bench = new ChannelBench({ faults: { [asset.uri]: late } });
    await bench.start(planAt(bench, [segmentOf(1, { asset })]));
    await bench.play(60);
    const latencies = bench.metrics.observed("decodeLatency");
    // Half of the ticks are repeats, and the lead is made already.
    expect(latencies.length).toBeGreaterThanOrEqual(30);
    expect(latencies.length).toBeLessThanOrEqual(38);
    expect(latencies[20]).toBe(0.02);
    const decoded = bench.metrics.counted("framesDecoded");
    expect(decoded - latencies.length).toBeGreaterThanOrEqual(0);
    expect(decoded - latencies.length).toBeLessThanOrEqual(2);
  });
});

describe("channel/back-off", () => {
  test("channel/only-delivering-wipes-out-earlier-failures", async () => {
    const asset = clip(1);
    // Opens each time and gives pictures, but each hangs and never one that airs: nothing is delivered.
    const script = { calls: [{ on: "picture", from: 0, times: 999, move: { kind: "stuck" } }] } as const;
    await using bench = new ChannelBench({
      faults: { [asset.uri]: script },
      settings: { stallTimeoutNs: ms(17_000) },
    });
    await bench.start(planAt(bench, [segmentOf(1, { asset, duration: ms(120_000) })]));
    await bench.play(1_900);
    const after = failures(bench).flatMap(({ retry }) =>
      retry === undefined ? [] : [retry.afterNs / ms(1_000)],
    );
    expect(after).toEqual([1n, 2n, 4n]);
  });
});
