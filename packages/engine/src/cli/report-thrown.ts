import { PlayoutError } from "@retrovue/core";
import { exitCodeFor } from "./exit-codes.js";
import type { Terminal } from "./terminal.js";

/** Tells anything thrown in the form that every error has. Gives the exit code. */
export function reportThrown(thrown: unknown, terminal: Terminal): number {
  if (PlayoutError.is(thrown)) {
    terminal.error(thrown.what.replace(/\.$/, ""), thrown.remedy);
  } else {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    terminal.error(
      `a fault of this program: ${message}`,
      "Please report it with the command and the output of `retrovue-playout version`.",
    );
  }
  return exitCodeFor(thrown);
}
