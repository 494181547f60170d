import { PlayoutError } from "@retrovue/core";
import { NodeHostTime } from "../clock/node-host-time.js";
import { readToWorker } from "./messages.js";
import { WorkerProcess } from "./worker-process.js";

/*
 * The entry of a worker process, forked by the engine with a channel to it. It is of no use without an engine: when the
 * channel closes, for whatever reason, it is gone at once, decoders that hang included.
 */
if (process.send === undefined) {
  throw new PlayoutError("WrongState", "A worker is started by an engine, not by hand.");
}

// Ctrl-C on a terminal goes to the whole group; only the engine decides when a worker ends.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));

const worker = new WorkerProcess(
  { send: (message) => void process.send?.(message, undefined, undefined, () => {}) },
  new NodeHostTime(),
);
process.on("message", (message) => worker.take(readToWorker(message)));

try {
  await worker.ended;
} catch {
  // The engine was told why.
  process.exitCode = 1;
}
process.removeAllListeners("disconnect");
process.disconnect();
