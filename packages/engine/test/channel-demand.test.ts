import { nanosecondsFromMs } from "@retrovue/core";
import { VirtualHost } from "@retrovue/core/testing";
import { describe, expect, test } from "vitest";
import { ChannelDemand, type ChannelDemandOptions } from "../src/channels/channel-demand.js";
import type { ChannelRuntime } from "../src/channels/channel-runtime.js";
import { openLog } from "../src/log/log.js";

/** Channels that are on air the moment they are asked for, and the tables of their readers. */
class Bench {
  readonly host = new VirtualHost();
  readonly onDemand = new Set<number>();
  readonly onAir = new Set<number>();
  readonly tables = new Set<number>();
  readonly isWanted = new Set<number>();
  readonly demand: ChannelDemand;

  constructor(readonly known: Set<number>) {
    const channels: ChannelDemandOptions["channels"] = {
      list: () => [...known].map((id) => ({ id, name: "", state: "stopped" as const })),
      isOnDemand: (id) => known.has(id) && this.onDemand.has(id),
      isIdle: (id) => !this.onAir.has(id),
      isStoppedByRequest: () => false,
      running: (id) =>
        this.onAir.has(id) ? ({ id, watchers: () => 0 } as unknown as ChannelRuntime) : undefined,
      start: async (id) => {
        this.onAir.add(id);
        return { onSlate: undefined, isNew: true };
      },
      stop: async (id) => this.onAir.delete(id),
    };
    this.demand = new ChannelDemand({
      channels,
      tableOf: (id) => {
        if (this.tables.has(id)) throw new Error("shown twice");
        this.tables.add(id);
        return { isWanted: () => this.isWanted.has(id), [Symbol.dispose]: () => this.tables.delete(id) };
      },
      host: this.host,
      log: openLog({ level: "fatal", format: "json", now: () => 0n, write: () => {} }),
    });
  }

  pass(ms: number): Promise<void> {
    return this.host.run(nanosecondsFromMs(ms));
  }
}

describe("demand for channels", () => {
  test("demand/a-channel-that-is-to-run-on-demand-from-now-on-stops-when-nobody-watches", async () => {
    const bench = new Bench(new Set([1]));
    bench.onAir.add(1);
    bench.demand.start();
    await bench.pass(30_000);
    expect(bench.onAir).toEqual(new Set([1]));
    bench.onDemand.add(1);
    await bench.pass(9_000);
    expect(bench.onAir).toEqual(new Set([1]));
    await bench.pass(3_000);
    expect(bench.onAir).toEqual(new Set());
    bench.isWanted.add(1);
    await bench.pass(1_000);
    expect(bench.onAir).toEqual(new Set([1]));
    bench.demand[Symbol.dispose]();
  });

  test("demand/a-channel-that-is-to-run-always-from-now-on-goes-on-without-viewers", async () => {
    const bench = new Bench(new Set([1]));
    bench.onDemand.add(1);
    bench.demand.start();
    await bench.demand.wake(1);
    expect(bench.onAir).toEqual(new Set([1]));
    bench.onDemand.delete(1);
    await bench.pass(60_000);
    expect(bench.onAir).toEqual(new Set([1]));
    bench.demand[Symbol.dispose]();
  });

  test("demand/what-is-gone-leaves-no-table-and-gets-one-when-it-comes-back", async () => {
    const bench = new Bench(new Set([1, 2]));
    for (const id of [1, 2]) bench.onDemand.add(id);
    bench.demand.start();
    await bench.pass(500);
    expect(bench.tables).toEqual(new Set([1, 2]));
    bench.known.delete(2);
    await bench.pass(500);
    expect(bench.tables).toEqual(new Set([1]));
    bench.onDemand.delete(1);
    await bench.pass(2_000);
    expect(bench.tables).toEqual(new Set());
    bench.known.add(2);
    bench.isWanted.add(2);
    await bench.pass(2_000);
    expect(bench.tables).toEqual(new Set([2]));
    expect(bench.onAir).toEqual(new Set([2]));
    bench.demand[Symbol.dispose]();
    expect(bench.tables).toEqual(new Set());
  });
});
