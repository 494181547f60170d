import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The root of the repository, with a slash at its end. */
export const root = fileURLToPath(new URL("../../..", import.meta.url));
const node = `${root}node_modules/node-runtime/bin/node`;

let isBuilt = false;

/** Builds what is older than its sources, so that no test runs yesterday's program. */
function build(): void {
  if (isBuilt) return;
  const result = spawnSync(`${root}node_modules/.bin/tsc`, ["-b", "packages/sim"], {
    cwd: root,
    encoding: "utf8",
  });
  if (result.status !== 0) throw new Error(`The build failed:\n${result.stdout}${result.stderr}`);
  isBuilt = true;
}

/** What a command wrote and how it ended. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the simulation as it is built. */
export async function sim(...args: readonly string[]): Promise<Ended> {
  build();
  const child = spawn(node, [`${root}packages/sim/dist/main.js`, ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const text = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text.out += chunk;
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    text.err += chunk;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { code, ...text };
}
