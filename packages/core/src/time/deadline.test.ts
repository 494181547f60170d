import fc from "fast-check";
import { expect, test } from "vitest";
import { nextDeadline } from "./deadline.js";
import { HouseGrid } from "./house-grid.js";
import { rational } from "./rational.js";
import { standardRates } from "./standard-rates.js";
import { nanoseconds, tick } from "./units.js";

const grid = new HouseGrid(rational(30_000, 1_001), 48_000);
const start = tick(53_000_000_000);

test("lesson/08-the-next-deadline-stays-on-the-grid-after-a-late-tick", () => {
  // Work that takes 1 ms a tick, but 390 ms once: what follows is neither a burst nor a shifted grid.
  let done = start;
  let now = grid.tickTime(start);
  const begun: { tick: number; at: bigint }[] = [];
  let missed = 0;
  while (done < start + 100) {
    const next = nextDeadline(grid, done, now);
    expect(next.at).toBe(grid.tickTime(next.tick));
    if (next.at > now) now = next.at;
    begun.push({ tick: next.tick, at: now });
    now = nanoseconds(now + (next.tick === start + 10 ? 390_000_000n : 1_000_000n));
    missed += next.missed;
    done = next.tick;
  }
  // 390 ms are 11.7 ticks: ten are over, the one on air is joined at once, and all others begin on time.
  expect(missed).toBe(10);
  expect(begun.length).toBe(100 - missed);
  const late = begun.filter(({ tick: n, at }) => at !== grid.tickTime(tick(n)));
  expect(late.map(({ tick: n }) => n - start)).toEqual([21]);
  // No burst: no two ticks begin within the time that one is worked on.
  for (const [i, work] of begun.entries()) {
    const before = begun[i - 1];
    if (before) expect(work.at - before.at).toBeGreaterThanOrEqual(1_000_000n);
  }
});

test("time/a-deadline-is-never-over-when-it-is-given", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...standardRates),
      fc.integer({ min: 0, max: 1_000_000 }),
      fc.bigInt({ min: -(10n ** 11n), max: 10n ** 11n }),
      (rate, n, lateness) => {
        const any = new HouseGrid(rate, 48_000);
        const done = tick(50_000_000_000 + n);
        const now = nanoseconds(any.tickTime(done) + lateness);
        const next = nextDeadline(any, done, now);
        expect(next.tick).toBeGreaterThan(done);
        expect(next.missed).toBe(next.tick - done - 1);
        // Still running, or still ahead; and none that could still be had was left out.
        expect(any.tickTime(tick(next.tick + 1)) > now).toBe(true);
        if (next.missed > 0) expect(next.at <= now).toBe(true);
      },
    ),
  );
});
