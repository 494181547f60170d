import { describe, expect, test } from "vitest";
import { ms, planOf, segmentOf } from "../../test/plan-examples.js";
import { settled, VirtualHost } from "../../test/virtual-host.js";
import { MemoryFrameBus } from "../bus/memory-frame-bus.js";
import { defaultChannelSettings } from "../channel/settings.js";
import type { SourceFailure } from "../channel/source.js";
import { SystemClock } from "../clock/system-clock.js";
import { PlayoutError } from "../errors/playout-error.js";
import type { FrameMeta, FrameWriter } from "../index.js";
import { defaultProgramFormat } from "../media/program-format.js";
import type { SegmentPlace } from "../plan/place.js";
import type { Plan } from "../plan/plan.js";
import { Timeline } from "../plan/timeline.js";
import { HouseGrid } from "../time/house-grid.js";
import type { Nanoseconds, Tick } from "../time/units.js";
import { ChannelSupervisor, type SupervisorEvent } from "./channel-supervisor.js";
import { Quarantine } from "./quarantine.js";
import type { Suspect, Worker, WorkerHost, WorkerListener, WorkerOrder } from "./worker.js";

const format = { ...defaultProgramFormat, width: 8, height: 2, frameRate: { num: 25, den: 1 } };
const grid = new HouseGrid(format.frameRate, format.sampleRate);
const settings = defaultChannelSettings;
const never = new AbortController().signal;

/** A worker that does what the test says, and nothing by itself but to leave when it is told. */
class ScriptedWorker implements Worker {
  readonly plans: Plan[] = [];
  readonly previews: WorkerOrder["preview"][] = [];
  held: Promise<Tick | undefined> = Promise.resolve(undefined);
  isKilled = false;
  killedFor: string | undefined;
  isStopped = false;
  isDeafToStop = false;
  #writer: FrameWriter | undefined;

  constructor(
    readonly order: WorkerOrder,
    readonly listener: WorkerListener,
  ) {}

  setPlan(plan: Plan): void {
    this.plans.push(plan);
  }

  setPreview(preview: WorkerOrder["preview"]): void {
    this.previews.push(preview);
  }

  hold(): Promise<Tick | undefined> {
    return this.held;
  }

  release(): void {}

  kill(cause: string): void {
    if (!this.isKilled) this.die(cause);
    this.isKilled = true;
    this.killedFor ??= cause;
  }

  stop(): void {
    this.isStopped = true;
    if (!this.isDeafToStop) this.die("exit code 0");
  }

  die(cause: string, suspects: readonly Suspect[] = []): void {
    queueMicrotask(() => this.listener.onExit({ cause, suspects }));
  }

  /** Somebody sends it a signal. */
  dieByHand(): void {
    queueMicrotask(() => this.listener.onExit({ cause: "SIGKILL", suspects: [], fromOutside: true }));
  }

  /** Hands a tick over, as planned unless `how` says otherwise. */
  async submit(bus: MemoryFrameBus, tick: number, how: Partial<FrameMeta> = {}): Promise<void> {
    this.#writer ??= await bus.openWriter(this.order.lane, never);
    const picture = how.standIn === undefined ? await this.#writer.loan(never) : "slate";
    this.#writer.submit(tick as Tick, picture, undefined, { ...shown, ...how });
    if (typeof picture !== "string") picture.release();
  }
}

const shown: FrameMeta = {
  planRevision: 1,
  segmentId: "0".repeat(32),
  assetUri: "",
  assetTitle: "",
  firstOfSegment: false,
  repeat: false,
  standIn: undefined,
  standInReason: "none",
  pad: false,
  discontinuity: false,
  late: false,
  mediaTime: undefined,
  sourcePts: undefined,
  sourceTimeBase: undefined,
  sourceIndex: undefined,
  decoderIndex: 0,
  decodeNs: 0,
  silentSamples: 0,
  ancillary: [],
};

/** A supervisor over scripted workers, on a real clock of a virtual host. */
class SupervisorBench implements WorkerHost {
  readonly host = new VirtualHost();
  readonly clock = new SystemClock(this.host);
  readonly bus = new MemoryFrameBus({ clock: this.clock });
  readonly quarantine = new Quarantine();
  readonly events: SupervisorEvent[] = [];
  readonly workers: ScriptedWorker[] = [];
  readonly first = grid.tickAtOrAfter((this.clock.now() + ms(300)) as Nanoseconds);
  supervisor!: ChannelSupervisor;

  async start(first: Tick = this.first, plan: Plan = this.plan()): Promise<this> {
    this.clock.markAired();
    const spec = {
      engineId: "t",
      channelId: 1,
      format,
      leadTicks: grid.ticksIn(settings.leadNsTarget) + 2,
      historyTicks: 10,
      guardNs: settings.guardNs,
      mapping: this.clock.mapping(),
    };
    const committer = await this.bus.create(spec, never);
    committer.setPolicy({ holdTicksMax: 50, after: "slate" });
    this.supervisor = new ChannelSupervisor(
      {
        grid,
        settings,
        clock: this.clock,
        committer,
        workers: this,
        quarantine: this.quarantine,
        onEvent: (event) => this.events.push(event),
      },
      plan,
    );
    this.supervisor.start(first);
    return this;
  }

  plan(revision = 1): Plan {
    return planOf([segmentOf(1, { duration: ms(5_000) }), segmentOf(2)], {
      revision,
      start: grid.tickTime(this.first),
    });
  }

  spawn(order: WorkerOrder, listener: WorkerListener): Worker {
    this.workers.push(new ScriptedWorker(order, listener));
    return this.worker;
  }

  /** The newest worker. */
  get worker(): ScriptedWorker {
    return this.workers.at(-1) as ScriptedWorker;
  }

  place(tick: Tick = this.first): SegmentPlace {
    return new Timeline(this.plan(), grid).at(tick) as SegmentPlace;
  }

  pass(length: number): Promise<void> {
    return this.host.run(ms(length));
  }

  /** The worker hands over tick after tick for so long, as a good one does. */
  async work(length: number, how?: Partial<FrameMeta>): Promise<void> {
    const until = this.clock.now() + ms(length);
    while (this.clock.now() < until) {
      const head = this.supervisor.timeline && this.next();
      await this.worker.submit(this.bus, head, how);
      await this.pass(40);
    }
  }

  #next = -1;
  next(): number {
    this.#next = Math.max(this.#next + 1, this.worker.order.from);
    return this.#next;
  }

  types(type: SupervisorEvent["type"]): SupervisorEvent[] {
    return this.events.filter((event) => event.type === type);
  }

  failure(uri: string, exhausted: boolean): SupervisorEvent & { type: "source-failed" } {
    const failure: SourceFailure = {
      asset: { uri },
      error: new PlayoutError("DecodeFailed", "It failed."),
      reason: "decodeFailed",
      decoderIndex: undefined,
      retry: { afterNs: ms(1_000), exhausted },
    };
    return { type: "source-failed", tick: this.first, failure };
  }

  async stop(): Promise<void> {
    const stopped = this.supervisor.stop();
    await this.pass(10_000);
    await stopped;
  }
}

describe("supervision/progress", () => {
  test("supervision/a-worker-has-ten-seconds-for-its-first-tick", async () => {
    const bench = await new SupervisorBench().start();
    await bench.pass(9_500);
    expect(bench.workers).toHaveLength(1);
    expect(bench.worker.isKilled).toBe(false);
    await bench.pass(1_000);
    expect(bench.workers[0]?.isKilled).toBe(true);
    expect(bench.workers.length).toBeGreaterThan(1);
    await bench.stop();
  });

  test("supervision/a-worker-that-stops-handing-over-is-killed-after-two-seconds", async () => {
    const bench = await new SupervisorBench().start();
    await bench.work(1_000);
    bench.worker.listener.onEvent({ type: "worker-began", tick: bench.first });
    await bench.pass(1_800);
    expect(bench.workers).toHaveLength(1);
    await bench.pass(400);
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
    await bench.pass(59_000);
    expect(bench.workers).toHaveLength(1);
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
      await bench.pass(2_200);
      expect(bench.workers[hangs - 1]?.killedFor).toBe("no progress");
      expect(bench.workers).toHaveLength(hangs + 1);
    }
    expect(bench.types("worker-delayed")).toEqual([]);
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
