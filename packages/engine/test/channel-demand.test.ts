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
  /** In the order in which they were begun. */
  readonly begun: number[] = [];
  /** What each start waits for besides. */
  gate: (id: number) => Promise<unknown> = async () => {};

  constructor(readonly known: Set<number>) {
    const channels: ChannelDemandOptions["channels"] = {
      list: () => [...known].map((id) => ({ id, name: "", state: "stopped" as const })),
      isOnDemand: (id) => known.has(id) && this.onDemand.has(id),
      isIdle: (id) => !this.onAir.has(id),
      isStoppedByRequest: () => false,
      running: (id) =>
        this.onAir.has(id) ? ({ id, watchers: () => 0 } as unknown as ChannelRuntime) : undefined,
      start: async (id) => {
        this.begun.push(id);
        await this.gate(id);
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
      startsAtOnce: 2,
      log: openLog({ level: "fatal", format: "json", now: () => 0n, write: () => {} }),
    });
  }

  pass(ms: number): Promise<void> {
    return this.host.run(nanosecondsFromMs(ms));
  }
}

/** What starts wait for, by channel. */
function gates(ids: readonly number[]) {
  const all = new Map(ids.map((id) => [id, Promise.withResolvers<void>()] as const));
  return {
    wait: async (id: number) => await all.get(id)?.promise,
    open: (id: number) => all.get(id)?.resolve(),
  };
}

describe("demand for channels", () => {
  test("demand/so-many-start-at-one-time-and-the-others-in-the-order-in-which-they-were-asked-for", async () => {
    const ids = [1, 2, 3, 4, 5];
    const bench = new Bench(new Set(ids));
    for (const id of ids) bench.onDemand.add(id);
    const gate = gates(ids);
    bench.gate = gate.wait;
    const watched = new Set(ids);
    const woken = ids.map((id) => bench.demand.wake(id, () => watched.has(id)));
    await bench.pass(10);
    expect(bench.begun).toEqual([1, 2]);
    // Whoever wanted this one has left before its turn came.
    watched.delete(3);
    gate.open(2);
    await expect.poll(() => bench.begun).toEqual([1, 2, 4]);
    for (const id of ids) gate.open(id);
    expect((await Promise.all(woken)).map((channel) => channel?.id)).toEqual([1, 2, undefined, 4, 5]);
    bench.demand[Symbol.dispose]();
  });

  test("demand/who-comes-later-shares-the-place-of-who-asked-for-the-channel-first", async () => {
    const ids = [1, 2, 3, 4];
    const bench = new Bench(new Set(ids));
    for (const id of ids) bench.onDemand.add(id);
    const gate = gates(ids);
    bench.gate = gate.wait;
    const woken = ids.map((id) => bench.demand.wake(id, () => id !== 3));
    const later = [bench.demand.wake(1), bench.demand.wake(3)];
    gate.open(1);
    expect((await later[0])?.id).toBe(1);
    // The first who asked for it has left, the other has not.
    await expect.poll(() => bench.begun).toEqual([1, 2, 3]);
    gate.open(3);
    expect((await later[1])?.id).toBe(3);
    for (const id of ids) gate.open(id);
    await Promise.all(woken);
    bench.demand[Symbol.dispose]();
  });

  test("demand/a-start-that-waits-for-files-keeps-others-waiting-for-half-a-second-at-most", async () => {
    const ids = [1, 2, 3];
    const bench = new Bench(new Set(ids));
    for (const id of ids) bench.onDemand.add(id);
    const gate = gates([1, 2]);
    bench.gate = gate.wait;
    const woken = ids.map((id) => bench.demand.wake(id));
    await bench.pass(490);
    expect(bench.begun).toEqual([1, 2]);
    await bench.pass(20);
    expect(bench.begun).toEqual([1, 2, 3]);
    expect((await woken[2])?.id).toBe(3);
    for (const id of ids) gate.open(id);
    await Promise.all(woken);
    bench.demand[Symbol.dispose]();
  });

  test("demand/a-channel-that-waited-long-for-its-turn-is-not-stopped-before-its-reader-is-there", async () => {
    const first = Array.from({ length: 48 }, (_, index) => 1 + index);
    const ids = [...first, 99];
    const bench = new Bench(new Set(ids));
    for (const id of ids) bench.onDemand.add(id);
    const gate = gates(ids);
    bench.gate = gate.wait;
    bench.isWanted.add(99);
    // Starts that all wait for files, ahead of one whose viewer leaves and for whose bus a reader looks.
    const others = first.map((id) => bench.demand.wake(id));
    const viewer = bench.demand.wake(99, () => false);
    bench.demand.start();
    await bench.pass(11_500);
    expect(bench.begun).not.toContain(99);
    await bench.pass(1_000);
    // Once, though it was looked at four times a second all the while.
    expect(bench.begun.filter((id) => id === 99)).toEqual([99]);
    gate.open(99);
    await bench.pass(1_000);
    expect(bench.onAir).toContain(99);
    expect(bench.begun.filter((id) => id === 99)).toEqual([99]);
    for (const id of first) gate.open(id);
    await Promise.all([...others, viewer]);
    bench.demand[Symbol.dispose]();
  });

  test("demand/what-waits-when-the-engine-ends-is-not-begun", async () => {
    const ids = [1, 2, 3];
    const bench = new Bench(new Set(ids));
    for (const id of ids) bench.onDemand.add(id);
    const gate = gates(ids);
    bench.gate = gate.wait;
    const woken = ids.map((id) => bench.demand.wake(id));
    await bench.pass(10);
    bench.demand[Symbol.dispose]();
    for (const id of ids) gate.open(id);
    expect((await Promise.all(woken)).map((channel) => channel?.id)).toEqual([1, 2, undefined]);
    expect(bench.begun).toEqual([1, 2]);
  });

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
