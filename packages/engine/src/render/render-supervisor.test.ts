import {
  type MetricKey,
  nanosecondsFromMs,
  type RendererCounters,
  SystemClock,
  silentMetrics,
} from "@retrovue/core";
import { settled, VirtualHost } from "@retrovue/core/testing";
import { describe, expect, test } from "vitest";
import { openLog } from "../log/log.js";
import type { RenderExit, RenderHost, RenderLine, RenderListener } from "./render-line.js";
import {
  RenderSupervisor,
  type Replacement,
  renderBeginNsMax,
  renderSilenceNsMax,
} from "./render-supervisor.js";

const renderBeginMs = Number(renderBeginNsMax / 1_000_000n);
const renderSilenceMs = Number(renderSilenceNsMax / 1_000_000n);

const chunk = { bytes: Uint8Array.of(0x47), randomAccess: true, tick: 1 as never };

/** A renderer that does what the test says, and nothing by itself but to leave when it is told. */
class ScriptedRenderer implements RenderLine {
  killedFor: string | undefined;
  isDeafToStop = false;
  isStopped = false;

  constructor(
    readonly pid: number,
    readonly listener: RenderListener,
  ) {}

  snapshot(): Promise<Uint8Array> {
    return Promise.resolve(Uint8Array.of(this.pid));
  }

  stop(): void {
    this.isStopped = true;
    if (!this.isDeafToStop) this.die("exit code 0");
  }

  kill(cause: string): void {
    if (this.killedFor === undefined) this.die(cause);
    this.killedFor ??= cause;
  }

  die(cause: string, isFromOutside = false): void {
    queueMicrotask(() => this.listener.onExit({ cause, isFromOutside } satisfies RenderExit));
  }

  count(encodedFrames: number, bytes: number, more: Partial<RendererCounters> = {}): void {
    this.listener.onCounters({
      encodedFrames,
      missedTicks: 0,
      lateTicks: 0,
      tornTicks: 0,
      bytes,
      droppedChunks: 0,
      opens: 1,
      encodeLatency: { buckets: [], sumNs: 0 },
      frameGapNs: 0,
      ...more,
    });
  }
}

/** A supervisor over scripted renderers, on a real clock of a virtual host. */
class Bench implements RenderHost, AsyncDisposable {
  readonly host = new VirtualHost();
  readonly clock = new SystemClock(this.host);
  readonly renderers: ScriptedRenderer[] = [];
  readonly replaced: Replacement[] = [];
  readonly lines: { readonly message: string; readonly [field: string]: unknown }[] = [];
  readonly counted: MetricKey[] = [];
  chunks = 0;
  breaks = 0;
  /** What beginning a renderer throws: the system has none to give. */
  fault: Error | undefined;
  readonly supervisor: RenderSupervisor;

  constructor(fault?: Error) {
    this.fault = fault;
    this.clock.markAired();
    this.supervisor = new RenderSupervisor({
      host: this,
      clock: this.clock,
      metrics: { ...silentMetrics, count: (key) => this.counted.push(key) },
      log: openLog({
        level: "info",
        format: "json",
        write: (line) => this.lines.push(JSON.parse(line)),
        now: () => 0n,
      }),
      onChunk: () => {
        this.chunks += 1;
      },
      onBreak: () => {
        this.breaks += 1;
      },
      onReplaced: (told) => this.replaced.push(told),
    });
  }

  spawn(listener: RenderListener): RenderLine {
    if (this.fault !== undefined) throw this.fault;
    const renderer = new ScriptedRenderer(this.renderers.length + 1, listener);
    this.renderers.push(renderer);
    return renderer;
  }

  /** The newest one. */
  get renderer(): ScriptedRenderer {
    return this.renderers.at(-1) as ScriptedRenderer;
  }

  pass(lengthMs: number): Promise<void> {
    return this.host.run(nanosecondsFromMs(lengthMs));
  }

  /** Bytes come for so long, several times a second. */
  async give(lengthMs: number): Promise<void> {
    const { renderer } = this;
    for (let at = 0; at < lengthMs; at += 200) {
      renderer.listener.onChunk(chunk);
      await this.pass(200);
    }
  }

  /** Dies, and so many milliseconds pass. */
  async die(cause: string, afterMs = 0): Promise<void> {
    this.renderer.die(cause);
    await settled();
    await this.pass(afterMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const stopped = this.supervisor.stop();
    await settled();
    await this.pass(2_000);
    await stopped;
    this.clock[Symbol.dispose]();
  }
}

const said = (bench: Bench, message: string) => bench.lines.filter((line) => line.message === message);

describe("render-supervisor/silence", () => {
  test("render-supervisor/who-gave-bytes-and-gives-none-for-three-seconds-is-ended-for-it-and-replaced-and-told-so", async () => {
    await using bench = new Bench();
    await bench.give(1_000);
    expect(bench.supervisor.isAtWork).toBe(true);
    await bench.pass(renderSilenceMs - 300);
    expect(bench.renderers).toHaveLength(1);
    await bench.pass(1_000);
    expect(bench.renderers[0]?.killedFor).toBe("gave nothing");
    expect(bench.replaced).toEqual([{ cause: "gave nothing", pidFrom: 1, pidTo: 2 }]);
    expect(said(bench, "renderer replaced")).toMatchObject([{ cause: "gave nothing" }]);
    expect([bench.breaks, bench.counted, bench.supervisor.isAtWork]).toEqual([1, ["restarts"], false]);
  });

  test("render-supervisor/one-that-loads-has-ten-seconds-and-so-has-each-successor", async () => {
    await using bench = new Bench();
    await bench.give(1_000);
    await bench.die("SIGSEGV");
    // What it encodes before its first bytes are no bytes.
    bench.renderer.count(1, 0);
    await bench.pass(renderBeginMs - 300);
    expect([bench.renderers.length, bench.renderer.killedFor]).toEqual([2, undefined]);
    await bench.pass(1_000);
    expect(bench.renderers[1]?.killedFor).toBe("gave nothing");
  });

  test("render-supervisor/the-time-in-which-nobody-looked-is-no-silence", async () => {
    await using bench = new Bench();
    await bench.give(1_000);
    // The engine's loop is held up: its timers are late, and what the renderer gave is read after them.
    bench.host.lateness = () => nanosecondsFromMs(8_000);
    await bench.pass(500);
    bench.host.lateness = () => 0n;
    await bench.pass(8_500);
    expect(bench.renderers).toHaveLength(1);
    await bench.give(1_000);
    expect(bench.renderers).toHaveLength(1);
    await bench.pass(renderSilenceMs + 500);
    expect(bench.renderers[0]?.killedFor).toBe("gave nothing");
  });

  test("render-supervisor/a-leap-of-house-time-is-no-silence", async () => {
    await using bench = new Bench();
    await bench.give(1_000);
    bench.host.stepUtc(nanosecondsFromMs(60_000));
    bench.clock.resync();
    await bench.pass(1_500);
    await bench.give(1_000);
    expect(bench.renderers).toHaveLength(1);
    // Nor does it keep a hang from being found.
    await bench.pass(renderSilenceMs + 500);
    expect(bench.renderers[0]?.killedFor).toBe("gave nothing");
  });

  test("render-supervisor/one-that-makes-no-bytes-is-alive-while-its-ticks-advance", async () => {
    await using bench = new Bench();
    for (let second = 1; second <= 40; second++) {
      bench.renderer.count(second * 25, 0);
      await bench.pass(1_000);
    }
    expect(bench.renderers).toHaveLength(1);
    expect(bench.supervisor.isAtWork).toBe(false);
    // The same numbers again and again are no ticks.
    for (let second = 1; second <= 11; second++) {
      bench.renderers[0]?.count(1_000, 0);
      await bench.pass(1_000);
    }
    expect(bench.renderers[0]?.killedFor).toBe("gave nothing");
  });

  test("render-supervisor/one-that-makes-bytes-which-do-not-come-is-silent", async () => {
    await using bench = new Bench();
    for (let second = 1; second <= 11; second++) {
      bench.renderer.count(second * 25, second * 100_000);
      await bench.pass(1_000);
    }
    expect(bench.renderers[0]?.killedFor).toBe("gave nothing");
  });
});

describe("render-supervisor/back-off", () => {
  test("render-supervisor/two-deaths-are-answered-at-once-and-a-row-of-them-with-growing-pauses", async () => {
    await using bench = new Bench();
    await bench.die("SIGSEGV");
    await bench.die("SIGSEGV");
    expect(bench.renderers).toHaveLength(3);
    await bench.die("SIGSEGV", 900);
    expect(bench.renderers).toHaveLength(3);
    await bench.pass(200);
    expect(bench.renderers).toHaveLength(4);
    await bench.die("SIGSEGV", 1_900);
    expect(bench.renderers).toHaveLength(4);
    await bench.pass(200);
    expect(bench.renderers).toHaveLength(5);
    expect(said(bench, "renderer ended; another one follows").map((line) => line["afterMs"])).toEqual([
      1_000, 2_000,
    ]);
  });

  test.each([
    ["by bytes", (bench: Bench) => bench.renderer.listener.onChunk(chunk)],
    ["by ticks", (bench: Bench) => bench.renderer.count(25, 0)],
  ])(
    "render-supervisor/who-was-heard-for-five-seconds-is-replaced-at-once-however-often: %s",
    async (_, hear) => {
      await using bench = new Bench();
      for (let deaths = 1; deaths <= 5; deaths++) {
        for (let half = 1; half <= 2; half++) {
          hear(bench);
          await bench.pass(2_500);
        }
        await bench.die("SIGSEGV");
        expect(bench.renderers).toHaveLength(deaths + 1);
      }
    },
  );

  test("render-supervisor/who-is-killed-from-outside-at-work-is-replaced-at-once-and-before-it-is-one-of-a-row", async () => {
    await using bench = new Bench();
    for (let kills = 1; kills <= 5; kills++) {
      bench.renderer.listener.onChunk(chunk);
      bench.renderer.die("SIGKILL", true);
      await settled();
      expect(bench.renderers).toHaveLength(kills + 1);
    }
    for (let kills = 1; kills <= 2; kills++) {
      bench.renderer.die("SIGKILL", true);
      await settled();
    }
    expect(bench.renderers).toHaveLength(7);
  });

  test("render-supervisor/what-cannot-be-begun-is-tried-again-with-pauses-and-told-by-its-code", async () => {
    await using bench = new Bench();
    await bench.give(6_000);
    bench.fault = Object.assign(new Error("spawn ENOMEM"), { code: "ENOMEM" });
    await bench.die("SIGSEGV", 900);
    await bench.pass(1_000);
    const told = said(bench, "no renderer can be begun; it is tried again");
    expect(told).toMatchObject([
      { afterMs: 1_000, err: { code: "Internal", what: "spawn ENOMEM" } },
      { afterMs: 2_000 },
    ]);
    await expect(bench.supervisor.snapshot(new AbortController().signal)).rejects.toMatchObject({
      code: "WorkerLost",
    });
    bench.fault = undefined;
    await bench.pass(2_000);
    expect(bench.replaced).toEqual([{ cause: "SIGSEGV", pidFrom: 1, pidTo: 2 }]);
  });

  test("render-supervisor/outputs-begin-though-the-first-renderer-cannot-be-begun-yet", async () => {
    await using bench = new Bench(new Error("spawn ENOMEM"));
    await bench.pass(900);
    bench.fault = undefined;
    await bench.pass(200);
    expect(bench.renderers).toHaveLength(1);
    // It takes nobody's place.
    expect(bench.replaced).toEqual([]);
    await bench.give(400);
    expect(bench.supervisor.isAtWork).toBe(true);
  });
});

describe("render-supervisor/stop", () => {
  test("render-supervisor/stop-waits-for-who-leaves-and-kills-who-does-not-after-one-and-a-half-seconds", async () => {
    for (const isDeafToStop of [false, true]) {
      const bench = new Bench();
      bench.renderer.isDeafToStop = isDeafToStop;
      let isOver = false;
      const stopped = bench.supervisor.stop().then(() => {
        isOver = true;
      });
      await settled();
      await bench.pass(1_400);
      expect([bench.renderer.isStopped, isOver]).toEqual([true, !isDeafToStop]);
      await bench.pass(200);
      await stopped;
      expect(bench.renderer.killedFor).toBe(isDeafToStop ? "did not stop" : undefined);
      expect([bench.renderers.length, bench.breaks]).toEqual([1, 0]);
      bench.clock[Symbol.dispose]();
    }
  });

  test("render-supervisor/nobody-follows-once-it-is-stopped", async () => {
    const bench = new Bench(new Error("spawn ENOMEM"));
    const stopped = bench.supervisor.stop();
    await settled();
    await stopped;
    bench.fault = undefined;
    await bench.pass(60_000);
    expect(bench.renderers).toEqual([]);
    bench.clock[Symbol.dispose]();
  });
});
