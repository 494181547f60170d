import { describe, expect, test } from "vitest";
import { type Aired, ChannelBench, clip, strip } from "../../test/channel-bench.js";
import { ms, planOf, segmentOf } from "../../test/plan-examples.js";
import {
  mediaTime,
  type Nanoseconds,
  type Plan,
  rational,
  type Segment,
  splicePlan,
  Timeline,
  tickAfter,
} from "../index.js";
import { matchExactSound, PatternDecoderFactory } from "../testing/index.js";

/** A plan whose first segment begins at the bench's first tick. */
const planAt = (bench: ChannelBench, segments: Segment[]): Plan =>
  planOf(segments, { start: bench.grid.tickTime(bench.first) });

/** So many ticks of the bench, rounded up to the millisecond. */
const ticks = (bench: ChannelBench, n: number): Nanoseconds => bench.grid.length(n);

/** Samples of one tick that are, from the start, those of `asset` from `position` on. */
const matching = ({ sound }: Aired, asset: number, position: number): number =>
  matchExactSound(sound[0] ?? new Float32Array(), 0, sound[0]?.length ?? 0, asset, 0, position);

describe("channel/plays", () => {
  test("channel/every-tick-has-its-picture-and-its-share-of-samples", async () => {
    await using bench = new ChannelBench();
    await bench.start(planAt(bench, [segmentOf(1, { asset: clip(1), duration: ms(20_000) })]));
    const aired = await bench.play(300);
    expect(strip(aired)).toBe("1".repeat(300));
    expect(aired.map(({ frame }) => frame)).toEqual(Array.from({ length: 300 }, (_, i) => i));
    for (const { tick, sound } of aired) expect(sound[0]?.length).toBe(bench.grid.samplesIn(tick));
    expect(aired.map(({ tick }) => tick)).toEqual(aired.map((_, i) => bench.first + i));
  });

  test("channel/frames-are-committed-ahead-of-their-time", async () => {
    await using bench = new ChannelBench();
    await bench.start(planAt(bench, [segmentOf(1, { asset: clip(1) })]));
    for (const { tick, committedAt } of (await bench.play(100)).slice(20)) {
      const lead = bench.grid.tickTime(tick) - committedAt;
      expect(lead).toBeGreaterThanOrEqual(bench.settings.leadNsMin);
      expect(lead).toBeLessThanOrEqual(bench.settings.leadNsTarget);
    }
  });

  test("channel/closes-all-that-it-opened", async () => {
    const bench = new ChannelBench();
    const segments = [1, 2, 3, 4, 5, 6].map((n) => segmentOf(n, { asset: clip(n), duration: ms(700) }));
    await bench.start(planAt(bench, segments));
    await bench.play(90);
    await bench[Symbol.asyncDispose]();
    expect(bench.patterns.ledger()).toEqual({
      decoders: 0,
      pictures: 0,
      sounds: 0,
      misuse: [],
      heldAtDispose: 0,
    });
  });

  test("channel/continues-an-asset-with-the-same-decoder-to-the-sample", async () => {
    await using bench = new ChannelBench();
    const first = segmentOf(1, { asset: clip(1), duration: ms(1_210) });
    const second = segmentOf(2, { asset: clip(1), inPoint: mediaTime(ms(1_210)), duration: ms(1_500) });
    await bench.start(planAt(bench, [first, second]));
    const aired = await bench.play(60);
    let position = 0;
    for (const [i, tick] of aired.entries()) {
      expect(tick.frame).toBe(i);
      // The run begins with a cut from black, which is de-clicked; nothing else may touch a sample.
      if (i > 0) expect(matching(tick, 1, position)).toBe(tick.sound[0]?.length);
      position += tick.sound[0]?.length ?? 0;
    }
    expect(bench.patterns.ledger().decoders).toBe(1);
  });

  test("channel/a-segment-of-one-tick-airs", async () => {
    await using bench = new ChannelBench();
    const one = (n: number) => segmentOf(n, { asset: clip(n), duration: ticks(bench, 1) });
    const long = (n: number) => segmentOf(n, { asset: clip(n), duration: ticks(bench, 10) });
    await bench.start(planAt(bench, [long(1), one(2), long(3), one(4), one(5), long(6)]));
    expect(strip(await bench.play(33))).toMatch(/^1{10}23{9,10}4?5?6+$/);
  });
});

describe("channel/lessons on sound", () => {
  test("lesson/10-sound-is-pulled-by-sample-debt-not-by-pictures", async () => {
    // Pictures at 5 fps: sound read once a picture would starve.
    await using bench = new ChannelBench();
    await bench.start(planAt(bench, [segmentOf(1, { asset: clip(1, "rate=5&duration=60s") })]));
    const aired = await bench.play(200);
    let position = 0;
    for (const [i, tick] of aired.entries()) {
      const samples = tick.sound[0]?.length ?? 0;
      if (i > 0) expect(matching(tick, 1, position)).toBe(samples);
      expect(tick.meta.silentSamples).toBe(i === 0 ? tick.meta.silentSamples : 0);
      position += samples;
    }
    expect(aired.slice(0, 5).reduce((sum, { sound }) => sum + (sound[0]?.length ?? 0), 0)).toBe(8_008);
  });

  test("lesson/11-throttled-pictures-never-starve-the-sound", async () => {
    // 120 pictures a second of which one in four is shown: the picture side waits most of the time.
    await using bench = new ChannelBench({ rate: rational(30, 1) });
    await bench.start(planAt(bench, [segmentOf(1, { asset: clip(1, "rate=120&duration=60s") })]));
    const aired = await bench.play(300);
    expect(aired.slice(1).every(({ meta }) => meta.silentSamples === 0)).toBe(true);
    expect(aired.map(({ frame }) => frame)).toEqual(Array.from({ length: 300 }, (_, i) => 4 * i));
  });

  test("lesson/12-late-pictures-cost-no-sound", async () => {
    const asset = clip(1);
    const late = { calls: [{ on: "picture", from: 40, move: { kind: "late", byNs: ms(900) } }] } as const;
    await using bench = new ChannelBench({ faults: { [asset.uri]: late } });
    await bench.start(planAt(bench, [segmentOf(1, { asset, duration: ms(8_000) })]));
    const aired = await bench.play(150);
    expect(strip(aired)).toMatch(/^1+h+1+$/);
    expect(aired.slice(1).every(({ meta }) => meta.silentSamples === 0)).toBe(true);
  });

  test("lesson/14-half-a-second-of-sound-is-ready-before-a-join-and-silent-media-becomes-ready-too", async () => {
    // Reading sound takes half a second from the first block on: unprepared, a join would begin silent.
    const [slow, mute] = [clip(2), clip(3, "rate=25&duration=20s&sound=none")];
    const late = { calls: [{ on: "sound", times: 3, move: { kind: "late", byNs: ms(400) } }] } as const;
    await using bench = new ChannelBench({ faults: { [slow.uri]: late } });
    const of = (n: number, asset: { uri: string }) => segmentOf(n, { asset, duration: ms(2_000) });
    await bench.start(planAt(bench, [of(1, clip(1)), of(2, slow), of(3, mute)]));
    const aired = await bench.play(178);
    expect(strip(aired)).toMatch(/^1{60}2{59,60}3{58,60}$/);
    expect(aired.slice(1).every(({ meta }) => meta.silentSamples === 0)).toBe(true);
  });

  test("lesson/15-after-a-seek-sound-and-picture-begin-at-the-same-place", async () => {
    await using bench = new ChannelBench();
    const inPoint = mediaTime(ms(7_307));
    await bench.start(planAt(bench, [segmentOf(1, { asset: clip(1, "rate=25&duration=60s"), inPoint })]));
    const [first, second] = await bench.play(3);
    expect(first?.frame).toBe(Math.floor((7_307 + 2) / 40));
    const position = 7_307 * 48 + (first?.sound[0]?.length ?? 0);
    expect(second && matching(second, 1, position)).toBe(second?.sound[0]?.length);
  });

  test("lesson/18-sound-and-picture-change-on-the-same-tick", async () => {
    await using bench = new ChannelBench();
    const of = (n: number) => segmentOf(n, { asset: clip(n), duration: ms(777) });
    await bench.start(planAt(bench, [of(1), of(2), of(3)]));
    let [asset, since] = [1, 0];
    for (const tick of await bench.play(68)) {
      if (tick.asset !== asset) [asset, since] = [tick.asset ?? 0, 0];
      const samples = tick.sound[0]?.length ?? 0;
      // 2 ms of ramp at either side of a cut, the rest is the new segment's to the sample.
      const at = 48;
      const value = tick.sound[0]?.[at] ?? 0;
      expect(Math.abs(value)).toBeLessThanOrEqual(1);
      const inner = tick.sound.map((channel) => channel.slice(96, samples - 96));
      expect(matchExactSound(inner[0] ?? new Float32Array(), 0, samples - 192, asset, 0, since + 96)).toBe(
        samples - 192,
      );
      since += samples;
    }
    expect(asset).toBe(3);
  });
});

describe("channel/lessons on seams", () => {
  test("lesson/19-hundreds-of-joins-hold-lose-and-blacken-nothing", async () => {
    const rates = ["24", "25", "30000/1001", "24000/1001", "60", "50"];
    await using bench = new ChannelBench();
    const segments = Array.from({ length: 300 }, (_, i) => {
      const asset = clip((i % 250) + 1, `rate=${rates[i % rates.length]}&duration=20s`);
      return segmentOf(i, {
        asset,
        inPoint: mediaTime(ms((i * 137) % 9_000)),
        duration: ms(40 + ((i * 89) % 900)),
      });
    });
    const plan = planAt(bench, segments);
    await bench.start(plan);
    const timeline = new Timeline(plan, bench.grid);
    for (const { tick, asset, meta } of await bench.play(4_000)) {
      const place = timeline.at(tick);
      if (place.in !== "segment") break;
      expect(meta.standIn, `tick ${tick}`).toBeUndefined();
      expect(asset).toBe((place.index % 250) + 1);
      expect(meta.segmentId).toBe(place.segment.id);
    }
  });

  test("lesson/20-a-fallback-never-shows-the-programme-before-the-cut", async () => {
    const broken = clip(2);
    const script = {
      calls: [{ on: "open", times: 99, move: { kind: "reject", code: "MediaCorrupt" } }],
    } as const;
    await using bench = new ChannelBench({ faults: { [broken.uri]: script } });
    await bench.start(
      planAt(bench, [segmentOf(1, { asset: clip(1), duration: ms(1_000) }), segmentOf(2, { asset: broken })]),
    );
    const aired = await bench.play(60);
    expect(strip(aired)).toBe(`${"1".repeat(30)}${"s".repeat(30)}`);
    expect(aired.at(-1)?.meta.standInReason).toBe("openFailed");
  });

  test("lesson/23-preparing-one-never-blocks-preparing-another", async () => {
    const stuck = clip(3);
    const script = { calls: [{ on: "open", times: 99, move: { kind: "stuck" } }] } as const;
    await using bench = new ChannelBench({ faults: { [stuck.uri]: script } });
    const of = (n: number, asset: { uri: string }) => segmentOf(n, { asset, duration: ms(1_000) });
    await bench.start(planAt(bench, [of(1, clip(1)), of(2, clip(2)), of(3, stuck), of(4, clip(4))]));
    expect(strip(await bench.play(119))).toMatch(/^1{30}2{29,30}s{29,31}4+$/);
  });

  test("lesson/24-opening-a-slow-file-stalls-nothing", async () => {
    const slow = clip(2);
    const script = { calls: [{ on: "open", move: { kind: "late", byNs: ms(2_900) } }] } as const;
    await using bench = new ChannelBench({ faults: { [slow.uri]: script } });
    const of = (n: number, asset: { uri: string }) => segmentOf(n, { asset, duration: ms(4_000) });
    await bench.start(planAt(bench, [of(1, clip(1)), of(2, slow)]));
    expect(strip(await bench.play(230))).toMatch(/^1{119,120}2+$/);
  });

  test("lesson/26-a-bad-asset-costs-its-own-segment-only", async () => {
    const bad = clip(2);
    const script = {
      calls: [{ on: "open", times: 99, move: { kind: "reject", code: "MediaNotFound" } }],
    } as const;
    await using bench = new ChannelBench({ faults: { [bad.uri]: script } });
    const of = (n: number, asset: { uri: string }) => segmentOf(n, { asset, duration: ticks(bench, 20) });
    await bench.start(planAt(bench, [of(1, clip(1)), of(2, bad), of(3, clip(3))]));
    expect(strip(await bench.play(60))).toBe(`${"1".repeat(20)}${"s".repeat(20)}${"3".repeat(20)}`);
  });

  test("lesson/29-a-channel-that-begins-again-goes-on-at-the-current-place", async () => {
    await using bench = new ChannelBench();
    // As after a restart: the plan began 20 s before this channel did.
    const start = (bench.grid.tickTime(bench.first) - ms(20_020)) as Nanoseconds;
    await bench.start(planOf([segmentOf(1, { asset: clip(1), duration: ms(60_000) })], { start }));
    const [first, second] = await bench.play(10);
    expect([first?.frame, second?.frame]).toEqual([600, 601]);
  });
});

describe("channel/faults", () => {
  test("channel/short-media-is-held-250-ms-then-slate-until-its-boundary", async () => {
    await using bench = new ChannelBench();
    const short = segmentOf(1, {
      asset: clip(1, "rate=30000/1001&duration=1001ms"),
      duration: ticks(bench, 60),
    });
    await bench.start(planAt(bench, [short, segmentOf(2, { asset: clip(2) })]));
    const aired = await bench.play(70);
    expect(strip(aired)).toBe(`${"1".repeat(30)}${"h".repeat(7)}${"s".repeat(23)}${"2".repeat(10)}`);
    expect(aired[35]?.meta.standInReason).toBe("endedEarly");
  });

  test("channel/a-decoder-that-fails-is-followed-by-the-next-at-the-same-place", async () => {
    const asset = clip(1);
    const script = {
      calls: [{ on: "picture", from: 30, move: { kind: "reject", code: "DecodeFailed" } }],
    } as const;
    await using bench = new ChannelBench({
      faults: { [asset.uri]: script },
      fallback: new PatternDecoderFactory(),
    });
    await bench.start(planAt(bench, [segmentOf(1, { asset })]));
    const aired = await bench.play(90);
    expect(strip(aired)).toBe("1".repeat(90));
    expect(aired.map(({ frame }) => frame)).toEqual(aired.map((_, i) => i));
    expect([aired[10]?.meta.decoderIndex, aired[80]?.meta.decoderIndex]).toEqual([0, 1]);
    expect(aired.slice(1).every(({ meta }) => meta.silentSamples === 0)).toBe(true);
  });

  test("channel/a-decoder-that-hangs-is-given-up-and-the-right-frame-comes-back", async () => {
    const asset = clip(1);
    const script = { calls: [{ on: "picture", from: 30, move: { kind: "stuck" } }] } as const;
    const patterns = new PatternDecoderFactory();
    await using bench: ChannelBench = new ChannelBench({
      faults: { [asset.uri]: script },
      fallback: {
        probe: patterns.probe.bind(patterns),
        // Longer than the lead lasts.
        open: async (...args) => {
          await bench.clock.sleepUntil((bench.clock.now() + ms(1_200)) as Nanoseconds, args[2]);
          return patterns.open(...args);
        },
      },
    });
    await bench.start(planAt(bench, [segmentOf(1, { asset })]));
    const aired = await bench.play(150);
    expect(strip(aired)).toMatch(/^1+h{20,60}1+$/);
    for (const [i, { meta, frame }] of aired.entries()) if (meta.standIn === undefined) expect(frame).toBe(i);
    expect(
      bench.events.some((event) => event.type === "source-failed" && event.failure.reason === "hung"),
    ).toBe(true);
  });

  test("channel/a-fault-is-retried-after-one-second-with-a-true-reason-meanwhile", async () => {
    const asset = clip(1);
    const script = { calls: [{ on: "open", move: { kind: "reject", code: "MediaNotFound" } }] } as const;
    await using bench = new ChannelBench({ faults: { [asset.uri]: script } });
    await bench.start(planAt(bench, [segmentOf(1, { asset })]));
    const aired = await bench.play(90);
    expect(strip(aired)).toMatch(/^s{1,45}1+$/);
    expect(aired[0]?.meta.standInReason).toBe("openFailed");
    const back = aired.find(({ meta }) => meta.standIn === undefined);
    expect(back?.frame).toBe((back?.tick ?? 0) - bench.first);
    expect(back?.meta.discontinuity).toBe(true);
    const breaks = aired.slice(1).filter(({ meta }) => meta.discontinuity);
    expect(breaks.map(({ tick }) => tick)).toEqual([back?.tick]);
  });

  test("channel/a-failure-is-told-while-its-decoder-is-still-being-closed", async () => {
    const asset = clip(1);
    const script = {
      calls: [{ on: "picture", from: 30, move: { kind: "reject", code: "DecodeFailed" } }],
    } as const;
    const closeNs = ms(900);
    await using bench = new ChannelBench({ faults: { [asset.uri]: script }, closeNs });
    await bench.start(planAt(bench, [segmentOf(1, { asset })]));
    const reasons = (await bench.play(60)).map(({ meta }) => meta.standInReason);
    expect(new Set(reasons)).toEqual(new Set(["none", "decodeFailed"]));
  });

  test("channel/a-barred-pair-is-not-tried", async () => {
    const asset = clip(1);
    await using bench = new ChannelBench();
    bench.barred.add(`0 ${asset.uri}`);
    await bench.start(planAt(bench, [segmentOf(1, { asset })]));
    const aired = await bench.play(10);
    expect(strip(aired)).toBe("s".repeat(10));
    expect(aired[9]?.meta.standInReason).toBe("quarantined");
  });
});

describe("channel/edits", () => {
  test("channel/what-is-on-air-and-unchanged-plays-on-without-a-reopen", async () => {
    await using bench = new ChannelBench();
    const of = (n: number) => segmentOf(n, { asset: clip(n), duration: ms(5_000) });
    const plan = planAt(bench, [of(1), of(2)]);
    await bench.start(plan);
    await bench.play(40);
    bench.edit({ ...plan, revision: 2, segments: [of(1), of(3)] });
    const aired = await bench.play(200);
    expect(strip(aired)).toMatch(/^1{150}3{50}$/);
    expect(aired.map(({ frame }) => frame).slice(0, 150)).toEqual(Array.from({ length: 150 }, (_, i) => i));
    expect(aired.slice(1, 149).every(({ meta }) => meta.silentSamples === 0 && !meta.discontinuity)).toBe(
      true,
    );
    expect(bench.events.filter(({ type }) => type === "source-failed")).toEqual([]);
  });

  test("channel/a-splice-lands-on-its-tick", async () => {
    await using bench = new ChannelBench();
    const plan = planAt(bench, [segmentOf(1, { asset: clip(1), duration: ms(60_000) })]);
    await bench.start(plan);
    await bench.play(30);
    const at = tickAfter(bench.first, 100);
    bench.edit(
      splicePlan(plan, at, [segmentOf(2, { asset: clip(2) })], tickAfter(bench.first, 30), bench.grid),
    );
    expect(strip(await bench.play(130))).toBe(`${"1".repeat(100)}${"2".repeat(30)}`);
  });
});
