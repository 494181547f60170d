import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Event } from "@retrovue/protocol";
import { beforeAll, describe, expect, test } from "vitest";
import { buildIfStale, root } from "../built-cli.js";
import { EngineProcess } from "./engine-process.js";

const isBuilt = existsSync(`${root}packages/framebus-shm/build/Release/framebus_shm.node`);
const asset = (id: number) => `test://pattern?duration=60s&rate=25&size=16x16&mark=compact&id=${id}`;
/** Many segments, and so many events. */
const plan = {
  end: "loop",
  segments: [1, 2, 3].map((id) => ({ uri: asset(id), duration: "0.4s" })),
};
const channels = `[${[1, 2, 3].map((id) => `{ id: ${id}, plan: ./plan.json, outputs: [] }`).join(", ")}]`;
/** What the watch says of itself, and counts for nothing. */
const asides: readonly (string | undefined)[] = ["watchStarted", "heartbeat", "eventsLost"];

describe.skipIf(process.platform !== "linux" || !isBuilt)(
  "events of channels in worker processes (skipped where the shared-memory bus is not built)",
  () => {
    beforeAll(buildIfStale, 120_000);

    test("events/nothing-is-lost-or-doubled-across-100-forced-reconnects-and-a-killed-worker", async () => {
      await using engine = new EngineProcess().configure(channels);
      writeFileSync(join(engine.folder, "plan.json"), JSON.stringify(plan));
      const client = await engine.start();
      const { engine: { runId = "" } = {} } = await client.status.listChannels({});
      const seen: Event[] = [];
      await expect.poll(() => engine.logged("buffering -> ready").length, { timeout: 60_000 }).toBe(3);
      for (let round = 0; round < 100; round++) {
        // The connection goes with every other round, the stream with each.
        const other = round % 2 === 0 ? client : engine.connect();
        const left = new AbortController();
        const afterSequence = seen.at(-1)?.sequence ?? 0n;
        const events = other.status.watchEvents({ runId, afterSequence }, { signal: left.signal });
        const wanted = seen.length + 1 + ((round * 5) % 4);
        try {
          for await (const event of events) {
            expect(event.event.case).not.toBe("eventsLost");
            if (asides.includes(event.event.case)) continue;
            seen.push(event);
            // Cut off with more on its way: what was sent and not read must come again.
            if (seen.length >= wanted) left.abort();
          }
        } catch (thrown) {
          if (!left.signal.aborted) throw thrown;
        }
        if (other !== client) other.close();
        if (round === 40) process.kill((await engine.workers())[0] ?? 0, "SIGKILL");
      }
      expect(seen.map(({ sequence }) => Number(sequence))).toEqual(seen.map((_, index) => index + 1));
      expect(new Set(seen.map((event) => event.runId))).toEqual(new Set([runId]));
      const kinds = new Set(seen.map(({ event }) => event.case));
      for (const kind of ["segmentStarted", "segmentEnded", "planApplied", "workerReplaced"] as const)
        expect(kinds).toContain(kind);
      client.close();
      expect(await engine.end()).toBe(0);
    }, 240_000);
  },
);
