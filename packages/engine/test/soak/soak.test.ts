import { existsSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { buildIfStale, root } from "../built-cli.ts";
import { reportOf } from "./report.ts";
import { verdictsOf } from "./series.ts";
import { soak } from "./soak.ts";

const isBuilt = [
  "framebus-shm/build/Release/framebus_shm",
  "decoder-libav/build/Release/decoder_libav",
].every((addon) => existsSync(`${root}packages/${addon}.node`));

describe.skipIf(process.platform !== "linux" || !isBuilt)(
  "soak (skipped where the shared-memory bus or the decoder is not built)",
  () => {
    beforeAll(buildIfStale, 120_000);

    test("soak/no-tick-is-missed-and-the-record-is-the-plan-while-a-channel-fails-beside", async () => {
      // pnpm soak --minutes 30 does more of the same, and looks at what grows.
      const run = await soak({ channels: 3, isCalm: false, encoded: 0, seed: 7, until: { segments: 16 } });
      const { broken, slow } = reportOf(run, verdictsOf(run.samples));
      expect(broken.filter((one) => !slow.includes(one))).toEqual([]);
      expect(run.channels.map(({ watch }) => watch.missed)).toEqual([0, 0, 0]);
      expect(run.channels.map(({ role }) => role)).toEqual(["steady", "failing", "planned"]);
    }, 240_000);
  },
);
