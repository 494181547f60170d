import { describe, expect, test } from "vitest";
import { ms } from "../../test/plan-examples.js";
import { SupervisorBench } from "../../test/supervisor-bench.js";
import { workerStopNsMax } from "./channel-supervisor.js";

describe("supervision/stop", () => {
  test("supervision/a-worker-that-hangs-while-it-closes-has-a-second-whatever-a-decoder-may-take", async () => {
    const bench = new SupervisorBench();
    bench.settings = { ...bench.settings, stallTimeoutNs: ms(6_000) };
    await bench.start();
    await bench.work(200);
    const { worker } = bench;
    worker.isDeafToStop = true;
    const stopped = bench.supervisor.stop();
    expect(workerStopNsMax).toBe(ms(1_000));
    await bench.pass(999);
    expect([worker.isStopped, worker.isKilled]).toEqual([true, false]);
    await bench.pass(1);
    expect(worker.killedFor).toBe("did not stop");
    await stopped;
    expect(bench.supervisor.state).toBe("stopped");
  });
});
