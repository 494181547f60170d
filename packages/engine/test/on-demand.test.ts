import { existsSync, mkdtempDisposableSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FrameReader, invariant, type Tick } from "@retrovue/core";
import { readCompactMark } from "@retrovue/core/testing";
import { ShmFrameBus } from "@retrovue/framebus-shm";
import { beforeAll, describe, expect, test } from "vitest";
import { buildIfStale, root, startedPlayout } from "./built-cli.js";
import { RunningEngine, smallConfig } from "./running-engine.js";

const isBuilt = existsSync(`${root}packages/framebus-shm/build/Release/framebus_shm.node`);
const prefix = `demand${process.pid}`;
const pattern = "test://pattern?duration=2s&size=16x16&mark=compact";
const config = smallConfig(`[{ id: 1, name: One, plan: "${pattern}", run: on-demand, outputs: [] }]`)
  .replace("use: manual", "use: system")
  .replace(
    'frameBus: { use: "@retrovue/engine/plugins/memory-bus" }',
    `frameBus: { use: "@retrovue/framebus-shm", options: { prefix: ${prefix} } }`,
  );

interface Shown {
  readonly tick: Tick;
  readonly frame: number;
}

/** The next tick that shows what is planned; those before it may be stand-ins. */
async function nextPlanned(reader: FrameReader): Promise<Shown> {
  for (;;) {
    const lease = await reader.next(AbortSignal.timeout(20_000));
    invariant(!lease.overrun, "the test's reader keeps up");
    const { standIn } = lease.meta;
    const frame = readCompactMark(lease.picture.planes[0] ?? new Uint8Array())?.frame;
    lease.release();
    if (standIn === undefined && frame !== undefined) return { tick: lease.tick, frame };
  }
}

describe.skipIf(process.platform !== "linux" || !isBuilt)(
  "channels on demand (skipped where the shared-memory bus is not built)",
  () => {
    beforeAll(buildIfStale, 120_000);

    test("demand/nothing-runs-until-a-reader-comes-and-each-time-it-sees-the-frame-of-the-clock", async () => {
      using folder = mkdtempDisposableSync(join(tmpdir(), "playout-demand-"));
      writeFileSync(join(folder.path, "playout.yaml"), config);
      using engine = startedPlayout([], { cwd: folder.path });
      const logged = (message: string) => engine.text.out.split(`"message":"${message}"`).length - 1;
      const bus = new ShmFrameBus({ prefix, directory: "/dev/shm" });
      const address = { engineId: "test-1", channelId: 1 };
      const opened = async () => {
        let reader: FrameReader | undefined;
        await expect
          .poll(
            async () => {
              reader = await bus
                .openReader(address, { name: "test" }, AbortSignal.timeout(20_000))
                .catch(() => undefined);
              return reader !== undefined;
            },
            { timeout: 20_000 },
          )
          .toBe(true);
        invariant(reader !== undefined, "it is open");
        return reader;
      };
      await expect.poll(() => logged("engine started"), { timeout: 20_000 }).toBe(1);
      expect(logged("channel started")).toBe(0);
      let first: Shown;
      {
        await using reader = await opened();
        first = await nextPlanned(reader);
      }
      await expect.poll(() => logged("channel started: somebody watches"), { timeout: 20_000 }).toBe(1);
      await expect.poll(() => logged("channel stopped: nobody watches"), { timeout: 25_000 }).toBe(1);
      {
        await using reader = await opened();
        const again = await nextPlanned(reader);
        // It went on all the while, as everything that follows the clock does.
        expect(again.frame).toBe((first.frame + again.tick - first.tick) % 50);
      }
      await expect.poll(() => logged("channel started: somebody watches"), { timeout: 20_000 }).toBe(2);
      engine.child.kill("SIGTERM");
      expect((await engine.ended).code).toBe(0);
      expect(readdirSync("/dev/shm").filter((name) => name.startsWith(prefix))).toEqual([]);
    }, 90_000);
  },
);

describe("channels that come and go", () => {
  test("demand/who-comes-while-a-channel-goes-is-not-turned-away", async () => {
    await using running = new RunningEngine();
    const { channels } = await running.start(
      smallConfig(`[{ id: 1, name: One, plan: "${pattern}", outputs: [] }]`),
    );
    await running.watch(1, 400);
    const stopping = channels.stop(1);
    while (channels.running(1) !== undefined) await Promise.resolve();
    await channels.start(1);
    expect(await stopping).toBe(true);
    expect(channels.running(1)).toBeDefined();
    expect((await running.watch(1, 800)).length).toBeGreaterThan(5);
  });
});
