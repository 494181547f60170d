import { existsSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { buildIfStale, root } from "../built-cli.ts";
import { endings, foreignDecoder } from "./foreign-decoder.ts";
import { freezeYoung, moments } from "./freeze-young.ts";

const isBuilt = existsSync(`${root}packages/framebus-shm/build/Release/framebus_shm.node`);

describe.skipIf(process.platform !== "linux" || !isBuilt)(
  "workers that come to no work (skipped where the shared-memory bus is not built)",
  () => {
    beforeAll(() => buildIfStale(), 240_000);

    test.concurrent.each(moments)(
      "faults/a-worker-that-freezes-before-its-first-tick-is-replaced-in-seconds: %s",
      async (moment) => {
        const { faults } = await freezeYoung(moment);
        expect(faults).toEqual([]);
      },
      120_000,
    );

    test.concurrent("faults/what-ends-its-worker-is-barred-whichever-decoder-plays-it", async () => {
      const { deaths, faults } = await foreignDecoder(2);
      expect(faults).toEqual([]);
      expect([...deaths]).toEqual([...endings]);
    }, 180_000);
  },
);
