import { Socket } from "node:net";
import { NodeHostTime } from "../clock/node-host-time.js";
import { beginProcess, endProcess, leaveEngine, sayToEngine } from "../processes/process-entry.js";
import { streamDescriptor } from "./process-render.js";
import { readToRender } from "./render-messages.js";
import { RenderProcess } from "./render-process.js";

// The entry of a render process, forked by the engine with a channel and a pipe to it.
beginProcess("render process");

const pipe = new Socket({ fd: streamDescriptor, readable: false, writable: true });
// An engine that closes the pipe closes the channel as well.
pipe.on("error", () => {});
const render = new RenderProcess(
  { send: sayToEngine, pipe, descriptor: streamDescriptor },
  new NodeHostTime(),
);
process.on("message", (message) => render.take(readToRender(message)));

await endProcess(render.ended);
pipe.destroy();
leaveEngine();
