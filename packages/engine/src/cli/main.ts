import { processTerminal } from "./process-terminal.js";
import { runProgram } from "./program.js";

// Not process.exit: output to a pipe is written out first.
process.exitCode = await runProgram(process.argv.slice(2), processTerminal());
