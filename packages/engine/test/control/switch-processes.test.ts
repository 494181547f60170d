import { existsSync } from "node:fs";
import type { PlayoutClient } from "@retrovue/client";
import { HouseGrid, ptsOfTick, rational, type Tick, tickAfter } from "@retrovue/core";
import { Readiness, ResultCode } from "@retrovue/protocol";
import { beforeAll, describe, expect, test } from "vitest";
import { buildIfStale, root } from "../built-cli.js";
import { BusWatch, EngineProcess, type SeenTick } from "./engine-process.js";

const isBuilt = existsSync(`${root}packages/framebus-shm/build/Release/framebus_shm.node`);
const grid = new HouseGrid(rational(30_000, 1_001), 48_000);
const asset = (id: number) => `test://pattern?duration=600s&rate=30000/1001&size=16x16&mark=compact&id=${id}`;
const channels = [1, 2, 3, 4, 5];
const config = `[${channels.map((id) => `{ id: ${id}, plan: "${asset(id)}", outputs: [] }`).join(", ")}]`;

/** The tick near one whose PTS this is. */
function tickOfPts(pts: bigint, near: Tick): Tick {
  for (let tick = near - 200; tick < near + 400; tick++)
    if (ptsOfTick(grid, tick as Tick) === pts) return tick as Tick;
  throw new Error(`No tick near ${near} has the PTS ${pts}.`);
}

/** What should be seen of a switch: the asset's pictures from the tick on, and nothing of it before. */
function expectSwitch(seen: readonly SeenTick[], at: Tick, what: { asset: number; frame: number }): void {
  const after = seen.filter(({ tick }) => tick >= at);
  const before = seen.filter(({ tick }) => tick < at);
  expect(after[0]?.tick).toBe(at);
  expect(before.length).toBeGreaterThan(0);
  expect(after.map(({ standIn }) => standIn)).toEqual(after.map(() => undefined));
  expect(after.map(({ mark }) => mark)).toEqual(
    after.map((_, n) => ({ asset: what.asset, frame: what.frame + n })),
  );
  expect(before.filter(({ segmentId }) => segmentId === after[0]?.segmentId)).toEqual([]);
}

/** Twenty switches of one channel, at once and for a boundary in turn. */
async function switchTwentyTimes(client: PlayoutClient, watch: BusWatch, channelId: number): Promise<void> {
  for (let n = 0; n < 20; n++) {
    const what = { asset: 40 * channelId + n, frame: (n * 13) % 90 };
    const loaded = await client.control.loadPreview({
      channelId,
      assetPath: asset(what.asset),
      startFrame: BigInt(what.frame),
      frameCount: -1n,
    });
    expect(loaded, loaded.message).toMatchObject({ success: true, resultCode: ResultCode.OK });
    expect(loaded.shadowDecodeStarted).toBe(true);
    const head = watch.reader.head();
    // From the tick after the one after next, which no call reaches, to well ahead.
    const boundary = tickAfter(head, 3 + ((n * 7) % 30));
    const isNow = n % 2 === 0;
    const target = isNow ? 0n : grid.tickTime(boundary) / 1_000_000n;
    const answer = await client.control.switchToLive({ channelId, targetBoundaryTimeMs: target });
    expect(answer).toMatchObject({ success: true, resultCode: ResultCode.OK, ptsContiguous: true });
    const at = tickOfPts(answer.liveStartPts, head);
    expect(at).toBeGreaterThan(head);
    // A machine that stood still in between is told of, and the tick is the true one all the same.
    if (!isNow && answer.message === "on air") expect(at).toBe(boundary);
    await watch.until(tickAfter(at, 12));
    expectSwitch(watch.between(at - 5, at + 12), at, what);
    if (isNow) expect(answer.message).toBe("on air");
  }
}

describe.skipIf(process.platform !== "linux" || !isBuilt)(
  "switches through worker processes (skipped where the shared-memory bus is not built)",
  () => {
    beforeAll(buildIfStale, 120_000);

    test("control/switches-of-worker-processes-are-exact-100-of-100-by-content", async () => {
      await using engine = new EngineProcess().configure(config);
      const client = await engine.start();
      await expect
        .poll(() => engine.logged("buffering -> ready").length, { timeout: 60_000 })
        .toBe(channels.length);
      await Promise.all(
        channels.map(async (id) => {
          await using watch = new BusWatch(await engine.openReader(id));
          await switchTwentyTimes(client, watch, id);
        }),
      );
      const text = await (await fetch(engine.metricsUrl)).text();
      for (const id of channels)
        expect(text).toContain(`retrovue_playout_switch_lateness_seconds_count{channel="${id}"} 20`);
      client.close();
      expect(await engine.end()).toBe(0);
    }, 240_000);

    test("control/what-comes-next-says-how-ready-it-is", async () => {
      await using engine = new EngineProcess().configure(config);
      const client = await engine.start();
      await expect.poll(() => engine.logged("buffering -> ready").length, { timeout: 60_000 }).toBe(5);
      const segments = [asset(7), asset(8), "/no/such.mp4"].map((uri, index) => ({
        uri,
        kind: 1,
        duration: { seconds: index === 0 ? 2n : 3n, nanos: 0 },
      }));
      await client.plans.applyPlan({ channelId: 1, plan: { segments } });
      const readiness = async () =>
        (await client.status.getChannel({ channelId: 1 })).channel?.next?.readiness;
      await expect.poll(readiness, { timeout: 60_000 }).toBe(Readiness.PRIMED);
      await expect.poll(readiness, { timeout: 60_000 }).toBe(Readiness.FAILED);
      const { channel } = await client.status.getChannel({ channelId: 1 });
      expect(channel?.next).toMatchObject({
        segment: { uri: "/no/such.mp4" },
        failure: { code: "MediaForbidden" },
      });
      client.close();
      expect(await engine.end()).toBe(0);
    }, 240_000);
  },
);
