import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { HeldProcesses, heldByKernel } from "../src/processes/held-processes.js";
import { buildIfStale, root } from "./built-cli.js";
import { EngineProcess } from "./control/engine-process.js";
import { KernelHold } from "./kernel-hold.js";

const isBuilt = existsSync(`${root}packages/framebus-shm/build/Release/framebus_shm.node`);

/** True where one process may trace another. */
async function maybeTraced(): Promise<boolean> {
  const child = spawn("sleep", ["60"]);
  await once(child, "spawn");
  using hold = await KernelHold.on(child.pid ?? 0);
  child.kill("SIGKILL");
  return hold !== undefined;
}

const isTraced = process.platform === "linux" && (await maybeTraced());

/** Processes that are killed, by a timer that goes off when the test says. */
class Bench {
  readonly #wakes: (() => void)[] = [];
  readonly #held: HeldProcesses;

  constructor(most?: number) {
    this.#held = new HeldProcesses(
      {
        after: (_, wake) => {
          this.#wakes.push(wake);
          return { [Symbol.dispose]: () => {} };
        },
      },
      most,
    );
  }

  /** A process that runs, and what is heard of its end. */
  async begin() {
    const child = this.#held.giveUpOnceKilled(spawn("sleep", ["60"], { stdio: "pipe" }));
    await once(child, "spawn");
    const ends: unknown[] = [];
    child.once("exit", (code, signal) => ends.push(signal ?? code));
    return { child, ends, hold: await KernelHold.on(child.pid ?? 0) };
  }

  /** The time is up. */
  async late(): Promise<void> {
    for (const wake of this.#wakes.splice(0)) wake();
    await setImmediate();
    await setImmediate();
  }
}

describe.skipIf(!isTraced)("killed processes that do not end (skipped where none may be traced)", () => {
  test("processes/who-is-killed-and-held-is-taken-for-gone-and-its-end-is-told-once", async () => {
    const bench = new Bench();
    const { child, ends, hold } = await bench.begin();
    child.kill("SIGKILL");
    await setImmediate();
    expect(ends).toEqual([]);
    await bench.late();
    expect(ends).toEqual([heldByKernel]);
    expect(child.stdout?.destroyed).toBe(true);
    child.kill("SIGKILL");
    await bench.late();
    hold?.[Symbol.dispose]();
    await expect.poll(() => child.signalCode).toBe("SIGKILL");
    expect(ends).toEqual([heldByKernel]);
  });

  test("processes/who-ends-before-its-time-is-up-has-ended-as-ever", async () => {
    const bench = new Bench();
    const { child, ends, hold } = await bench.begin();
    hold?.[Symbol.dispose]();
    child.kill("SIGKILL");
    await expect.poll(() => ends).toEqual(["SIGKILL"]);
    await bench.late();
    expect(ends).toEqual(["SIGKILL"]);
  });

  test("processes/no-more-than-a-bound-are-given-up-at-one-time-and-the-next-when-one-is-let-go", async () => {
    const bench = new Bench(1);
    const first = await bench.begin();
    const second = await bench.begin();
    first.child.kill("SIGKILL");
    second.child.kill("SIGKILL");
    await bench.late();
    expect([first.ends, second.ends]).toEqual([[heldByKernel], []]);
    first.hold?.[Symbol.dispose]();
    await expect.poll(() => first.child.signalCode).toBe("SIGKILL");
    // Nobody kills it again.
    await bench.late();
    expect(second.ends).toEqual([heldByKernel]);
    second.hold?.[Symbol.dispose]();
  });
});

describe.skipIf(!isTraced || !isBuilt)(
  "a worker that the kernel holds (skipped where none may be traced)",
  () => {
    beforeAll(buildIfStale, 120_000);

    test("lesson/52-a-worker-that-cannot-be-ended-is-replaced-and-its-channel-goes-on-and-stops", async () => {
      await using engine = new EngineProcess().configure("[{ id: 1, plan: ./plan.yaml, outputs: [] }]");
      const asset = "test://pattern?duration=600s&rate=30000/1001&size=16x16&mark=compact";
      writeFileSync(join(engine.folder, "plan.yaml"), `segments:\n  - { uri: "${asset}" }\n`);
      const client = await engine.start();
      const readies = () => engine.logged("buffering -> ready").length;
      await expect.poll(readies, { timeout: 60_000 }).toBeGreaterThan(0);
      const [onAir = 0] = await engine.workers();
      const before = readies();
      using hold = await KernelHold.on(onAir);
      expect(hold).toBeDefined();
      process.kill(onAir, "SIGKILL");
      const replaced = () => engine.logged("worker replaced").filter(({ pidFrom }) => pidFrom === onAir);
      await expect
        .poll(replaced, { timeout: 30_000 })
        .toMatchObject([{ channel: 1, cause: "no progress, and has not ended" }]);
      await expect.poll(readies, { timeout: 30_000 }).toBeGreaterThan(before);
      // The one that came after it is held as well, and asked to stop.
      const next = Number(engine.logged("worker replaced").at(-1)?.["pidTo"]);
      using nextHold = await KernelHold.on(next);
      expect(nextHold).toBeDefined();
      process.kill(next, "SIGSTOP");
      expect((await client.control.stopChannel({ channelId: 1 })).message).toBe("stopped");
      expect((await client.control.startChannel({ channelId: 1, planHandle: "plan.yaml" })).message).toBe(
        "started",
      );
      client.close();
      expect(await engine.end()).toBe(0);
    }, 120_000);
  },
);
