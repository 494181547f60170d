import { describe, expect, test } from "vitest";
import { type Aired, ChannelBench, clip, strip } from "../../test/channel-bench.js";
import { idOf, ms, planOf, segmentOf } from "../../test/plan-examples.js";
import { type MediaTime, mediaTime, type Plan, type Preview, splicePlan, type Tick } from "../index.js";
import { type FaultScript, matchExactSound } from "../testing/index.js";

const idOfPreview = idOf(99);
const preview = (asset: number, inPoint = 0n): Preview => ({
  segmentId: idOfPreview,
  asset: clip(asset),
  inPoint: mediaTime(inPoint),
});

/** It takes longer to open than a channel has lead. */
const slow: FaultScript = { calls: [{ on: "open", move: { kind: "late", byNs: ms(800) } }] };

function onAir(faults: Readonly<Record<string, FaultScript>> = {}) {
  const bench = new ChannelBench({ faults });
  let plan: Plan = planOf([segmentOf(1, { asset: clip(1), duration: ms(60_000) })], {
    start: bench.grid.tickTime(bench.first),
  });
  const { grid, clock } = bench;
  return {
    bench,
    start: () => bench.start(plan),
    /** Puts an asset on air from a tick on. */
    splice: (asset: number, at: Tick, inPoint: MediaTime = mediaTime(0n), id = idOfPreview) => {
      const segment = segmentOf(2, { id, asset: clip(asset), inPoint, duration: ms(30_000) });
      plan = splicePlan(plan, at, [segment], grid.tickAtOrBefore(clock.now()), grid);
      bench.edit(plan);
    },
    told: () =>
      bench.events.flatMap((event) =>
        event.type === "preparation" && event.segmentId === idOfPreview
          ? [`${event.state} ${event.first ?? "-"}`]
          : [],
      ),
  };
}

/** Samples of one tick that are, from the start, those of `asset` from `position` on. */
const matching = ({ sound }: Aired, asset: number, position: number): number =>
  matchExactSound(sound[0] ?? new Float32Array(), 0, sound[0]?.length ?? 0, asset, 0, position);

describe("channel/preview", () => {
  test("channel/what-was-previewed-airs-from-its-very-first-tick-however-slow-it-opens", async () => {
    const it = onAir({ [clip(2).uri]: slow });
    await using bench = it.bench;
    await it.start();
    bench.channel.setPreview(preview(2));
    await bench.play(30);
    expect(it.told()).toEqual(["preparing -", "primed -"]);
    const at = bench.channel.hold() as Tick;
    it.splice(2, at);
    const aired = await bench.play(60);
    const from = at - bench.first;
    expect(strip(aired)).toBe("1".repeat(from) + "2".repeat(60 - from));
    expect(aired.slice(from).map(({ frame }) => frame)).toEqual(
      Array.from({ length: 60 - from }, (_, n) => n),
    );
    let position = 0;
    for (const [n, tick] of aired.slice(from).entries()) {
      // The cut itself is de-clicked; nothing else may touch a sample.
      if (n > 0) expect(matching(tick, 2, position)).toBe(tick.sound[0]?.length);
      position += tick.sound[0]?.length ?? 0;
    }
    expect(it.told()).toEqual(["preparing -", "primed -", `primed ${at}`]);
    expect(bench.patterns.ledger().decoders).toBe(1);
  });

  test("channel/without-a-preview-the-same-switch-has-to-stand-in", async () => {
    const it = onAir({ [clip(2).uri]: slow });
    await using bench = it.bench;
    await it.start();
    await bench.play(30);
    const at = bench.channel.hold() as Tick;
    it.splice(2, at);
    const aired = (await bench.play(70)).slice(at - bench.first);
    expect(strip(aired)).toMatch(/^[sh]+2+$/);
    expect(aired[0]?.meta.standInReason).toBe("lateTake");
  });

  test("channel/a-preview-begins-at-its-in-point", async () => {
    const it = onAir();
    await using bench = it.bench;
    await it.start();
    const inPoint = mediaTime(bench.grid.length(40));
    bench.channel.setPreview(preview(2, inPoint));
    await bench.play(20);
    const at = (bench.channel.nextTick + 7) as Tick;
    it.splice(2, at, inPoint);
    const aired = (await bench.play(70)).slice(at - bench.first);
    expect(aired.map(({ frame }) => frame)).toEqual(aired.map((_, n) => 40 + n));
  });

  test("channel/the-next-preview-takes-nothing-from-the-one-that-a-plan-airs", async () => {
    const it = onAir({ [clip(2).uri]: slow });
    await using bench = it.bench;
    await it.start();
    bench.channel.setPreview(preview(2));
    await bench.play(30);
    const at = bench.channel.hold() as Tick;
    it.splice(2, at);
    bench.channel.setPreview({ ...preview(3), segmentId: idOf(98) });
    const aired = await bench.play(60);
    expect(strip(aired.slice(at - bench.first))).toMatch(/^2+$/);
    expect(bench.patterns.ledger().decoders).toBe(2);
  });

  test("channel/a-preview-serves-its-own-segment-only", async () => {
    const it = onAir();
    await using bench = it.bench;
    await it.start();
    bench.channel.setPreview(preview(2));
    await bench.play(30);
    it.splice(2, bench.channel.nextTick, mediaTime(0n), idOf(50));
    await bench.play(60);
    expect(it.told()).toEqual(["preparing -", "primed -"]);
    // On air, and still in the shadow.
    expect(bench.patterns.ledger().decoders).toBe(2);
    bench.channel.setPreview(undefined);
    await bench.play(70);
    expect(bench.patterns.ledger().decoders).toBe(1);
  });

  test("channel/a-preview-that-fails-is-told-once-and-leaves-the-air-alone", async () => {
    const bad: FaultScript = {
      calls: [{ on: "open", times: 9, move: { kind: "reject", code: "DecodeFailed" } }],
    };
    const it = onAir({ [clip(2).uri]: bad });
    await using bench = it.bench;
    await it.start();
    bench.channel.setPreview(preview(2));
    const aired = await bench.play(150);
    expect(strip(aired)).toBe("1".repeat(150));
    expect(it.told()).toEqual(["preparing -", "failed -"]);
    expect(bench.events.filter(({ type }) => type === "source-failed")).toEqual([]);
  });
});

describe("channel/hold", () => {
  test("channel/the-tick-that-is-held-back-is-the-first-that-an-edit-changes", async () => {
    const it = onAir();
    await using bench = it.bench;
    await it.start();
    bench.channel.setPreview(preview(2));
    await bench.play(30);
    const at = bench.channel.hold() as Tick;
    // Three ticks' time goes by before the edit comes.
    await bench.play(33);
    expect(bench.committer.head()).toBe(at - 1);
    it.splice(2, at);
    const aired = await bench.play(60);
    expect(strip(aired)).toBe("1".repeat(at - bench.first) + "2".repeat(60 - (at - bench.first)));
  });

  test("channel/a-hold-ends-at-the-ticks-deadline-with-what-is-planned", async () => {
    const it = onAir();
    await using bench = it.bench;
    await it.start();
    await bench.play(30);
    bench.channel.hold();
    expect(strip(await bench.play(100))).toBe("1".repeat(100));
  });

  test("channel/a-hold-that-is-let-go-changes-nothing", async () => {
    const it = onAir();
    await using bench = it.bench;
    await it.start();
    await bench.play(30);
    bench.channel.hold();
    await bench.play(35);
    bench.channel.release();
    const aired = await bench.play(60);
    expect(strip(aired)).toBe("1".repeat(60));
    for (const { tick, committedAt } of aired.slice(40))
      expect(bench.grid.tickTime(tick) - committedAt).toBeGreaterThanOrEqual(bench.settings.leadNsMin);
  });
});
