import { spawn, spawnSync } from "node:child_process";
import { existsSync, globSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { nodeFlags } from "../src/processes/node-flags.ts";

/** The root of the repository, with a slash at its end. */
export const root = fileURLToPath(new URL("../../..", import.meta.url));
const node = `${root}node_modules/node-runtime/bin/node`;
const built = `${root}packages/engine/dist/cli/main.js`;

/** Builds the engine if what is built is older than its sources, so that no test runs yesterday's program. */
export function buildIfStale(): void {
  const sources = globSync(
    "packages/{client,conform-libav,core,decoder-hw,decoder-libav,decoder-pattern,engine,framebus-shm,protocol,renderer,sandbox,transport-connect,transport-grpc}/src/**/*.ts",
    {
      cwd: root,
      exclude: ["**/*.test.ts"],
    },
  );
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

interface RunOptions {
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts a command; disposal kills it if it still runs. */
export function started(command: string, args: readonly string[], options: RunOptions = {}) {
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
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...text }));
  });
  return { child, text, ended, [Symbol.dispose]: () => void child.kill("SIGKILL") };
}

/** Runs a command to its end. */
export const run = (command: string, args: readonly string[], options: RunOptions = {}): Promise<Ended> =>
  started(command, args, options).ended;

/** Starts `retrovue-playout` as it is built, as its launcher does. */
export const startedPlayout = (args: readonly string[], options: RunOptions = {}) =>
  started(node, [...nodeFlags, built, ...args], options);

/** Runs `retrovue-playout` as it is built. */
export const playout = (args: readonly string[], options: RunOptions = {}): Promise<Ended> =>
  run(node, [built, ...args], options);
