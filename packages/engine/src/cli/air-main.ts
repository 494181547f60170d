import { runAir } from "./air.js";
import { processTerminal } from "./process-terminal.js";

// Not process.exit: output to a pipe is written out first.
process.exitCode = await runAir(process.argv.slice(2), processTerminal());
