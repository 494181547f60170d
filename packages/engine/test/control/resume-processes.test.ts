import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { failureOf } from "@retrovue/client";
import { ChannelState, ProcessKind, planFromJson } from "@retrovue/protocol";
import { beforeAll, describe, expect, test } from "vitest";
import { buildIfStale, root } from "../built-cli.js";
import { BusWatch, EngineProcess } from "./engine-process.js";

const isBuilt = existsSync(`${root}packages/framebus-shm/build/Release/framebus_shm.node`);
const asset = (id: number) => `test://pattern?duration=600s&rate=30000/1001&size=16x16&mark=compact&id=${id}`;
const seconds = (value: bigint) => ({ seconds: value, nanos: 0 });

describe.skipIf(process.platform !== "linux" || !isBuilt)(
  "engines that are killed (skipped where the shared-memory bus is not built)",
  () => {
    beforeAll(buildIfStale, 120_000);

    test("lesson/48-what-requests-had-on-air-goes-on-after-the-engine-was-killed", async () => {
      await using engine = new EngineProcess().configure(
        `[{ id: 2, name: Two, autostart: false, plan: "${asset(2)}", outputs: [] }]`,
      );
      const first = await engine.start();
      // One that no configuration names, given another plan since; one that it names; and one that is stopped again.
      await first.control.startChannel({ channelId: 7, planHandle: asset(7) });
      const plan = { segments: [{ uri: asset(8), duration: seconds(600n) }] };
      const applied = await first.plans.applyPlan({ channelId: 7, plan });
      await first.control.startChannel({ channelId: 2, planHandle: asset(3) });
      await first.control.startChannel({ channelId: 9, planHandle: asset(9) });
      await first.control.stopChannel({ channelId: 9 });
      const before = await watched(engine, 7, 20);
      first.close();
      await engine.end("SIGKILL");

      const second = await engine.start();
      await expect.poll(() => engine.logged("requested channel resumed").length, { timeout: 60_000 }).toBe(2);
      const { channels } = await second.status.listChannels({});
      expect(channels.map(({ channelId, state }) => [channelId, state !== ChannelState.STOPPED])).toEqual([
        [2, true],
        [7, true],
      ]);
      const seven = channels.find(({ channelId }) => channelId === 7);
      expect(seven?.planRevision).toBe(applied.revision);
      const after = await watched(engine, 7, 20);
      // At the place where it would be by now: every picture of both runs lies on one line.
      const [anchor] = before;
      for (const { tick, mark } of [...before, ...after])
        expect(mark).toEqual({ asset: 8, frame: (anchor?.mark?.frame ?? 0) + tick - (anchor?.tick ?? 0) });
      const stopped = await second.control.stopChannel({ channelId: 9 }).catch(failureOf);
      expect(stopped).toMatchObject({ code: "UnknownChannel" });
      second.close();
      expect(await engine.end()).toBe(0);
    }, 240_000);

    test("control/a-loop-that-begins-later-loops-from-there-though-the-engine-was-killed-before-or-after", async () => {
      await using engine = new EngineProcess().configure(
        `[{ id: 1, plan: "${asset(1)}", outputs: [] }, { id: 2, plan: "${asset(2)}", outputs: [] }]`,
      );
      const first = await engine.start();
      await engine.untilLogged("buffering -> ready");
      const loop = planFromJson({ end: "loop", segments: [{ uri: asset(8), duration: "1s" }] });
      const later = async (channelId: number, ticks: number) => {
        const tick = (await first.status.getChannel({ channelId })).channel?.tick ?? 0n;
        const effective = { case: "effectiveTick" as const, value: tick + BigInt(ticks) };
        return await first.plans.applyPlan({ channelId, plan: loop, effective });
      };
      // One tick comes while no engine runs, or about then; the other when the next one has been on air for a while.
      const [soon, far] = [await later(1, 40), await later(2, 400)];
      await untilSaved(engine, 1, soon.revision);
      await untilSaved(engine, 2, far.revision);
      first.close();
      await engine.end("SIGKILL");

      const again = await engine.start();
      await engine.untilLogged("buffering -> ready");
      for (const [channel, { effectiveTick, revision }] of [
        [1, soon],
        [2, far],
      ] as const) {
        const seen = await watched(engine, channel, 90);
        const at = Number(effectiveTick);
        // A second is a fraction of a tick longer than 30 ticks: rounds begin where house time has them.
        const frameAt = (tick: number) => {
          const round = Math.floor(((tick - at) * 1001) / 30_000);
          return tick - at - Math.ceil((round * 30_000) / 1_001);
        };
        for (const { tick, mark } of seen)
          expect([tick - at, mark?.frame]).toEqual([tick - at, frameAt(tick)]);
        const current = await again.plans.getPlan({ channelId: channel });
        expect(current.revision).toBe(revision + 1n);
        // Its sender was told the first revision, and may go on speaking of it.
        const next = { segments: [{ uri: asset(9), duration: seconds(60n) }] };
        const request = { channelId: channel, plan: next, expectedRevision: revision, dryRun: true };
        expect((await again.plans.applyPlan(request)).changed).toBe(true);
      }
      again.close();
      expect(await engine.end()).toBe(0);
    }, 240_000);

    test("control/a-replaced-worker-is-told-with-both-processes", async () => {
      await using engine = new EngineProcess().configure(`[{ id: 1, plan: "${asset(1)}", outputs: [] }]`);
      const client = await engine.start();
      await engine.untilLogged("buffering -> ready");
      const left = new AbortController();
      const { engine: { runId = "", eventSequence = 0n } = {} } = await client.status.getChannel({
        channelId: 1,
      });
      const events = client.status.watchEvents(
        { runId, afterSequence: eventSequence },
        { signal: left.signal },
      );
      const channel = async () => (await client.status.getChannel({ channelId: 1 })).channel;
      await expect
        .poll(async () => (await channel())?.counters?.framesDecoded, { timeout: 60_000 })
        .toBeGreaterThan(10n);
      await expect
        .poll(async () => (await channel())?.onAir?.decoder, { timeout: 60_000 })
        .toBe("@retrovue/decoder-pattern");
      const [worker = 0] = await engine.workers();
      process.kill(worker, "SIGKILL");
      for await (const { event } of events) {
        if (event.case !== "workerReplaced") continue;
        expect(event.value).toMatchObject({ process: ProcessKind.WORKER, pidFrom: worker, cause: "SIGKILL" });
        expect(await engine.workers()).toContain(event.value.pidTo);
        break;
      }
      left.abort();
      client.close();
      expect(await engine.end()).toBe(0);
    }, 240_000);
  },
);

/** Resolves when the channel's plan is in the data folder. */
async function untilSaved(engine: EngineProcess, channel: number, revision: bigint): Promise<void> {
  const file = join(engine.folder, "var", "plans", `channel-${channel}.json`);
  await expect.poll(() => JSON.parse(readFileSync(file, "utf8")).revision).toBe(Number(revision));
}

/** So many ticks of a channel that show what is planned. */
async function watched(engine: EngineProcess, channel: number, ticks: number) {
  await using watch = new BusWatch(await engine.openReader(channel));
  const planned = () => watch.seen.filter(({ standIn, mark }) => standIn === undefined && mark?.asset === 8);
  await expect.poll(() => planned().length, { timeout: 60_000 }).toBeGreaterThanOrEqual(ticks);
  return planned();
}
