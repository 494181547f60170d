import { Terminal } from "../src/cli/terminal.js";
import type { Environment } from "../src/config/environment.js";

/** A terminal that keeps what is written to it. */
export function recordedTerminal(environment: Environment = {}, isTTY = false) {
  const written = { out: "", err: "" };
  const terminal = new Terminal({
    stdout: { isTTY, write: (text) => (written.out += text) },
    stderr: { isTTY, write: (text) => (written.err += text) },
    environment,
  });
  return { terminal, written };
}
