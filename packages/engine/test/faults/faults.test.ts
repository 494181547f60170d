import { existsSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { buildIfStale, root } from "../built-cli.ts";
import { strikeWorkers } from "./strike-workers.ts";

const isBuilt = existsSync(`${root}packages/framebus-shm/build/Release/framebus_shm.node`);

describe.skipIf(process.platform !== "linux" || !isBuilt)(
  "workers that are struck (skipped where the shared-memory bus is not built)",
  () => {
    beforeAll(buildIfStale, 120_000);

    test("faults/no-tick-is-missing-and-the-right-frame-is-back-whatever-is-done-to-workers", async () => {
      // pnpm faults --count 200 does more of the same.
      const { strikes, faults } = await strikeWorkers(6, 7);
      expect(faults).toEqual([]);
      expect(strikes).toHaveLength(6);
      // With a warm spare what was on air is held until its successor has the next picture.
      const killed = strikes.filter(({ strike }) => strike !== "SIGSTOP");
      expect(
        killed.flatMap(({ standIns }) => Object.keys(standIns)).filter((one) => !one.startsWith("hold")),
      ).toEqual([]);
    }, 180_000);
  },
);
