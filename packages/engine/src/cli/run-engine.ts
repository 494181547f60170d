import { PlayoutError } from "@retrovue/core";
import type { PlayoutConfig } from "../config/playout-config.js";
import { exitCodeOf, reportReading } from "./check-config.js";
import type { Launch } from "./launch.js";
import type { Terminal } from "./terminal.js";

/** Reads the configuration and runs the engine until it is asked to stop. Gives the exit code. */
export async function runLaunch(launch: Launch, terminal: Terminal): Promise<number> {
  reportReading(launch, terminal);
  if (!launch.reading.ok) return exitCodeOf(launch.reading);
  return runEngine(launch.reading.config);
}

/** `Unimplemented`: composition and supervision of a running engine are not part of this version. */
async function runEngine(config: PlayoutConfig): Promise<number> {
  throw new PlayoutError(
    "Unimplemented",
    `Running the engine is not built yet; the configuration of ${config.engine.id} is right.`,
    { remedy: "Use `retrovue-playout check-config` to see what it would run." },
  );
}
