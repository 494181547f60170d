import { exitCodes } from "./exit-codes.js";
import { Terminal } from "./terminal.js";

/**
 * The terminal of this process. A reader that goes away (`| head`) ends the output quietly, and with it commands that would print for ever,
 * but no engine: its channels go on without a reader of its log. Output that cannot be written for another reason (a full disk) ends
 * the process, since nobody would see what it found.
 */
export function processTerminal(): Terminal {
  const reader = new AbortController();
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") {
        if (stream === process.stdout) reader.abort();
        return;
      }
      if (stream === process.stdout) {
        const remedy = "Check where the output goes, and the room there.";
        process.stderr.write(`error: the output cannot be written: ${error.message}\n  ${remedy}\n`);
      }
      process.exit(exitCodes.OutputFailed.code);
    });
  }
  const { stdout, stderr, env: environment } = process;
  return new Terminal({ stdout, stderr, environment, readerGone: reader.signal });
}
