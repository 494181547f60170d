import { existsSync, mkdtempDisposableSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { buildIfStale, root } from "../built-cli.ts";
import { pause } from "../seams/real-time.ts";
import { CampaignEngine } from "./campaign-engine.ts";
import { campaignRate, numbers, numbersConfig } from "./pattern-numbers.ts";
import { TickWatch } from "./tick-watch.ts";

const isBuilt = existsSync(`${root}packages/framebus-shm/build/Release/framebus_shm.node`);

describe.skipIf(process.platform !== "linux" || !isBuilt)(
  "an engine that stands still (skipped where the shared-memory bus is not built)",
  () => {
    beforeAll(buildIfStale, 120_000);

    // No tick is ever left out, so that a gap in their numbers would show nothing: who comes late is told by a count of its own.
    test("faults/ticks-that-come-after-their-time-are-counted", async () => {
      using folder = mkdtempDisposableSync(join(tmpdir(), "playout-late-"));
      await using engine = new CampaignEngine({
        folder: folder.path,
        id: "late",
        prefix: `late${process.pid}`,
        config: numbersConfig,
      });
      await using reader = await engine.openBus(1);
      const watch = new TickWatch(reader, numbers, new Set(["opening", "late", "starved"]));
      for (let planned = 0; planned < campaignRate; )
        planned = (await watch.look()).standIn === undefined ? planned + 1 : 0;
      const late = () => engine.metric("retrovue_playout_ticks_late_total");
      const before = await late();
      process.kill(engine.pid, "SIGSTOP");
      // More than what lies ready on the bus: what is not there yet cannot be read in time either.
      await pause(1_500);
      process.kill(engine.pid, "SIGCONT");
      for (let looked = 0; looked < 3 * campaignRate; looked++) await watch.look();
      expect(watch.faults).toEqual([]);
      expect((await late()) - before).toBeGreaterThan(0);
      expect(await engine.stop()).toBe(0);
      expect(readdirSync("/dev/shm").filter((name) => name.startsWith(`late${process.pid}.`))).toEqual([]);
    }, 120_000);
  },
);
