import { spawn, spawnSync } from "node:child_process";
import { existsSync, globSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The root of the repository, with a slash at its end. */
export const root = fileURLToPath(new URL("../../..", import.meta.url));
const node = `${root}node_modules/node-runtime/bin/node`;
const built = `${root}packages/engine/dist/cli/main.js`;

/** Builds the engine if what is built is older than its sources, so that no test runs yesterday's program. */
export function buildIfStale(): void {
  const sources = globSync("packages/{core,decoder-pattern,engine,protocol}/src/**/*.ts", {
    cwd: root,
    exclude: ["**/*.test.ts"],
  });
  const newest = Math.max(...sources.map((file) => statSync(root + file).mtimeMs));
  // tsc rewrites only what changed; the build's own record is touched each time.
  const record = `${root}packages/engine/tsconfig.tsbuildinfo`;
  if (existsSync(built) && existsSync(record) && statSync(record).mtimeMs > newest) return;
  const result = spawnSync(`${root}node_modules/.bin/tsc`, ["-b", "packages/engine"], {
    cwd: root,
    encoding: "utf8",
  });
  if (result.status !== 0) throw new Error(`The build failed:\n${result.stdout}${result.stderr}`);
}

/** What a command wrote and how it ended. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a command to its end. */
export async function run(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly environment?: Readonly<Record<string, string>> } = {},
): Promise<Ended> {
  const child = spawn(command, args, {
    cwd: options.cwd ?? root,
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...options.environment },
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

/** Runs `retrovue-playout` as it is built. */
export const playout = (args: readonly string[], options: Parameters<typeof run>[2] = {}): Promise<Ended> =>
  run(node, [built, ...args], options);
