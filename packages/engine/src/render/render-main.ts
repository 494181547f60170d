import { Socket } from "node:net";
import { NodeHostTime } from "../clock/node-host-time.js";
import { beginProcess, endProcess } from "../processes/process-entry.js";
import { streamDescriptor } from "./process-render.js";
import { readToRender } from "./render-messages.js";
import { RenderProcess } from "./render-process.js";

// The entry of a render process, begun by the engine with two pipes to it.
const engine = beginProcess("render process");

const pipe = new Socket({ fd: streamDescriptor, readable: false, writable: true });
// An engine that closes this one closes the other as well.
pipe.on("error", () => {});
const render = new RenderProcess(
  { send: engine.say, pipe, descriptor: streamDescriptor },
  new NodeHostTime(),
);
engine.hear((message) => render.take(readToRender(message)));

await endProcess(render.ended);
pipe.destroy();
engine.leave();
