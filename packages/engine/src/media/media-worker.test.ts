import type { ChildProcess } from "node:child_process";
import { EventEmitter } from "node:events";
import { PlayoutError, SystemClock, type Timer } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { NodeHostTime } from "../clock/node-host-time.js";
import { openLog } from "../log/log.js";
import { type FromWorker, toPlainError } from "../workers/messages.js";
import { WorkerPool } from "../workers/worker-pool.js";
import { MediaWorker } from "./media-worker.js";

const never = new AbortController().signal;
const log = openLog({ level: "fatal", format: "json", now: () => 0n, write: () => {} });
const timer: Timer = { after: () => ({ [Symbol.dispose]() {} }) };
const outdated: FromWorker = {
  kind: "failed",
  error: toPlainError(new PlayoutError("Unavailable", "/media was mounted after this worker was confined.")),
};

const unloadable: FromWorker = {
  kind: "failed",
  error: toPlainError(new PlayoutError("PluginNotFound", "There is no such plugin.")),
};

let pids = 1;

/** A process of which the test says what it says; it is gone a moment after it was killed. */
class ToldProcess extends EventEmitter {
  readonly pid = ++pids;
  readonly connected = true;
  readonly exitCode = null;
  signalCode: string | null = null;
  readonly asked: { readonly kind: string; readonly uri?: string; readonly id?: number }[] = [];

  send(message: (typeof this.asked)[number]): void {
    if (message.kind === "inspect") this.asked.push(message);
  }

  kill(): void {
    if (this.signalCode !== null) return;
    this.signalCode = "SIGKILL";
    setImmediate(() => this.emit("exit", null, "SIGKILL"));
  }

  /** Answers what it was asked, each asset a second long. */
  answer(): void {
    for (const { id, uri } of this.asked.splice(0))
      this.emit("message", {
        kind: "inspected",
        id,
        info: { uri, container: "test", duration: 1_000_000_000n },
      });
  }

  get asProcess(): ChildProcess {
    return this as unknown as ChildProcess;
  }
}

function lookedAtBy() {
  const children: ToldProcess[] = [];
  const begin = () => {
    const child = new ToldProcess();
    children.push(child);
    return child.asProcess;
  };
  return { children, worker: new MediaWorker({ begin, timer, log }) };
}

describe("media/worker of no more use", () => {
  test("media/what-a-process-was-asked-that-is-out-of-date-is-asked-of-another-one", async () => {
    const { children, worker } = lookedAtBy();
    await using _closed = worker;
    const lengths = ["a", "b"].map((uri) => worker.lengthOf(uri, never));
    children[0]?.emit("message", outdated);
    expect(children[0]?.signalCode).toBe("SIGKILL");
    expect(children[1]?.asked.map(({ uri }) => uri)).toEqual(["a", "b"]);
    children[1]?.answer();
    expect(await Promise.all(lengths)).toEqual([1_000_000_000n, 1_000_000_000n]);
  });

  test("media/it-is-asked-of-another-one-once", async () => {
    const { children, worker } = lookedAtBy();
    await using _closed = worker;
    const length = worker.lengthOf("a", never);
    children[0]?.emit("message", outdated);
    children[1]?.emit("message", outdated);
    await expect(length).rejects.toMatchObject({ code: "Unavailable" });
    expect(children).toHaveLength(2);
  });

  test("media/a-process-that-cannot-be-begun-fails-what-was-asked-of-it-and-the-next-question-begins-one", async () => {
    let fault: Error | undefined = new PlayoutError("OutOfSharedMemory", "There is no memory for it.");
    const child = new ToldProcess();
    await using worker = new MediaWorker({
      begin: () => {
        if (fault !== undefined) throw fault;
        return child.asProcess;
      },
      timer,
      log,
    });
    await expect(worker.lengthOf("a", never)).rejects.toMatchObject({ code: "OutOfSharedMemory" });
    fault = undefined;
    const length = worker.lengthOf("a", never);
    child.answer();
    expect(await length).toBe(1_000_000_000n);
  });

  test("media/what-a-process-at-work-says-and-nobody-understands-fails-the-only-file-or-a-suspect", async () => {
    const { children, worker } = lookedAtBy();
    await using _closed = worker;
    const lengths = ["a", "b"].map((uri) => worker.lengthOf(uri, never));
    children[0]?.emit("message", { kind: "shout" });
    expect(children[0]?.signalCode).toBe("SIGKILL");
    // By itself, to know whether it was to blame.
    expect(children[1]?.asked.map(({ uri }) => uri)).toEqual(["a"]);
    children[1]?.emit("message", { kind: "shout" });
    await expect(lengths[0]).rejects.toMatchObject({ code: "DecodeFailed" });
    expect(children[2]?.asked.map(({ uri }) => uri)).toEqual(["b"]);
    children[2]?.answer();
    expect(await lengths[1]).toBe(1_000_000_000n);
    expect(children).toHaveLength(3);
  });

  test("media/what-a-process-could-not-load-fails-what-was-asked-of-it-and-nothing-that-is-asked-afterwards", async () => {
    const { children, worker } = lookedAtBy();
    await using _closed = worker;
    const length = worker.lengthOf("a", never);
    children[0]?.emit("message", unloadable);
    const next = worker.lengthOf("b", never);
    await expect(length).rejects.toMatchObject({ code: "PluginNotFound" });
    expect(children[1]?.asked.map(({ uri }) => uri)).toEqual(["b"]);
    // What it says when another one is at work already.
    children[0]?.emit("message", unloadable);
    await expect.poll(() => children[0]?.signalCode).toBe("SIGKILL");
    children[1]?.answer();
    expect(await next).toBe(1_000_000_000n);
  });

  test("media/a-look-whose-caller-left-is-not-begun-and-not-begun-again", async () => {
    const { children, worker } = lookedAtBy();
    await using _closed = worker;
    const leaving = new AbortController();
    const stay = ["a", "b", "c"].map((uri) => worker.lengthOf(uri, never));
    const left = ["d", "e"].map((uri) => worker.lengthOf(uri, leaving.signal));
    const last = worker.lengthOf("f", never);
    expect(children[0]?.asked.map(({ uri }) => uri)).toEqual(["a", "b", "c", "d"]);
    leaving.abort();
    for (const one of left) await expect(one).rejects.toMatchObject({ code: "Cancelled" });
    children[0]?.emit("message", outdated);
    expect(children[1]?.asked.map(({ uri }) => uri)).toEqual(["a", "b", "c", "f"]);
    children[1]?.answer();
    expect(await Promise.all([...stay, last])).toHaveLength(4);
    await expect(worker.lengthOf("g", leaving.signal)).rejects.toMatchObject({ code: "Cancelled" });
    expect(children[1]?.asked).toEqual([]);
  });

  test("media/looks-that-wait-are-bounded-and-one-more-is-refused-as-such", async () => {
    const { children, worker } = lookedAtBy();
    await using _closed = worker;
    const leaving = new AbortController();
    const asked = Array.from({ length: 1_003 }, (_, n) => worker.lengthOf(`${n}`, never));
    const left = worker.lengthOf("left", leaving.signal);
    for (const refused of [worker.lengthOf("x", never), worker.inspect("x", never)])
      await expect(refused).rejects.toMatchObject({ code: "QueueFull" });
    leaving.abort();
    await expect(left).rejects.toMatchObject({ code: "Cancelled" });
    asked.push(worker.lengthOf("next", never));
    for (let n = 0; n < asked.length; n += 4) children[0]?.answer();
    expect(await Promise.all(asked)).toHaveLength(1_004);
  });

  test("media/a-spare-that-is-out-of-date-is-not-taken-and-replaced-when-it-is-gone", async () => {
    using clock = new SystemClock(new NodeHostTime());
    const begun: ToldProcess[] = [];
    const plugin = { use: "x", options: {}, place: "x" };
    await using pool = new WorkerPool({
      preparation: {
        frameBus: { ...plugin, port: "frameBus" },
        decoders: [],
        conformer: { ...plugin, port: "conformer" },
        folder: "/",
        mediaRoots: [],
        protocols: [],
      },
      clock,
      timer,
      spares: 2,
      expected: 0,
      log,
      launcher: {
        begin: () => {
          const child = new ToldProcess();
          begun.push(child);
          return child.asProcess;
        },
      },
    });
    begun[0]?.emit("message", outdated);
    expect(pool.take()).toBe(begun[1]);
    expect(pool.take()).toBe(begun[2]);
    begun[0]?.emit("exit", null, "SIGKILL");
    expect(begun).toHaveLength(5);
    begun[0]?.kill();
  });
});
