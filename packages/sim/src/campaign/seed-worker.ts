import { parentPort } from "node:worker_threads";
import { runSeed, type SeedOrder } from "./seed-result.js";

// The whole of a worker thread: orders come in, one at a time, and results go out.
parentPort?.on("message", (order: SeedOrder) => {
  runSeed(order).then(
    (result) => parentPort?.postMessage({ result }),
    (thrown: unknown) => {
      const why = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
      parentPort?.postMessage({ seed: order.seed, why });
    },
  );
});
