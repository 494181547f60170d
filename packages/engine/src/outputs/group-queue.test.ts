import type { StreamChunk, Tick } from "@retrovue/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GroupQueue } from "./group-queue.js";

const chunk = (tick: number, randomAccess: boolean, length = 188): StreamChunk => ({
  bytes: new Uint8Array(length),
  randomAccess,
  tick: tick as Tick,
});

const taken = (queue: GroupQueue): readonly StreamChunk[] => {
  const all: StreamChunk[] = [];
  for (let next = queue.take(); next !== undefined; next = queue.take()) all.push(next);
  return all;
};

describe("outputs/group-queue", () => {
  test("outputs/begins-with-a-random-access-point", () => {
    const queue = new GroupQueue(10_000);
    for (const tick of [1, 2, 3, 4]) queue.push(chunk(tick, tick === 3));
    expect(taken(queue).map(({ tick }) => tick)).toEqual([3, 4]);
  });

  test("outputs/what-is-too-much-goes-by-whole-groups", () => {
    const queue = new GroupQueue(188 * 6);
    for (let tick = 0; tick < 8; tick++) queue.push(chunk(tick, tick % 3 === 0));
    // Ticks 0 to 5 filled it; the seventh chunk began the third group, before which all went.
    expect(taken(queue).map(({ tick }) => tick)).toEqual([6, 7]);
    expect(queue.dropped).toBe(2);
  });

  test("outputs/a-group-longer-than-the-bound-is-skipped-to-the-next", () => {
    const queue = new GroupQueue(188 * 3);
    for (let tick = 0; tick < 8; tick++) queue.push(chunk(tick, tick === 0 || tick === 7));
    expect(taken(queue).map(({ tick }) => tick)).toEqual([7]);
    expect(queue.dropped).toBe(1);
  });

  test("outputs/whatever-comes-and-goes-what-is-taken-can-be-decoded", () => {
    const steps = fc.array(
      fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 3 })),
      {
        maxLength: 200,
      },
    );
    fc.assert(
      fc.property(steps, fc.integer({ min: 9, max: 60 }), (given, bytesMax) => {
        const queue = new GroupQueue(bytesMax);
        let last: number | undefined;
        for (const [tick, [randomAccess, length, takes]] of given.entries()) {
          queue.push(chunk(tick, randomAccess, length));
          expect(queue.bytes).toBeLessThanOrEqual(bytesMax);
          for (let take = 0; take < takes; take++) {
            const next = queue.take();
            if (next === undefined) break;
            // It follows on what was taken before, or begins anew.
            if (next.tick !== (last ?? -2) + 1) expect(next.randomAccess).toBe(true);
            last = next.tick;
          }
        }
      }),
    );
  });
});
