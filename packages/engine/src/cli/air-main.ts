import { NodeHostTime } from "../clock/node-host-time.js";
import { runAir } from "./air.js";
import { endProcess } from "./leave-process.js";
import { processTerminal } from "./process-terminal.js";

const code = await runAir(process.argv.slice(2), processTerminal());
await endProcess(code, new NodeHostTime().timer);
