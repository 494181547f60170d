import type { Tick } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { StandInEpisodes } from "./stand-in-episodes.js";

const tick = (n: number) => n as Tick;

describe("stand-in-episodes", () => {
  test("stand-in-episodes/what-is-kept-of-an-airing-without-an-end-is-bounded-and-its-counts-are-right", () => {
    const episodes = new StandInEpisodes();
    let keptMax = 0;
    // A decoder that flaps: two ticks of hold and one of slate in each ten, told half a second ahead, for eleven hours.
    for (let n = 0; n < 100_000; n++) {
      const at = 10 * n;
      episodes.began(tick(at + 3), "hold", "decodeFailed");
      episodes.began(tick(at + 5), "slate", n % 2 === 0 ? "decodeFailed" : "hung");
      episodes.ended(tick(at + 6));
      if (n % 5 === 0) episodes.fold(tick(0), tick(at - 12));
      keptMax = Math.max(keptMax, episodes.kept);
    }
    expect(keptMax).toBeLessThan(20);
    expect(episodes.take(tick(0), tick(1_000_000))).toEqual([
      { kind: "hold", reason: "decodeFailed", ticks: 200_000 },
      { kind: "slate", reason: "decodeFailed", ticks: 50_000 },
      { kind: "slate", reason: "hung", ticks: 50_000 },
    ]);
  });

  test("stand-in-episodes/what-ended-before-an-airing-is-none-of-it-and-what-reaches-into-it-counts-from-its-first-tick", () => {
    const episodes = new StandInEpisodes();
    episodes.began(tick(1), "hold", "late");
    episodes.ended(tick(5));
    episodes.began(tick(8), "slate", "hung");
    episodes.ended(tick(14));
    episodes.fold(tick(10), tick(20));
    expect(episodes.take(tick(10), tick(21))).toEqual([{ kind: "slate", reason: "hung", ticks: 4 }]);
    expect(episodes.take(tick(21), tick(30))).toEqual([]);
  });

  test("stand-in-episodes/one-that-goes-on-over-a-seam-counts-on-both-sides", () => {
    const episodes = new StandInEpisodes();
    episodes.began(tick(5), "hold", "late");
    episodes.fold(tick(0), tick(9));
    expect(episodes.take(tick(0), tick(10))).toEqual([{ kind: "hold", reason: "late", ticks: 5 }]);
    episodes.ended(tick(12));
    expect(episodes.at(tick(11))).toMatchObject({ kind: "hold", reason: "late" });
    expect(episodes.at(tick(12))).toBeUndefined();
    expect(episodes.take(tick(10), tick(20))).toEqual([{ kind: "hold", reason: "late", ticks: 2 }]);
  });

  test("stand-in-episodes/while-nothing-airs-nothing-is-counted", () => {
    const episodes = new StandInEpisodes();
    episodes.began(tick(5), "hold", "late");
    episodes.ended(tick(8));
    episodes.fold(undefined, tick(9));
    expect(episodes.kept).toBe(0);
    expect(episodes.take(tick(0), tick(10))).toEqual([]);
  });
});
