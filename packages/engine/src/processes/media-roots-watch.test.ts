import { mkdirSync, mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PlayoutError, Timer } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { MediaRootsWatch } from "./media-roots-watch.js";

/** A timer that fires when told. */
function toldTimer() {
  const waiting = new Set<() => void>();
  const timer: Timer = {
    after: (_, wake) => {
      waiting.add(wake);
      return { [Symbol.dispose]: () => void waiting.delete(wake) };
    },
  };
  const fire = () => {
    for (const wake of [...waiting]) {
      waiting.delete(wake);
      wake();
    }
  };
  return { timer, waiting, fire };
}

// What is refused by Landlock is tried in test/sandbox, by processes that it confines.
describe("processes/media-roots-watch", () => {
  test("processes/roots-that-can-be-read-or-are-not-there-are-looked-at-again-and-again", async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "roots-"));
    const { timer, waiting, fire } = toldTimer();
    const told: PlayoutError[] = [];
    const roots = [folder.path, join(folder.path, "later")];
    const onMountedAnew = (error: PlayoutError) => void told.push(error);
    using _watch = await MediaRootsWatch.begin({
      roots,
      folders: new Set(),
      timer,
      looks: () => 1,
      onMountedAnew,
    });
    for (let look = 0; look < 3; look += 1) {
      expect(waiting.size).toBe(1);
      fire();
      if (look === 1) mkdirSync(roots[1] ?? "");
      await expect.poll(() => waiting.size).toBe(1);
    }
    // Nothing confines this process.
    expect(told).toEqual([]);
  });

  test("processes/a-watch-that-is-over-waits-for-nothing", async () => {
    const { timer, waiting } = toldTimer();
    const options = { folders: new Set<string>(), timer, looks: () => 1, onMountedAnew: () => {} };
    const watch = await MediaRootsWatch.begin({ ...options, roots: [tmpdir()] });
    watch[Symbol.dispose]();
    expect(waiting.size).toBe(0);
    using _nothing = await MediaRootsWatch.begin({ ...options, roots: [] });
    expect(waiting.size).toBe(0);
  });
});
