import { PlayoutError } from "@retrovue/core";
import { confinedFolders } from "@retrovue/sandbox";
import { NodeHostTime } from "../clock/node-host-time.js";
import { MediaRootsWatch } from "../processes/media-roots-watch.js";
import { readToWorker, toPlainError } from "./messages.js";
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

const host = new NodeHostTime();
const worker = new WorkerProcess(
  { send: (message) => void process.send?.(message, undefined, undefined, () => {}) },
  host,
);
let isOnAir = false;
process.on("message", (message) => {
  const told = readToWorker(message);
  if (told.kind === "prepare") watchRoots(told.preparation.mediaRoots);
  if (told.kind === "order") isOnAir = true;
  worker.take(told);
});

/** A spare leaves first, so that one that knows the new folder stands ready when the one on air does. */
function watchRoots(roots: readonly string[]): void {
  const folders = confinedFolders(process.env);
  if (folders === undefined) return;
  void MediaRootsWatch.begin({
    roots,
    folders,
    timer: host.timer,
    looks: () => (isOnAir ? 3 : 1),
    onMountedAnew: (error) =>
      void process.send?.({ kind: "failed", error: toPlainError(error) }, undefined, undefined, () =>
        process.kill(process.pid, "SIGKILL"),
      ),
  });
}

try {
  await worker.ended;
} catch {
  // The engine was told why.
  process.exitCode = 1;
}
process.removeAllListeners("disconnect");
process.disconnect();
