import { describe, expect, test } from "vitest";
import { ms } from "../../test/plan-examples.js";
import { grid, SupervisorBench } from "../../test/supervisor-bench.js";
import { settled } from "../../test/virtual-host.js";
import { defaultChannelSettings } from "../channel/settings.js";
import type { SegmentPlace } from "../plan/place.js";
import type { Nanoseconds, Tick } from "../time/units.js";
import { mediaTime } from "../time/units.js";

describe("supervision/progress", () => {
  test("supervision/a-worker-has-ten-seconds-to-begin", async () => {
    const bench = await new SupervisorBench().start();
    await bench.pass(9_500);
    expect(bench.workers).toHaveLength(1);
    expect(bench.worker.isKilled).toBe(false);
    await bench.pass(1_000);
    expect(bench.workers[0]?.isKilled).toBe(true);
    expect(bench.workers.length).toBeGreaterThan(1);
    await bench.stop();
  });

  test("supervision/a-worker-that-freezes-before-its-first-tick-is-found-after-two-seconds", async () => {
    for (const isOpen of [false, true]) {
      const bench = await new SupervisorBench().start();
      await bench.pass(3_000);
      await bench.live(1_000, isOpen);
      await bench.pass(1_700);
      expect(bench.workers).toHaveLength(1);
      await bench.pass(300);
      expect(bench.workers[0]?.killedFor).toBe("no progress");
      expect(bench.workers).toHaveLength(2);
      await bench.stop();
    }
  });

  test("supervision/a-spare-that-froze-while-it-waited-is-found-after-two-seconds", async () => {
    const bench = new SupervisorBench();
    bench.isWarm = true;
    await bench.start();
    await bench.pass(1_900);
    expect(bench.workers).toHaveLength(1);
    await bench.pass(250);
    expect(bench.workers[0]?.killedFor).toBe("no progress");
    await bench.stop();
  });

  test("supervision/a-lane-that-takes-long-to-open-is-waited-for-while-signs-of-life-come", async () => {
    const bench = await new SupervisorBench().start();
    await bench.live(9_500, false);
    expect(bench.workers).toHaveLength(1);
    await bench.live(1_000, false);
    expect(bench.workers.length).toBeGreaterThan(1);
    await bench.stop();
  });

  test("supervision/whoever-has-a-lane-has-the-longest-hold-and-two-seconds-for-its-first-tick", async () => {
    const bench = await new SupervisorBench().start();
    await bench.live(2_000, false);
    await bench.live(3_800, true);
    expect(bench.workers).toHaveLength(1);
    await bench.live(500, true);
    expect(bench.workers[0]?.killedFor).toBe("no progress");
    await bench.stop();
  });

  test("supervision/signs-of-life-are-no-ticks-of-a-worker-at-work", async () => {
    const bench = await new SupervisorBench().start();
    await bench.work(1_000);
    // One that was still on its way.
    bench.worker.listener.onAlive(true);
    await bench.live(900, true);
    expect(bench.workers).toHaveLength(1);
    await bench.live(300, true);
    expect(bench.workers[0]?.isKilled).toBe(true);
    await bench.stop();
  });

  test("supervision/a-worker-that-stops-handing-over-is-killed-after-a-second", async () => {
    const bench = await new SupervisorBench().start();
    await bench.work(1_000);
    bench.worker.listener.onEvent({ type: "worker-began", tick: bench.first });
    await bench.pass(900);
    expect(bench.workers).toHaveLength(1);
    await bench.pass(250);
    expect(bench.workers[0]?.isKilled).toBe(true);
    expect(bench.types("worker-replaced")).toHaveLength(1);
    await bench.stop();
  });

  test("supervision/a-depth-about-the-minimum-is-told-once", async () => {
    const bench = await new SupervisorBench().start();
    await bench.work(400);
    await bench.pass(190);
    const before = bench.types("state").length;
    await bench.work(2_000);
    expect(bench.types("state").length - before).toBeLessThanOrEqual(1);
    expect(bench.supervisor.state).toBe("buffering");
    await bench.stop();
  });

  test("supervision/a-leap-of-house-time-is-no-lack-of-progress", async () => {
    const bench = await new SupervisorBench().start();
    await bench.work(1_000);
    bench.worker.listener.onEvent({ type: "worker-began", tick: bench.first });
    bench.host.stepUtc(ms(60_000));
    bench.clock.resync();
    await bench.pass(1_500);
    expect(bench.workers).toHaveLength(1);
    await bench.pass(1_000);
    expect(bench.workers.length).toBeGreaterThan(1);
    await bench.stop();
  });

  test("supervision/a-start-in-the-future-is-waited-for", async () => {
    const bench = new SupervisorBench();
    const inAMinute = grid.tickAtOrAfter((bench.clock.now() + ms(60_000)) as Nanoseconds);
    await bench.start(inAMinute);
    await bench.pass(30_000);
    await bench.live(28_000, true);
    expect(bench.workers).toHaveLength(1);
    // Nothing is to be handed over yet, and yet it is missed.
    await bench.pass(2_200);
    expect(bench.workers[0]?.killedFor).toBe("no progress");
    await bench.stop();
  });
});

describe("supervision/edits", () => {
  const preview = { segmentId: "7".repeat(32), asset: { uri: "/media/7.mp4" }, inPoint: mediaTime(0n) };

  test("supervision/a-preview-goes-to-the-worker-and-to-its-successor", async () => {
    const bench = await new SupervisorBench().start();
    expect(bench.worker.order.preview).toBeUndefined();
    bench.supervisor.setPreview(preview);
    expect(bench.worker.previews).toEqual([preview]);
    await bench.work(120);
    bench.worker.dieByHand();
    await settled();
    expect(bench.worker.order.preview).toEqual(preview);
    await bench.stop();
  });

  test("supervision/the-tick-that-a-worker-keeps-back-is-the-next-one", async () => {
    const bench = await new SupervisorBench().start();
    await bench.work(400);
    const next = (bench.worker.order.from + 40) as Tick;
    bench.worker.held = Promise.resolve(next);
    expect(await bench.supervisor.hold()).toBe(next);
    // What it says it keeps back may be on the bus by now, with a stand-in.
    bench.worker.held = Promise.resolve(bench.worker.order.from);
    expect(await bench.supervisor.hold()).toBeGreaterThan(bench.worker.order.from);
    await bench.stop();
  });

  test("supervision/a-worker-that-does-not-answer-is-not-waited-for", async () => {
    const bench = await new SupervisorBench().start();
    await bench.work(400);
    bench.worker.held = new Promise(() => {});
    const holding = bench.supervisor.hold();
    await bench.pass(60);
    const head = bench.worker.order.from;
    expect(await holding).toBeGreaterThan(head);
    await bench.stop();
  });
});

describe("supervision/replacement", () => {
  test("supervision/the-dead-are-replaced-at-once-and-a-row-of-them-is-slowed-down", async () => {
    const bench = await new SupervisorBench().start();
    for (let deaths = 1; deaths <= 3; deaths++) {
      bench.worker.die("SIGSEGV");
      await settled();
      expect(bench.workers).toHaveLength(deaths + 1);
    }
    bench.worker.die("SIGSEGV");
    await bench.pass(900);
    expect(bench.workers).toHaveLength(4);
    await bench.pass(200);
    expect(bench.workers).toHaveLength(5);
    await bench.stop();
  });

  test("supervision/who-is-killed-from-outside-is-replaced-at-once-however-often", async () => {
    const bench = await new SupervisorBench().start();
    for (let kills = 1; kills <= 12; kills++) {
      bench.worker.listener.onEvent({ type: "worker-began", tick: bench.first });
      await bench.pass(120);
      bench.worker.dieByHand();
      await settled();
      expect(bench.workers).toHaveLength(kills + 1);
    }
    expect(bench.types("worker-delayed")).toEqual([]);
    await bench.stop();
  });

  test("supervision/who-is-killed-from-outside-before-any-work-is-one-of-a-row", async () => {
    const bench = await new SupervisorBench().start();
    for (let kills = 1; kills <= 4; kills++) {
      bench.worker.dieByHand();
      await settled();
    }
    expect(bench.workers).toHaveLength(4);
    expect(bench.types("worker-delayed")).toHaveLength(1);
    await bench.stop();
  });

  test("supervision/who-worked-and-then-hung-is-replaced-at-once-however-often", async () => {
    const bench = await new SupervisorBench().start();
    for (let hangs = 1; hangs <= 6; hangs++) {
      bench.worker.listener.onEvent({ type: "worker-began", tick: bench.first });
      await bench.pass(950);
      // It lives for as long as one of use, and is silent for a second at the end.
      bench.worker.listener.onEvent({ type: "worker-began", tick: bench.first });
      await bench.pass(1_200);
      expect(bench.workers[hangs - 1]?.killedFor).toBe("no progress");
      expect(bench.workers).toHaveLength(hangs + 1);
    }
    expect(bench.types("worker-delayed")).toEqual([]);
    await bench.stop();
  });

  test("supervision/who-hangs-is-replaced-while-what-it-made-lasts-and-more-than-a-second-of-holding-is-left", async () => {
    const bench = await new SupervisorBench().start();
    await bench.work(600);
    const silentSince = bench.clock.now();
    await bench.pass(900);
    expect(bench.workers).toHaveLength(1);
    await bench.pass(250);
    expect(bench.workers[0]?.killedFor).toBe("no progress");
    const { leadNsTarget, holdNsMax } = defaultChannelSettings;
    const slateAt = silentSince + leadNsTarget + holdNsMax;
    expect(slateAt - bench.clock.now()).toBeGreaterThan(ms(1_200));
    await bench.stop();
  });

  test("supervision/a-worker-is-not-blamed-for-time-in-which-nobody-could-look", async () => {
    const bench = await new SupervisorBench().start();
    await bench.work(600);
    // The whole machine stands still: the timer that was set comes three seconds late.
    bench.host.lateness = () => ms(3_000);
    await bench.pass(100);
    bench.host.lateness = () => 0n;
    await bench.pass(3_400);
    expect(bench.workers).toHaveLength(1);
    await bench.pass(1_000);
    expect(bench.workers).toHaveLength(2);
    await bench.stop();
  });

  test("supervision/nor-is-one-that-has-made-no-tick-yet", async () => {
    const bench = await new SupervisorBench().start();
    await bench.live(500, true);
    bench.host.lateness = () => ms(3_000);
    await bench.pass(100);
    bench.host.lateness = () => 0n;
    await bench.pass(4_400);
    expect(bench.workers).toHaveLength(1);
    await bench.pass(700);
    expect(bench.workers).toHaveLength(2);
    await bench.stop();
  });

  test("supervision/what-killed-a-worker-is-barred-and-what-was-merely-open-is-not", async () => {
    const bench = await new SupervisorBench().start();
    bench.worker.die("SIGSEGV", [
      { uri: "/bad", decoderIndex: 0, guilty: true },
      { uri: "/good", decoderIndex: 0, guilty: false },
    ]);
    await settled();
    const now = bench.clock.now();
    expect(bench.quarantine.isBarred("/bad", 0, now)).toBe(true);
    expect(bench.quarantine.isBarred("/good", 0, now)).toBe(false);
    expect(bench.types("worker-replaced")).toMatchObject([{ cause: "SIGSEGV", barred: ["/bad"] }]);
    await bench.stop();
  });

  test("supervision/a-stuck-decoder-is-barred-for-ten-minutes-and-its-worker-killed", async () => {
    const bench = await new SupervisorBench().start();
    bench.worker.listener.onEvent({ type: "decoder-stuck", uri: "/hangs", decoderIndex: 1 });
    await settled();
    expect(bench.workers[0]?.isKilled).toBe(true);
    const at = (minutes: number) => (bench.clock.now() + BigInt(minutes) * ms(60_000)) as Nanoseconds;
    expect(bench.quarantine.isBarred("/hangs", 1, at(9))).toBe(true);
    expect(bench.quarantine.isBarred("/hangs", 1, at(11))).toBe(false);
    await bench.stop();
  });

  test.each([
    ["its sound as planned", {}, true],
    ["its sound missing", { silentSamples: 1_920 }, false],
    ["a hold under its own sound", { standIn: "hold", standInReason: "late" } as const, true],
    ["slate in silence", { standIn: "slate", standInReason: "late", silentSamples: 1 } as const, false],
  ])(
    "supervision/a-successor-goes-on-without-a-fade-only-after-a-whole-tick: %s",
    async (_, how, continues) => {
      const bench = await new SupervisorBench().start();
      await bench.work(200);
      for (let i = 0; i < 5; i++) await bench.worker.submit(bench.bus, bench.next(), how);
      bench.worker.die("SIGKILL");
      await settled();
      expect(bench.workers).toHaveLength(2);
      expect(bench.worker.order.continues).toBe(continues);
      await bench.stop();
    },
  );

  test("supervision/a-successor-of-nobody-fades-in", async () => {
    const bench = await new SupervisorBench().start();
    expect(bench.worker.order).toMatchObject({ from: bench.first, continues: false });
    await bench.pass(2_000);
    bench.worker.die("SIGKILL");
    await settled();
    // The committer has stood in, and its silence does not lead on to anything.
    expect(bench.worker.order.continues).toBe(false);
    await bench.stop();
  });
});

describe("supervision/what is told", () => {
  test("supervision/a-segment-begins-once-whichever-worker-says-so", async () => {
    const bench = await new SupervisorBench().start();
    const place = bench.place();
    const begins = (tick: number, of: SegmentPlace = place) =>
      bench.worker.listener.onEvent({ type: "segment-began", tick: tick as Tick, place: of, ready: true });
    begins(bench.first);
    bench.worker.die("SIGKILL");
    await settled();
    begins(bench.first + 20);
    begins(place.end, bench.place(place.end));
    expect(bench.types("segment-began")).toMatchObject([
      { tick: bench.first, place: { segment: { id: place.segment.id } } },
      { tick: place.end },
    ]);
    await bench.stop();
  });

  test("supervision/an-error-ends-when-something-planned-begins-though-it-has-no-picture", async () => {
    const bench = await new SupervisorBench().start();
    await bench.work(200, { standIn: "slate", standInReason: "openFailed" });
    bench.worker.listener.onEvent(bench.failure("/media/1.mp4", true));
    expect(bench.supervisor.state).toBe("error");
    // A segment of sound alone: its slate is as planned.
    const second = bench.place(bench.place().end);
    await bench.work(200, { standIn: "slate", standInReason: "soundOnly" });
    bench.worker.listener.onEvent({ type: "segment-began", tick: second.first, place: second, ready: true });
    expect(bench.supervisor.state).not.toBe("error");
    await bench.stop();
  });

  test("supervision/an-error-ends-when-sound-alone-comes-back", async () => {
    const bench = await new SupervisorBench().start();
    await bench.work(200, { standIn: "slate", standInReason: "openFailed" });
    bench.worker.listener.onEvent(bench.failure("/media/1.mp4", true));
    await bench.work(200, { standIn: "slate", standInReason: "soundOnly" });
    expect(bench.supervisor.state).not.toBe("error");
    await bench.stop();
  });

  test("supervision/only-what-is-on-air-makes-a-channel-fail", async () => {
    const bench = await new SupervisorBench().start();
    bench.worker.listener.onEvent(bench.failure("/media/2.mp4", true));
    bench.worker.listener.onEvent(bench.failure("/media/1.mp4", false));
    expect(bench.supervisor.state).toBe("buffering");
    await bench.stop();
  });
});

describe("supervision/orders", () => {
  test("supervision/a-newer-plan-reaches-the-worker-and-an-older-one-nobody", async () => {
    const bench = await new SupervisorBench().start();
    expect(bench.supervisor.applyPlan(bench.plan(3))).toBe(true);
    expect(bench.supervisor.applyPlan(bench.plan(3))).toBe(false);
    expect(bench.supervisor.applyPlan(bench.plan(2))).toBe(false);
    expect(bench.worker.plans.map(({ revision }) => revision)).toEqual([3]);
    bench.worker.die("SIGKILL");
    await settled();
    expect(bench.worker.order.plan.revision).toBe(3);
    await bench.stop();
  });

  test("supervision/stop-waits-for-who-leaves-and-kills-who-does-not", async () => {
    for (const isDeafToStop of [false, true]) {
      const bench = await new SupervisorBench().start();
      await bench.work(200);
      const { worker } = bench;
      worker.isDeafToStop = isDeafToStop;
      await bench.stop();
      expect([worker.isStopped, worker.isKilled]).toEqual([true, isDeafToStop]);
      expect(bench.supervisor.state).toBe("stopped");
      expect(bench.workers).toHaveLength(1);
    }
  });
});
