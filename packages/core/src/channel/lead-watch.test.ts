import { describe, expect, test } from "vitest";
import type { Clock, Nanoseconds, Tick } from "../index.js";
import { HouseGrid } from "../time/house-grid.js";
import { rational } from "../time/rational.js";
import { LeadWatch } from "./lead-watch.js";
import { defaultChannelSettings as settings } from "./settings.js";
import { Turns } from "./turns.js";

const grid = new HouseGrid(rational(25, 1), 48_000);
const tick = (n: number): Tick => (1_000 + n) as Tick;

const turnsOf = (ticks: number) =>
  new Turns(grid, {
    leadNsTarget: grid.length(7 * ticks),
    leadNsMin: grid.length(1),
    turnNs: grid.length(ticks),
  });
const [alone, inPairs, inThrees] = [turnsOf(1), turnsOf(2), turnsOf(3)];

/** A watch on a clock that says what it is told: so far ahead of a tick's time. */
function watchAt(turns = alone) {
  let now = 0n;
  const clock = { now: () => now as Nanoseconds } as Partial<Clock> as Clock;
  const leave = (ms: number, n: number) => {
    now = grid.tickTime(tick(n)) - BigInt(ms) * 1_000_000n;
  };
  return { watch: new LeadWatch({ grid, settings, clock, turns }), leave };
}

describe("takeover/lead", () => {
  test("takeover/lead-that-a-process-lost-by-standing-still-is-not-the-decoders", () => {
    const { watch, leave } = watchAt();
    leave(500, 0);
    watch.delivered(tick(0));
    // It slept until the next tick's turn and woke 180 ms late.
    leave(320, 1);
    watch.look(tick(1));
    expect(watch.isShrinking(tick(1))).toBe(false);
    // What is lost from here on is the decoder's.
    leave(250, 1);
    watch.look(tick(1));
    expect(watch.isShrinking(tick(1))).toBe(true);
  });

  test("takeover/lead-that-a-decoder-loses-tick-by-tick-counts", () => {
    const { watch, leave } = watchAt();
    leave(500, 0);
    watch.delivered(tick(0));
    // Each takes 45 ms, of the 40 that it is shown.
    for (const [n, turn] of [500, 495, 490, 485, 480, 475, 470, 465, 460, 455].entries()) {
      leave(turn, n + 1);
      watch.look(tick(n + 1));
      leave(turn - 45, n + 1);
      watch.delivered(tick(n + 1));
    }
    leave(405, 11);
    expect(watch.isShrinking(tick(11))).toBe(true);
  });

  test("takeover/lead-that-is-back-counts-again", () => {
    const { watch, leave } = watchAt();
    leave(500, 0);
    watch.delivered(tick(0));
    leave(320, 1);
    watch.look(tick(1));
    leave(500, 2);
    watch.delivered(tick(2));
    leave(440, 3);
    expect(watch.isShrinking(tick(3))).toBe(true);
  });

  test("takeover/lead-that-the-first-of-a-turn-has-less-is-nobodys-loss", () => {
    const { watch, leave } = watchAt(inPairs);
    for (const n of [0, 2, 4]) {
      leave(460, n);
      watch.look(tick(n));
      expect(watch.isShrinking(tick(n))).toBe(false);
      watch.delivered(tick(n));
      leave(500, n + 1);
      watch.look(tick(n + 1));
      expect(watch.delivered(tick(n + 1))).toBe(true);
    }
    // Its turn came in time, and now 50 ms of it are gone.
    leave(460, 6);
    watch.look(tick(6));
    expect(watch.hasteAt(tick(6))).toBe(grid.tickTime(tick(7)) - 500_000_000n + 35_300_000n);
    leave(415, 6);
    expect(watch.isShrinking(tick(6))).toBe(true);
  });

  test("takeover/lead-is-kept-by-a-decoder-that-takes-most-of-a-tick-for-each-of-a-turn", () => {
    const { watch, leave } = watchAt(inThrees);
    // Turns come 80 ms after the lead of their first is full, and each picture takes 32 ms, of the 40 that it is shown.
    for (let first = 2; first < 40; first += 3) {
      for (let k = 0; k < 3; k++) {
        const before = 420 + 40 * k - 32 * k;
        leave(before, first + k);
        watch.look(tick(first + k));
        expect(watch.isShrinking(tick(first + k))).toBe(false);
        leave(before - 32, first + k);
        expect(watch.isShrinking(tick(first + k))).toBe(false);
        watch.delivered(tick(first + k));
      }
    }
  });
});
