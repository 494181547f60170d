import { describe, expect, test } from "vitest";
import { ms } from "../../test/plan-examples.js";
import { SupervisorBench } from "../../test/supervisor-bench.js";
import { PlayoutError } from "../errors/playout-error.js";

describe("supervision/what cannot be begun", () => {
  test.each(["spawnFault", "laneFault"] as const)(
    "supervision/a-worker-that-cannot-be-begun-is-tried-again-with-pauses-and-told-by-its-code: %s",
    async (what) => {
      const bench = await new SupervisorBench().start();
      await bench.work(400);
      const full = new PlayoutError("OutOfSharedMemory", "There is no memory for it.");
      bench[what] = full;
      bench.worker.die("SIGSEGV");
      await bench.pass(900);
      expect(bench.types("worker-delayed")).toEqual([
        { type: "worker-delayed", afterNs: ms(1_000), error: full },
      ]);
      await bench.pass(1_000);
      expect(bench.types("worker-delayed")).toMatchObject([{}, { afterNs: ms(2_000), error: full }]);
      expect(bench.types("worker-replaced")).toEqual([]);
      bench[what] = undefined;
      await bench.pass(2_000);
      expect(bench.workers).toHaveLength(2);
      expect(bench.types("worker-replaced")).toMatchObject([{ cause: "SIGSEGV" }]);
      await bench.stop();
    },
  );

  test("supervision/a-channel-begins-though-its-first-worker-cannot-be-begun-yet", async () => {
    const bench = new SupervisorBench();
    bench.spawnFault = Object.assign(new Error("spawn ENOMEM"), { code: "ENOMEM" });
    await bench.start();
    await bench.pass(900);
    expect(bench.workers).toHaveLength(0);
    expect(bench.types("worker-delayed")).toMatchObject([
      { error: { code: "Internal", what: "spawn ENOMEM" } },
    ]);
    bench.spawnFault = undefined;
    await bench.pass(200);
    expect(bench.workers).toHaveLength(1);
    // It takes nobody's place.
    expect(bench.types("worker-replaced")).toEqual([]);
    await bench.stop();
  });

  test("supervision/a-channel-without-a-worker-stops-while-it-waits-for-one", async () => {
    const bench = new SupervisorBench();
    bench.spawnFault = new Error("spawn ENOMEM");
    await bench.start();
    await bench.stop();
    expect(bench.supervisor.state).toBe("stopped");
    expect(bench.workers).toHaveLength(0);
  });
});
