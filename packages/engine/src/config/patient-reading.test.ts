import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Timer } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { FileCalls } from "../media/file-calls.js";
import { readConfigText } from "./load.js";
import { readPatiently } from "./patient-reading.js";

const never = new AbortController().signal;

/** Where a path below `/dead` never answers. */
class DeadFiles extends FileCalls {
  hanging = 0;

  override ask<T>(path: string, call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal) {
    const hang = () => {
      this.hanging += 1;
      return new Promise<T>(() => {});
    };
    return super.ask(path, path.startsWith("/dead") ? hang : call, signal);
  }
}

describe("reading patiently", () => {
  test("config/what-does-not-answer-is-taken-to-be-there-and-holds-up-nobody", async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "playout-patient-"));
    const there = join(folder.path, "there.yaml");
    const missing = join(folder.path, "missing.yaml");
    writeFileSync(there, "");
    const wakes = new Set<() => void>();
    const timer: Timer = {
      after: (_, wake) => {
        wakes.add(wake);
        return { [Symbol.dispose]: () => void wakes.delete(wake) };
      },
    };
    const files = new DeadFiles({ places: [], timer });
    const text = `media: { roots: [., /dead] }\nplans: { a: ${there}, b: /dead/b.yaml, c: ${missing}, d: /dead/d.yaml }\n`;
    const reading = readPatiently(
      (exists) => readConfigText(text, join(folder.path, "playout.yaml"), { environment: {}, exists }),
      files,
      never,
    );
    await expect.poll(() => files.hanging).toBe(1);
    // The rest has its turns meanwhile; what waits behind the dead one is not asked for.
    await expect.poll(() => wakes.size).toBe(3);
    for (const wake of [...wakes]) wake();
    expect((await reading).warnings.map(({ path }) => path)).toEqual(["plans.c"]);
    expect(files.hanging).toBe(1);
  });

  test("config/a-reading-that-nobody-waits-for-ends", async () => {
    const files = new DeadFiles({ places: [] });
    const leaving = new AbortController();
    const text = "media: { roots: [/dead] }\n";
    const reading = readPatiently(
      (exists) => readConfigText(text, "/playout.yaml", { environment: {}, exists }),
      files,
      leaving.signal,
    );
    leaving.abort();
    await expect(reading).rejects.toMatchObject({ code: "Cancelled" });
  });
});
