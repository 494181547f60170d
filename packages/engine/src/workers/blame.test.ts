import type { Nanoseconds } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { Blame, type DecoderTable } from "./blame.js";

const idle = {
  assets: [],
  openings: [],
  hasFault: false,
  guilty: undefined,
  isGuiltyOpening: false,
  isSent: false,
};
/** What a decoder's own threads left, and what was left around the calls of one that leaves none. */
const inside = (of: Partial<DecoderTable>): DecoderTable => ({
  ...idle,
  decoderIndex: 0,
  isFromOutside: false,
  ...of,
});
const outside = (of: Partial<DecoderTable>): DecoderTable => ({
  ...idle,
  decoderIndex: 1,
  isFromOutside: true,
  ...of,
});

const blamed = (...tables: readonly DecoderTable[]) =>
  new Blame(() => 0n as Nanoseconds)
    .suspects(tables, "SIGSEGV")
    .flatMap(({ uri, guilty }) => (guilty ? [uri] : []));

describe("workers/blame", () => {
  test("workers/a-thread-that-noted-its-fault-clears-others-also-where-its-asset-has-no-usable-name", () => {
    const opening = outside({ assets: ["/innocent"], openings: ["/innocent"] });
    expect(blamed(inside({}), opening)).toEqual(["/innocent"]);
    expect(blamed(inside({ hasFault: true }), opening)).toEqual([]);
  });

  test("workers/a-fault-in-a-call-clears-others-also-where-its-asset-has-no-usable-name", () => {
    const opening = { assets: ["/innocent"], openings: ["/innocent"] };
    expect(blamed(outside({ ...opening, hasFault: true, isGuiltyOpening: true }))).toEqual([]);
    expect(blamed(outside(opening), outside({ decoderIndex: 2, hasFault: true }))).toEqual([]);
    expect(blamed(inside({ assets: ["/on-air"] }), outside({ hasFault: true }))).toEqual([]);
  });

  test("workers/nobody-who-is-waited-for-is-blamed-while-threads-that-may-have-faulted-are-at-work", () => {
    const opening = outside({ assets: ["/hostile"], openings: ["/hostile"] });
    expect(blamed(inside({ assets: ["/a", "/b"] }), opening)).toEqual([]);
    const entered = outside({ ...opening, hasFault: true, guilty: "/hostile", isGuiltyOpening: true });
    expect(blamed(inside({ assets: ["/a"] }), entered)).toEqual(["/hostile"]);
  });

  test("workers/the-only-asset-of-threads-is-blamed-by-the-decoder-it-was-in-whatever-is-waited-for-beside", () => {
    const tables = [
      inside({ assets: ["/hostile"], openings: ["/hostile"] }),
      outside({ assets: ["/hostile", "/on-air"], openings: ["/hostile"] }),
    ];
    const suspects = new Blame(() => 0n as Nanoseconds).suspects(tables, "SIGSEGV");
    expect(suspects.filter(({ guilty }) => guilty)).toEqual([
      { uri: "/hostile", decoderIndex: 0, guilty: true },
    ]);
  });

  test("workers/whoever-reads-is-not-accused-while-threads-that-may-have-faulted-are-at-work", () => {
    const blame = new Blame(() => 0n as Nanoseconds);
    const tables = [inside({ assets: ["/a", "/b"] }), outside({ assets: ["/on-air"] })];
    for (let time = 0; time < 3; time++)
      expect(blame.suspects(tables, "SIGSEGV").filter(({ guilty }) => guilty)).toEqual([]);
  });
});
