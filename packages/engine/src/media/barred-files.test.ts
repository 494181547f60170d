import {
  appendFileSync,
  mkdtempDisposableSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Nanoseconds, nanoseconds, PlayoutError, Quarantine } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { openLog } from "../log/log.js";
import { SharedQuarantine } from "../workers/shared-quarantine.js";
import { BarredFiles } from "./barred-files.js";

const now = nanoseconds(1_000_000_000n);

/** Barred files in a folder of their own, looked at when the test says so. */
class Bench implements Disposable {
  readonly folder = mkdtempDisposableSync(join(tmpdir(), "playout-barred-"));
  readonly quarantine = new SharedQuarantine();
  /** As a worker keeps one. */
  readonly copy = new Quarantine();
  readonly lines: string[] = [];
  doesAnswer = true;
  now = now;
  readonly #asked = new Set<Promise<unknown>>();
  readonly #timers = new Set<() => void>();
  readonly #files: BarredFiles;

  constructor() {
    this.quarantine.onBar((bar) => this.copy.bar(bar, bar.until));
    this.#files = new BarredFiles({
      quarantine: this.quarantine,
      files: {
        ask: (path, call, signal) => {
          if (!this.doesAnswer)
            return Promise.reject(new PlayoutError("Timeout", `${path} gives no answer.`));
          const asked = call(signal);
          this.#asked.add(asked.catch(() => {}));
          return asked;
        },
      },
      timer: {
        after: (_, wake) => {
          this.#timers.add(wake);
          return { [Symbol.dispose]: () => void this.#timers.delete(wake) };
        },
      },
      now: () => this.now,
      log: openLog({
        level: "info",
        format: "json",
        now: () => nanoseconds(0n),
        write: (line) => this.lines.push(line),
      }),
    });
  }

  get timers(): number {
    return this.#timers.size;
  }

  file(name: string, text = "broken"): string {
    const path = join(this.folder.path, name);
    writeFileSync(path, text);
    return path;
  }

  async bar(uri: string, until?: Nanoseconds): Promise<void> {
    this.quarantine.bar({ uri, decoderIndex: 0 }, until);
    await this.#answered();
  }

  /** Five seconds pass, so many times. */
  async look(times = 1): Promise<void> {
    for (let time = 0; time < times; time++) await this.#lookOnce();
  }

  async #lookOnce(): Promise<void> {
    const due = [...this.#timers];
    this.#timers.clear();
    for (const wake of due) wake();
    await this.#answered();
  }

  isBarred(uri: string): boolean {
    const [told, copied] = [this.quarantine, this.copy].map((one) => one.isBarred(uri, 0, this.now));
    expect(copied).toBe(told);
    return told === true;
  }

  async #answered(): Promise<void> {
    await Promise.all(this.#asked);
    await new Promise((resolve) => setImmediate(resolve));
  }

  [Symbol.dispose](): void {
    this.#files[Symbol.dispose]();
    this.folder.remove();
  }
}

describe("media/barred files", () => {
  test.each([
    ["other content", (path: string) => writeFileSync(path, "this one is good")],
    [
      "another file under its name",
      (path: string) => {
        writeFileSync(`${path}.new`, "broken");
        renameSync(`${path}.new`, path);
      },
    ],
    ["a later time", (path: string) => utimesSync(path, 1, 2)],
  ])("media/a-barred-file-is-tried-again-once-it-is-another-one: %s", async (_, replace) => {
    using bench = new Bench();
    const path = bench.file("bad.mp4");
    const url = pathToFileURL(path).href;
    const other = bench.file("other.mp4");
    for (const uri of [path, url, other]) await bench.bar(uri);
    await bench.look();
    expect([path, url, other].map((uri) => bench.isBarred(uri))).toEqual([true, true, true]);
    replace(path);
    await bench.look(2);
    expect([path, url, other].map((uri) => bench.isBarred(uri))).toEqual([false, false, true]);
    expect(bench.lines).toHaveLength(2);
    // Whoever killed again is barred again, as what it is by now.
    await bench.bar(path);
    await bench.look(5);
    expect(bench.isBarred(path)).toBe(true);
    replace(path);
    writeFileSync(path, "this is yet another");
    await bench.look(4);
    expect(bench.isBarred(path)).toBe(false);
  });

  test("media/a-barred-file-that-grows-is-tried-again-once-it-stands-still", async () => {
    using bench = new Bench();
    const path = bench.file("recording.ts");
    await bench.bar(path);
    for (let more = 0; more < 6; more++) {
      appendFileSync(path, "more");
      await bench.look();
      expect(bench.isBarred(path)).toBe(true);
    }
    await bench.look();
    expect(bench.isBarred(path)).toBe(false);
  });

  test("media/a-file-that-is-barred-again-and-again-waits-longer-each-time-and-ten-minutes-at-most", async () => {
    using bench = new Bench();
    const path = bench.file("bad.mp4");
    const waits: number[] = [];
    for (let time = 1; time <= 9; time++) {
      await bench.bar(path);
      utimesSync(path, 1, time);
      for (waits.push(0); bench.isBarred(path); waits[time - 1] = (waits[time - 1] ?? 0) + 1)
        await bench.look();
    }
    expect(waits).toEqual([2, 4, 8, 16, 32, 64, 120, 120, 120]);
  });

  test("media/a-bar-that-has-lapsed-is-not-looked-after", async () => {
    using bench = new Bench();
    const path = bench.file("hung.mp4");
    await bench.bar(path, nanoseconds(now + 1n));
    bench.now = nanoseconds(now + 1n);
    writeFileSync(path, "longer than before");
    await bench.look(2);
    expect(bench.timers).toBe(0);
    expect(bench.lines).toEqual([]);
  });

  test("media/a-bar-for-a-time-is-lifted-as-well", async () => {
    using bench = new Bench();
    const path = bench.file("hung.mp4");
    await bench.bar(path, nanoseconds(now + 1n));
    expect(bench.isBarred(path)).toBe(true);
    writeFileSync(path, "longer than before");
    await bench.look(2);
    expect(bench.isBarred(path)).toBe(false);
  });

  test("media/a-file-that-is-gone-or-does-not-answer-stays-barred", async () => {
    using bench = new Bench();
    const path = bench.file("bad.mp4");
    await bench.bar(path);
    bench.doesAnswer = false;
    await bench.look();
    expect(bench.isBarred(path)).toBe(true);
    bench.doesAnswer = true;
    rmSync(path);
    await bench.look();
    expect(bench.isBarred(path)).toBe(true);
    bench.file("bad.mp4", "a good one");
    await bench.look(2);
    expect(bench.isBarred(path)).toBe(false);
    // Nothing is left to look at.
    expect(bench.timers).toBe(0);
  });

  test("media/one-that-could-not-be-told-when-it-was-barred-is-known-from-the-next-look-on", async () => {
    using bench = new Bench();
    const path = bench.file("bad.mp4");
    bench.doesAnswer = false;
    await bench.bar(path);
    bench.doesAnswer = true;
    await bench.look();
    expect(bench.isBarred(path)).toBe(true);
    writeFileSync(path, "this one is good");
    await bench.look(2);
    expect(bench.isBarred(path)).toBe(false);
  });

  test("media/what-is-no-file-stays-barred-and-is-not-looked-at", async () => {
    using bench = new Bench();
    for (const uri of ["test://pattern", "https://host/a.mp4", "file://elsewhere/a.mp4"])
      await bench.bar(uri);
    expect(bench.timers).toBe(0);
    expect(bench.isBarred("test://pattern")).toBe(true);
  });
});
