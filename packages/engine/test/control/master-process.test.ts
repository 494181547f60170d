import { existsSync } from "node:fs";
import { leadClock } from "@retrovue/client";
import { nanosecondsFromMs } from "@retrovue/core";
import { ClockState } from "@retrovue/protocol";
import { beforeAll, describe, expect, test } from "vitest";
import { NodeHostTime } from "../../src/clock/node-host-time.js";
import { buildIfStale, root } from "../built-cli.js";
import { BusWatch, EngineProcess } from "./engine-process.js";

const isBuilt = existsSync(`${root}packages/framebus-shm/build/Release/framebus_shm.node`);
const asset = "test://pattern?duration=600s&rate=30000/1001&size=16x16&mark=compact";
const host = new NodeHostTime();

/** How long the master leads, seconds. The promise is for 60; the tests take a share, and hold it to what can be known by then. */
const seconds = Number(process.env["RETROVUE_MASTER_SECONDS"] ?? 15);

/** A scheduler's clock: 200 ppm fast, half a millisecond ahead, and read by a program that is held up now and then. */
class FastClock {
  readonly #mono = host.monotonic();
  readonly #base = host.utc() + 500_000n;
  #reads = 0;

  /** Its time at an instant of CLOCK_MONOTONIC. */
  at(mono: bigint): bigint {
    const passed = mono - this.#mono;
    return this.#base + passed + passed / 5_000n;
  }

  /** As it is read: up to 8 ms too early in one read of four. */
  now(): bigint {
    this.#reads += 1;
    const heldUpUs = this.#reads % 4 === 0 ? (this.#reads * 7_919) % 8_000 : 0;
    return this.at(host.monotonic() - BigInt(heldUpUs) * 1_000n);
  }
}

const pause = (ms: number) =>
  new Promise<void>((resolve) => void host.timer.after(nanosecondsFromMs(ms), resolve));

describe.skipIf(process.platform !== "linux" || !isBuilt)(
  "a master over gRPC (skipped where the shared-memory bus is not built)",
  () => {
    beforeAll(buildIfStale, 120_000);

    test("control/ticks-follow-a-real-client-that-runs-200-ppm-fast-and-jitters", async () => {
      await using engine = new EngineProcess().configure(
        `[{ id: 1, plan: "${asset}", outputs: [] }]`,
        "clock: { use: master }",
      );
      const client = await engine.start();
      await engine.untilLogged("buffering -> ready");
      await using watch = new BusWatch(await engine.openReader(1));
      const clock = new FastClock();
      const left = new AbortController();
      const leading = leadClock(client, { masterId: "test", now: () => clock.now(), signal: left.signal });
      const began = host.monotonic();
      const errorsUs: number[] = [];
      while (host.monotonic() - began < BigInt(seconds) * 1_000_000_000n) {
        await pause(100);
        // House time as every reader of the bus has it, against the master's at the same instant.
        const { houseAnchor, monoAnchor, ratePpb } = watch.reader.mapping();
        const mono = host.monotonic();
        const passed = mono - monoAnchor;
        const house = houseAnchor + passed + (passed * BigInt(ratePpb)) / 1_000_000_000n;
        errorsUs.push(Number(house - clock.at(mono)) / 1_000);
      }
      const { channel } = await client.status.getChannel({ channelId: 1 });
      left.abort();
      await leading;
      const last = errorsUs.slice(-20);
      expect(channel?.clock?.state).toBe(ClockState.LOCKED);
      expect(channel?.clock?.alarm).toBe(false);
      // `BusWatch` fails where a tick is overrun; here none may be missing or come twice.
      expect(watch.seen.map(({ tick }) => tick - (watch.seen[0]?.tick ?? 0))).toEqual(
        watch.seen.map((_, index) => index),
      );
      expect(watch.seen.length).toBeGreaterThan(seconds * 20);
      const report = `drift ${channel?.clock?.driftPpm} ppm; off by ${last.map(Math.round).join(" ")} µs`;
      if (seconds >= 60) for (const us of last) expect(Math.abs(us), report).toBeLessThan(1_000);
      client.close();
      // Before its bus goes.
      await watch[Symbol.asyncDispose]();
      expect(await engine.end()).toBe(0);
    }, 240_000);
  },
);
