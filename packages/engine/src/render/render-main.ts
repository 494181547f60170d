import { Socket } from "node:net";
import { PlayoutError } from "@retrovue/core";
import { NodeHostTime } from "../clock/node-host-time.js";
import { streamDescriptor } from "./process-render.js";
import { readToRender } from "./render-messages.js";
import { RenderProcess } from "./render-process.js";

/*
 * The entry of a render process, forked by the engine with a channel and a pipe to it. When the channel closes, for whatever
 * reason, it is gone at once.
 */
if (process.send === undefined) {
  throw new PlayoutError("WrongState", "A render process is started by an engine, not by hand.");
}

// Ctrl-C on a terminal goes to the whole group; only the engine decides when it ends.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));

const pipe = new Socket({ fd: streamDescriptor, readable: false, writable: true });
// An engine that closes the pipe closes the channel as well.
pipe.on("error", () => {});
const render = new RenderProcess(
  {
    send: (message) => void process.send?.(message, undefined, undefined, () => {}),
    pipe,
    descriptor: streamDescriptor,
  },
  new NodeHostTime(),
);
process.on("message", (message) => render.take(readToRender(message)));

try {
  await render.ended;
} catch {
  // The engine was told why.
  process.exitCode = 1;
}
pipe.destroy();
process.removeAllListeners("disconnect");
process.disconnect();
