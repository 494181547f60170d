import type { ChildProcess } from "node:child_process";
import { EventEmitter } from "node:events";
import { nanosecondsFromMs, SystemClock } from "@retrovue/core";
import { VirtualHost } from "@retrovue/core/testing";
import { describe, expect, test } from "vitest";
import { openLog } from "../log/log.js";
import { WorkerPool } from "./worker-pool.js";

/** A process of which the test says what becomes of it. */
class ToldProcess extends EventEmitter {
  readonly connected = true;
  exitCode: number | null = null;
  signalCode: string | null = null;

  constructor(readonly pid: number | undefined) {
    super();
  }

  send(): void {}

  kill(): void {
    setImmediate(() => this.end("SIGKILL"));
  }

  end(signal: string): void {
    this.signalCode = signal;
    this.emit("exit", null, signal);
  }

  prepared(): void {
    this.emit("message", { kind: "prepared" });
  }
}

/** A pool of spares over told processes, on a virtual host. */
class Bench implements AsyncDisposable {
  readonly host = new VirtualHost();
  readonly clock = new SystemClock(this.host);
  readonly begun: ToldProcess[] = [];
  readonly messages: string[] = [];
  /** What beginning a process throws: the system has none to give. */
  fault: Error | undefined;
  /** Processes come to nothing a moment after they were begun, as where no descriptors are left. */
  areUnborn = false;
  readonly pool: WorkerPool;

  constructor(spares = 1) {
    const plugin = { use: "x", options: {}, place: "x" };
    this.pool = new WorkerPool({
      preparation: {
        frameBus: { ...plugin, port: "frameBus" },
        decoders: [],
        conformer: { ...plugin, port: "conformer" },
        folder: "/",
        mediaRoots: [],
        protocols: [],
      },
      clock: this.clock,
      timer: this.host.timer,
      spares,
      expected: 0,
      log: openLog({
        level: "info",
        format: "json",
        write: (line) => this.messages.push((JSON.parse(line) as { message: string }).message),
        now: () => 0n,
      }),
      launcher: { begin: () => this.#begin() },
    });
  }

  #begin(): ChildProcess {
    if (this.fault !== undefined) throw this.fault;
    const child = new ToldProcess(this.areUnborn ? undefined : this.begun.length + 1);
    this.begun.push(child);
    if (this.areUnborn) process.nextTick(() => child.emit("error", new Error("spawn EMFILE")));
    return child as unknown as ChildProcess;
  }

  /** The newest one. */
  get spare(): ToldProcess {
    return this.begun.at(-1) as ToldProcess;
  }

  pass(lengthMs: number): Promise<void> {
    return this.host.run(nanosecondsFromMs(lengthMs));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool[Symbol.asyncDispose]();
    this.clock[Symbol.dispose]();
  }
}

describe("workers/spares", () => {
  test("workers/a-spare-that-is-killed-is-replaced-after-a-second-and-nobody-has-to-take-one", async () => {
    await using bench = new Bench();
    bench.spare.prepared();
    await bench.pass(60_000);
    bench.spare.end("SIGKILL");
    await bench.pass(900);
    expect(bench.begun).toHaveLength(1);
    await bench.pass(200);
    expect(bench.begun).toHaveLength(2);
    bench.spare.prepared();
    expect(bench.pool.take()).toBe(bench.begun[1]);
  });

  test("workers/spares-that-end-soon-are-replaced-with-growing-pauses-until-one-is-of-use", async () => {
    await using bench = new Bench();
    for (const [ends, afterMs] of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000].entries()) {
      bench.spare.prepared();
      bench.spare.end("SIGSEGV");
      await bench.pass(afterMs - 100);
      expect(bench.begun).toHaveLength(ends + 1);
      await bench.pass(200);
      expect(bench.begun).toHaveLength(ends + 2);
    }
    bench.spare.prepared();
    bench.pool.take();
    await bench.pass(1_100);
    expect(bench.begun).toHaveLength(9);
  });

  test("workers/one-that-is-of-use-ends-the-pause-that-others-brought", async () => {
    await using bench = new Bench(2);
    for (const child of bench.begun) child.prepared();
    const kept = bench.begun[0] as ToldProcess;
    for (const afterMs of [1_000, 2_000, 4_000, 8_000]) {
      bench.spare.end("SIGSEGV");
      await bench.pass(afterMs + 100);
    }
    bench.spare.end("SIGSEGV");
    const begun = bench.begun.length;
    expect(bench.pool.take()).toBe(kept);
    await bench.pass(1_100);
    expect(bench.begun).toHaveLength(begun + 2);
  });

  test("workers/what-a-spare-logs-is-told", async () => {
    await using bench = new Bench();
    const message = "it plays without breadcrumbs";
    bench.spare.emit("message", { kind: "log", level: "warn", plugin: "x", message, fields: {} });
    expect(bench.messages).toEqual([message]);
  });

  test("workers/a-spare-that-cannot-be-begun-is-told-and-tried-again-with-pauses", async () => {
    await using bench = new Bench();
    bench.spare.prepared();
    bench.fault = new Error("spawn ENOMEM");
    bench.pool.take();
    await bench.pass(1_100);
    await bench.pass(1_000);
    const told = bench.messages.filter((message) => message === "no spare worker can be begun");
    expect(told).toHaveLength(2);
    bench.fault = undefined;
    await bench.pass(2_000);
    expect(bench.begun).toHaveLength(2);
  });

  test("workers/who-takes-one-where-none-can-be-begun-is-told-and-spares-come-later", async () => {
    await using bench = new Bench();
    bench.spare.prepared();
    bench.pool.take();
    bench.fault = new Error("spawn ENOMEM");
    expect(() => bench.pool.take()).toThrow("ENOMEM");
    bench.fault = undefined;
    await bench.pass(1_100);
    expect(bench.begun).toHaveLength(2);
  });

  test("workers/processes-that-come-to-nothing-are-no-spares-and-never-waited-for", async () => {
    const bench = new Bench();
    bench.spare.prepared();
    bench.areUnborn = true;
    bench.pool.take();
    await bench.pass(1_100);
    expect(bench.messages).toContain("a spare worker ended");
    await bench.pass(1_000);
    expect(bench.begun).toHaveLength(3);
    await bench[Symbol.asyncDispose]();
  });
});
