import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { SystemClock, type Timer } from "@retrovue/core";
import { beforeAll, describe, expect, test } from "vitest";
import { NodeHostTime } from "../src/clock/node-host-time.js";
import { openLog } from "../src/log/log.js";
import { MediaWorker } from "../src/media/media-worker.js";
import { beginWorker } from "../src/workers/process-workers.js";
import { buildIfStale, root } from "./built-cli.js";

const never = new AbortController().signal;

/** A timer that fires when told. */
class ToldTimer implements Timer {
  readonly #waiting = new Set<{ readonly delay: bigint; readonly wake: () => void }>();
  after(delay: bigint, wake: () => void): Disposable {
    const entry = { delay, wake };
    this.#waiting.add(entry);
    return { [Symbol.dispose]: () => void this.#waiting.delete(entry) };
  }
  /** What waits for so long, to be woken. */
  take(seconds: number): readonly (() => void)[] {
    const due = [...this.#waiting].filter(({ delay }) => delay === BigInt(seconds) * 1_000_000_000n);
    for (const entry of due) this.#waiting.delete(entry);
    return due.map(({ wake }) => wake);
  }
}

function mediaWorker(decoder = fileURLToPath(new URL("./dangerous-decoder.ts", import.meta.url))) {
  const clock = new SystemClock(new NodeHostTime());
  const timer = new ToldTimer();
  const children: ChildProcess[] = [];
  const lines: string[] = [];
  const gone: [number, string][] = [];
  const worker = new MediaWorker({
    begin: () => {
      const child = beginWorker(
        {
          frameBus: {
            port: "frameBus",
            use: "@retrovue/engine/plugins/memory-bus",
            options: {},
            place: "frameBus",
          },
          decoders: [{ port: "decoder", use: decoder, options: {}, place: "decoders[0]" }],
          conformer: {
            port: "conformer",
            use: "@retrovue/engine/plugins/copy-conformer",
            options: {},
            place: "conformer",
          },
          folder: root,
          mediaRoots: [],
          protocols: [],
        },
        clock,
        `${root}packages/engine/dist/workers/worker-main.js`,
      );
      children.push(child);
      return child;
    },
    onGone: (pid, cause) => gone.push([pid, cause]),
    timer,
    log: openLog({ level: "error", format: "json", now: () => 0n, write: (line) => lines.push(line) }),
  });
  return { worker, timer, children, lines, gone, [Symbol.dispose]: () => clock[Symbol.dispose]() };
}

describe("media/worker", () => {
  beforeAll(buildIfStale, 120_000);

  test("media/an-asset-that-ends-the-process-fails-alone", async () => {
    using made = mediaWorker();
    await using worker = made.worker;
    const asked = ["test://a", "test://crash", "test://b", "test://broken", "test://c", "test://d"].map(
      (uri) =>
        worker.lengthOf(uri, never).then(
          (length) => String(length),
          (thrown: { code: string }) => thrown.code,
        ),
    );
    const second = "1000000000";
    expect(await Promise.all(asked)).toEqual([
      second,
      "DecodeFailed",
      second,
      "MediaCorrupt",
      second,
      second,
    ]);
    expect(made.lines.filter((line) => line.includes("ended the process"))).toHaveLength(1);
    expect(made.lines.join("")).toContain('"asset":"test://crash"');
  });

  test("media/an-asset-of-which-nobody-can-be-told-fails-alone", async () => {
    using made = mediaWorker();
    await using worker = made.worker;
    const asked = ["test://a", "test://absurd", "test://b"].map((uri) =>
      worker.lengthOf(uri, never).then(
        (length) => String(length),
        (thrown: { code: string }) => thrown.code,
      ),
    );
    expect(await Promise.all(asked)).toEqual(["1000000000", "DecodeFailed", "1000000000"]);
    expect(made.lines.filter((line) => line.includes("ended the process"))).toHaveLength(1);
    // Asked beside others, and then by itself.
    expect(made.gone.map(([, cause]) => cause)).toEqual(["SIGKILL", "SIGKILL"]);
  });

  test("media/an-asset-that-holds-the-process-up-is-given-twelve-seconds", async () => {
    using made = mediaWorker();
    await using worker = made.worker;
    expect(await worker.lengthOf("test://a", never)).toBe(1_000_000_000n);
    const hung = worker.lengthOf("test://hang", never).catch((thrown: { code: string }) => thrown.code);
    const deadlines = made.timer.take(12);
    // Behind the one that hangs, in the same process.
    const other = worker.lengthOf("test://c", never);
    expect(deadlines).toHaveLength(1);
    for (const wake of deadlines) wake();
    expect(await hung).toBe("Timeout");
    expect(await other).toBe(1_000_000_000n);
    expect(await worker.lengthOf("test://b", never)).toBe(1_000_000_000n);
    expect(made.children).toHaveLength(2);
  });

  test("media/a-process-without-work-is-ended-and-another-one-begun-when-needed", async () => {
    using made = mediaWorker();
    await using worker = made.worker;
    await worker.lengthOf("test://a", never);
    const [end] = made.timer.take(3);
    end?.();
    await expect.poll(() => made.children[0]?.signalCode).toBe("SIGKILL");
    await worker.lengthOf("test://b", never);
    expect(made.children).toHaveLength(2);
  });

  test("media/a-process-that-has-looked-is-handed-over-once-and-lives", async () => {
    using made = mediaWorker();
    expect(made.worker.handOver()).toBeUndefined();
    await made.worker.lengthOf("test://a", never);
    const child = made.worker.handOver();
    expect(child).toBe(made.children[0]);
    expect(made.worker.handOver()).toBeUndefined();
    await made.worker[Symbol.asyncDispose]();
    expect([child?.exitCode, child?.signalCode]).toEqual([null, null]);
    expect(made.timer.take(3)).toEqual([]);
    if (child !== undefined) {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    }
    expect(made.gone).toEqual([]);
  });

  test("media/a-process-at-work-or-one-that-has-seen-much-is-not-handed-over", async () => {
    using made = mediaWorker();
    await using worker = made.worker;
    const hung = worker.lengthOf("test://hang", never).catch((thrown: { code: string }) => thrown.code);
    expect(worker.handOver()).toBeUndefined();
    for (const wake of made.timer.take(12)) wake();
    expect(await hung).toBe("Timeout");
    for (let n = 0; n < 9; n++) await worker.lengthOf(`test://${n}`, never);
    expect(worker.handOver()).toBeUndefined();
    await expect.poll(() => made.gone).toEqual([[made.children[0]?.pid, "SIGKILL"]]);
  });

  test("media/a-plugin-that-does-not-load-fails-what-is-asked", async () => {
    using made = mediaWorker("/no/such/plugin.js");
    await using worker = made.worker;
    await expect(worker.lengthOf("test://a", never)).rejects.toMatchObject({ code: "PluginNotFound" });
  });

  test("media/closing-ends-the-process-and-what-was-asked", async () => {
    using made = mediaWorker();
    const asked = made.worker.lengthOf("test://hang", never).catch((thrown: { code: string }) => thrown.code);
    await made.worker[Symbol.asyncDispose]();
    await made.worker[Symbol.asyncDispose]();
    expect(await asked).toBe("Closed");
    const [child] = made.children;
    expect(existsSync(`/proc/${child?.pid}`)).toBe(false);
    await expect(made.worker.lengthOf("test://a", never)).rejects.toMatchObject({ code: "Closed" });
  });
});
