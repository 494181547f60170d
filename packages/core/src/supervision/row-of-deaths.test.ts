import { describe, expect, test } from "vitest";
import { ms, planOf, segmentOf } from "../../test/plan-examples.js";
import { grid, SupervisorBench } from "../../test/supervisor-bench.js";
import { settled } from "../../test/virtual-host.js";

/** Waits until there is a worker that is none of the dead. */
async function born(bench: SupervisorBench, dead: ReadonlySet<unknown>): Promise<void> {
  while (dead.has(bench.worker)) await bench.pass(10);
}

/** Lets workers die as soon as they are there, for so many deaths; tells when each died, in ms. */
async function die(bench: SupervisorBench, deaths: number): Promise<number[]> {
  const at: number[] = [];
  const begin = bench.clock.now();
  const dead = new Set<unknown>(bench.workers.slice(0, -1));
  for (let died = 0; died < deaths; died++) {
    await born(bench, dead);
    at.push(Number((bench.clock.now() - begin) / 1_000_000n));
    dead.add(bench.worker);
    bench.worker.die("SIGSEGV");
    await settled();
  }
  return at;
}

/** The worker after the one that died last, as soon as it is there. */
const another = (bench: SupervisorBench): Promise<void> => born(bench, new Set(bench.workers));

const states = (bench: SupervisorBench) =>
  bench.events.flatMap((event) => (event.type === "state" ? [event.to] : []));

/** One asset for an hour, so that no boundary comes. */
const steady = (bench: SupervisorBench) =>
  planOf([segmentOf(1, { duration: ms(3_600_000) })], { start: grid.tickTime(bench.first) });

async function started(): Promise<SupervisorBench> {
  const bench = new SupervisorBench();
  return await bench.start(bench.first, steady(bench));
}

describe("supervision/a row of deaths", () => {
  test("supervision/a-channel-whose-workers-die-again-and-again-is-in-error-when-the-quick-retries-are-used-up", async () => {
    const bench = await started();
    // Three are answered at once; the retries after 1, 2, 4, 8 and 16 s die as well.
    const at = await die(bench, 8);
    await another(bench);
    expect(at.map((one) => Math.round(one / 1_000))).toEqual([0, 0, 0, 0, 1, 3, 7, 15]);
    expect(states(bench)).not.toContain("error");
    await die(bench, 1);
    expect(bench.supervisor.state).toBe("error");
    const error = states(bench).filter((to) => to === "error");
    expect(error).toEqual(["error"]);
    // It stays so, with a try each 30 s.
    await another(bench);
    const later = await die(bench, 2);
    expect(later.map((one) => Math.round(one / 1_000))).toEqual([0, 30]);
    expect(bench.supervisor.state).toBe("error");
    await bench.stop();
  });

  test("supervision/an-error-for-want-of-workers-ends-when-one-has-worked-for-two-seconds", async () => {
    const bench = await started();
    await die(bench, 9);
    expect(bench.supervisor.state).toBe("error");
    await another(bench);
    await bench.work(1_500);
    expect(bench.supervisor.state).toBe("error");
    // What was on air is none of its doing, though it begins as planned.
    const place = bench.place();
    bench.worker.listener.onEvent({ type: "segment-began", tick: place.first, place, ready: true });
    expect(bench.supervisor.state).toBe("error");
    await bench.work(1_000);
    expect(bench.supervisor.state).not.toBe("error");
    const before = bench.workers.length;
    bench.worker.die("SIGSEGV");
    await settled();
    expect(bench.workers).toHaveLength(before + 1);
    await bench.stop();
  });

  test("supervision/one-that-does-no-work-ends-no-error", async () => {
    const bench = await started();
    await die(bench, 9);
    await another(bench);
    await bench.live(2_500, true);
    expect(bench.supervisor.state).toBe("error");
    await bench.stop();
  });

  test("supervision/what-still-fails-on-air-keeps-the-error-that-workers-end", async () => {
    const bench = await started();
    await die(bench, 9);
    await another(bench);
    bench.worker.listener.onEvent(bench.failure("/media/1.mp4", true));
    await bench.work(2_500, { standIn: "slate", standInReason: "openFailed" });
    expect(bench.supervisor.state).toBe("error");
    await bench.work(200);
    expect(bench.supervisor.state).not.toBe("error");
    await bench.stop();
  });

  test("supervision/another-plan-is-tried-at-once-but-no-sooner-than-a-second-after-a-death", async () => {
    const bench = await started();
    await die(bench, 9);
    const before = bench.workers.length;
    await bench.pass(5_000);
    expect(bench.workers).toHaveLength(before);
    expect(bench.supervisor.applyPlan({ ...steady(bench), revision: 2 })).toBe(true);
    await settled();
    expect(bench.workers).toHaveLength(before + 1);
    expect(bench.worker.order.plan.revision).toBe(2);
    bench.worker.die("SIGSEGV");
    await bench.pass(200);
    bench.supervisor.applyPlan({ ...steady(bench), revision: 3 });
    await bench.pass(700);
    expect(bench.workers).toHaveLength(before + 1);
    await bench.pass(200);
    expect(bench.workers).toHaveLength(before + 2);
    await bench.stop();
  });

  test("supervision/a-segment-of-another-asset-gets-a-fresh-chance-and-one-of-the-same-does-not", async () => {
    const bench = new SupervisorBench();
    const same = segmentOf(1).asset;
    await bench.start(
      bench.first,
      planOf(
        [
          segmentOf(1, { duration: ms(40_000) }),
          segmentOf(2, { duration: ms(5_000), ...(same && { asset: same }) }),
          segmentOf(3, { duration: ms(3_600_000) }),
        ],
        { start: grid.tickTime(bench.first) },
      ),
    );
    await die(bench, 9);
    const before = bench.workers.length;
    const untilMs = (seconds: number) => {
      const at = grid.tickTime(bench.first) + ms(seconds * 1_000);
      return Number((at - bench.clock.now()) / 1_000_000n);
    };
    await bench.pass(untilMs(44.9));
    expect(bench.workers).toHaveLength(before);
    await bench.pass(200);
    expect(bench.workers).toHaveLength(before + 1);
    await bench.stop();
  });

  test("supervision/segments-shorter-than-a-second-do-not-hasten-a-row-of-deaths", async () => {
    const bench = new SupervisorBench();
    const short = Array.from({ length: 200 }, (_, n) => segmentOf(n + 1, { duration: ms(200) }));
    await bench.start(bench.first, planOf(short, { start: grid.tickTime(bench.first) }));
    const at = await die(bench, 9);
    expect(at.at(-1)).toBeGreaterThanOrEqual(5_000);
    await bench.stop();
  });

  test("supervision/a-channel-stops-while-its-next-worker-is-waited-for", async () => {
    const bench = await started();
    await die(bench, 9);
    const before = bench.workers.length;
    await bench.stop();
    expect(bench.supervisor.state).toBe("stopped");
    expect(bench.workers).toHaveLength(before);
  });
});
