import { existsSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { buildIfStale, root } from "../built-cli.ts";
import { fullPlaces } from "./full-places.ts";
import { killEngine } from "./kill-engine.ts";
import { type MarkedFilm, markedFilm } from "./marked-film.ts";
import { strikeRenderers } from "./strike-renderers.ts";
import { strikeWorkers } from "./strike-workers.ts";

const addons = ["framebus-shm/build/Release/framebus_shm", "decoder-libav/build/Release/decoder_libav"];
const isBuilt = addons.every((addon) => existsSync(`${root}packages/${addon}.node`));
const isRendererBuilt = existsSync(`${root}packages/renderer/build/Release/renderer.node`);

describe.skipIf(process.platform !== "linux" || !isBuilt)(
  "an engine that is struck (skipped where the shared-memory bus or the decoder is not built)",
  () => {
    let film: MarkedFilm;
    beforeAll(async () => {
      buildIfStale();
      // Pictures that say which they are, a key frame each 60 of them.
      const made = await markedFilm(60, 40);
      if (typeof made === "string") throw new Error(made);
      film = made;
    }, 240_000);

    // pnpm faults --count 200 does more of the same, and plays the hostile files. Each waits for an engine of its own nearly all of
    // the time, so that they go on side by side: a minute in place of two.
    test.concurrent.each([
      [8, 7],
      [7, 8],
    ])(
      "faults/no-tick-is-missing-and-the-right-frame-is-back-whatever-is-done-to-workers (%i strikes, seed %i)",
      async (count, seed) => {
        const { strikes, faults } = await strikeWorkers({ count, seed, film });
        expect(faults).toEqual([]);
        expect(strikes).toHaveLength(count);
      },
      300_000,
    );

    test.concurrent("faults/likewise-where-a-decoder-leaves-no-breadcrumbs", async () => {
      const { strikes, faults } = await strikeWorkers({ count: 5, seed: 7, film: undefined });
      expect(faults).toEqual([]);
      expect(strikes).toHaveLength(5);
    }, 180_000);

    test.skipIf(!isRendererBuilt).concurrent(
      "faults/a-stream-goes-on-at-its-tick-whenever-its-renderer-is-killed-or-stopped",
      async () => {
        const { gaps, faults } = await strikeRenderers(3, 7, film);
        expect(faults).toEqual([]);
        // Who is stopped is found by its silence alone, so that something must be missing then.
        expect(gaps.SIGSTOP).toHaveLength(1);
      },
      120_000,
    );

    test.concurrent("faults/an-engine-that-was-killed-is-back-at-the-right-place-by-itself", async () => {
      const { offAir, faults } = await killEngine(2, 7, film);
      expect(faults).toEqual([]);
      expect(offAir).toHaveLength(2);
    }, 120_000);

    test.concurrent("faults/no-room-no-port-and-no-file-are-told-and-the-channel-airs", async ({ skip }) => {
      const { faults, skipped } = await fullPlaces(film);
      if (skipped !== undefined) skip(skipped);
      expect(faults).toEqual([]);
    }, 120_000);
  },
);
