import { NodeHostTime } from "../clock/node-host-time.js";
import { endProcess } from "./leave-process.js";
import { processTerminal } from "./process-terminal.js";
import { runProgram } from "./program.js";

const code = await runProgram(process.argv.slice(2), processTerminal());
await endProcess(code, new NodeHostTime().timer);
