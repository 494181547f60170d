import { exitCodes } from "./exit-codes.js";
import { Terminal } from "./terminal.js";

/**
 * The terminal of this process. A reader that goes away (`| head`) ends the output quietly; output that cannot be written
 * for another reason (a full disk) ends the process, since nobody would see what it found.
 */
export function processTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") return;
      if (stream === process.stdout) {
        const remedy = "Check where the output goes, and the room there.";
        process.stderr.write(`error: the output cannot be written: ${error.message}\n  ${remedy}\n`);
      }
      process.exit(exitCodes.OutputFailed.code);
    });
  }
  return new Terminal({ stdout: process.stdout, stderr: process.stderr, environment: process.env });
}
