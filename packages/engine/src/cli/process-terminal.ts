import { Terminal } from "./terminal.js";

/** The terminal of this process. A reader that goes away (`| head`) ends the output quietly. */
export function processTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
  return new Terminal({ stdout: process.stdout, stderr: process.stderr, environment: process.env });
}
