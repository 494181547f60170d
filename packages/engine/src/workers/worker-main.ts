import { confinedFolders } from "@retrovue/sandbox";
import { NodeHostTime } from "../clock/node-host-time.js";
import { MediaRootsWatch } from "../processes/media-roots-watch.js";
import { beginProcess, endProcess } from "../processes/process-entry.js";
import { readToWorker, toPlainError } from "./messages.js";
import { WorkerProcess } from "./worker-process.js";

// The entry of a worker process, begun by the engine with a pipe to it.
const engine = beginProcess("worker");

const host = new NodeHostTime();
const worker = new WorkerProcess({ send: engine.say }, host);
let isOnAir = false;
engine.hear((message) => {
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
      engine.say({ kind: "failed", error: toPlainError(error) }, () => process.kill(process.pid, "SIGKILL")),
  });
}

await endProcess(worker.ended);
engine.leave();
