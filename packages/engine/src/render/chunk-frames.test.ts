import type { StreamChunk, Tick } from "@retrovue/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ChunkReader, frameOf } from "./chunk-frames.js";

describe("render/chunk-frames", () => {
  test("render/chunks-cross-whole-however-the-pipe-cuts-them", () => {
    const chunks = fc.array(
      fc.record({
        bytes: fc.uint8Array({ minLength: 1, maxLength: 400 }),
        randomAccess: fc.boolean(),
        tick: fc.maxSafeInteger().map((tick) => tick as Tick),
      }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(chunks, fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 60 }), (sent, cuts) => {
        const all = Buffer.concat(sent.map(frameOf));
        const got: StreamChunk[] = [];
        const reader = new ChunkReader((chunk) =>
          got.push({ ...chunk, bytes: Uint8Array.from(chunk.bytes) }),
        );
        let at = 0;
        for (const cut of [...cuts, all.length]) {
          if (at >= all.length) break;
          reader.push(all.subarray(at, at + cut));
          at += cut;
        }
        if (at < all.length) reader.push(all.subarray(at));
        expect(got).toEqual(sent);
      }),
    );
  });

  test.each([
    ["no bytes", 0, 0, 1n],
    ["more bytes than any group has", 33 * 1_024 * 1_024, 0, 1n],
    ["a flag that is none", 188, 2, 1n],
    ["a tick beyond all numbers", 188, 0, 1n << 60n],
  ])("render/what-is-no-chunk-is-refused: %s", (_, length, flags, tick) => {
    const head = Buffer.alloc(16);
    head.writeUInt32LE(length, 0);
    head.writeUInt32LE(flags, 4);
    head.writeBigInt64LE(tick, 8);
    const reader = new ChunkReader(() => expect.unreachable());
    expect(() => reader.push(head)).toThrow(/no chunk/);
  });
});
