// Builds golden_bus and shows goldens as living buses, for the tests of every reader.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { gunzipSync, gzipSync } from "node:zlib";
import { runCommand } from "../../../../scripts/setup/command.mjs";
import { withLock } from "../../../../scripts/setup/lock.mjs";
import { cacheFolder, toolEnvironment } from "../../../../scripts/setup/root.mjs";

const here = import.meta.dirname;

/** Each golden is a folder here: its objects compressed, and what every reader must read from them. */
export const goldenFolder = join(here, "fixtures");

export const goldenNames: readonly string[] = ["programme", "epoch"];

/** The parts of a bus, as a golden's files are called. */
export const goldenObjects: readonly string[] = ["control", "pictures", "readers"];

/** Builds golden_bus where anything changed, and answers its path. Rejects with the compiler's words. */
export async function buildGoldenBus(): Promise<string> {
  const build = join(here, "build");
  const configure = ["-S", here, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release"];
  await withLock(join(cacheFolder, "golden-bus.lock"), async () => {
    for (const args of [configure, ["--build", build]]) {
      const { code, output } = await runCommand("cmake", args, { env: toolEnvironment() });
      if (code !== 0) throw new Error(`golden_bus was not built:\n${output}`);
    }
  });
  return join(build, "golden_bus");
}

/** Lets golden_bus write all goldens below `folder`, plain. */
export async function writeGoldens(folder: string): Promise<void> {
  const { code, output } = await runCommand(await buildGoldenBus(), ["write", folder]);
  if (code !== 0) throw new Error(output);
}

/** The committed bytes of one golden's object. */
export const goldenObject = (name: string, object: string): Buffer =>
  gunzipSync(readFileSync(join(goldenFolder, name, `${object}.gz`)));

export const goldenManifest = (name: string): string =>
  readFileSync(join(goldenFolder, name, "manifest.json"), "utf8");

/** A golden shown as a living bus: its lock is held and its heart beats until it is disposed. */
export interface ServedGolden extends AsyncDisposable {
  /** Of the control object. */
  readonly path: string;
}

/** Shows a golden at `path` in a folder of shared memory, where any reader finds it. */
export async function serveGolden(name: string, path: string): Promise<ServedGolden> {
  const program = await buildGoldenBus();
  const plain = mkdtempSync(join(tmpdir(), "golden-"));
  for (const object of goldenObjects) writeFileSync(join(plain, object), goldenObject(name, object));
  const child = spawn(program, ["serve", plain, path], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const lines = createInterface(child.stdout);
  const ready = await Promise.race([
    new Promise<boolean>((resolve) => lines.once("line", (line) => resolve(line === "ready"))),
    ended.then(() => false),
  ]);
  rmSync(plain, { recursive: true });
  if (!ready) throw new Error(`golden_bus could not serve ${name} at ${path}`);
  return {
    path,
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await ended;
    },
  };
}

/** Writes the fixtures anew, for a layout version that is meant to differ. */
async function update(): Promise<void> {
  const plain = mkdtempSync(join(tmpdir(), "golden-"));
  await writeGoldens(plain);
  for (const name of readdirSync(plain)) {
    const into = join(goldenFolder, name);
    mkdirSync(into, { recursive: true });
    for (const object of goldenObjects) {
      writeFileSync(
        join(into, `${object}.gz`),
        gzipSync(readFileSync(join(plain, name, object)), { level: 9 }),
      );
    }
    writeFileSync(join(into, "manifest.json"), readFileSync(join(plain, name, "manifest.json")));
  }
  rmSync(plain, { recursive: true });
}

if (process.argv[1] === import.meta.filename && process.argv[2] === "update") await update();
