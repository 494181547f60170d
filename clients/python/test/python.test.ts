// Runs the Python package's own tests, each as a test here: with numpy, and with a Python that has none.
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { beforeAll, describe, expect, test } from "vitest";
import { buildGoldenBus } from "../../../packages/framebus-shm/test/golden/golden-bus.js";

const tests = join(import.meta.dirname, "..", "tests");
/** The system's Python comes first: the one whose packages the distribution keeps. */
const pythons = ["/usr/bin/python3", "python3"];
/** A native build, and then all tests of a script, may take this long on a busy machine. */
const runTimeoutMs = 600_000;

interface Line {
  readonly name: string;
  readonly outcome: "passed" | "failed" | "skipped";
  readonly detail: string;
}

const runs = (program: string, ...args: readonly string[]): boolean =>
  spawnSync(program, args, { stdio: "ignore" }).status === 0;

const python = pythons.find((program) =>
  runs(program, "-c", "import sys; sys.exit(sys.version_info < (3, 9))"),
);
const hasNumpy = python !== undefined && runs(python, "-c", "import numpy");

/** The lines that a script of ours says, one JSON value each. */
async function linesOf(args: readonly string[], goldenBus: string): Promise<ReadonlyMap<string, Line>> {
  const child = spawn(python ?? "", args, {
    env: { ...process.env, RETROVUE_GOLDEN_BUS: goldenBus },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = new Map<string, Line>();
  for await (const text of createInterface(child.stdout)) {
    const line: Line = JSON.parse(text);
    lines.set(line.name, line);
  }
  return lines;
}

function namesIn(args: readonly string[]): readonly string[] {
  const said = spawnSync(python ?? "", [...args, "--list"], { encoding: "utf8" });
  if (said.status !== 0) throw new Error(`${args.join(" ")} --list failed:\n${said.stderr}`);
  return said.stdout
    .trim()
    .split("\n")
    .map((text) => JSON.parse(text).name);
}

/** By title. All begin at once: they mostly wait, for clocks that run and hearts that do not beat. */
const suites = new Map<string, { args: readonly string[]; lines?: Promise<ReadonlyMap<string, Line>> }>();

beforeAll(async () => {
  const goldenBus = await buildGoldenBus();
  for (const each of suites.values()) each.lines = linesOf(each.args, goldenBus);
  await Promise.all([...suites.values()].map((each) => each.lines));
}, runTimeoutMs);

function suite(title: string, args: readonly string[]): void {
  suites.set(title, { args });
  describe(title, () => {
    let lines: ReadonlyMap<string, Line> = new Map();
    beforeAll(async () => {
      lines = (await suites.get(title)?.lines) ?? lines;
    });
    for (const name of namesIn(args)) {
      test(name, ({ skip }) => {
        const line = lines.get(name);
        if (line?.outcome === "skipped") skip(line.detail);
        expect(line?.outcome, line?.detail ?? "the run ended before this test").toBe("passed");
      });
    }
  });
}

if (python === undefined) {
  test.skip("python: there is no Python of 3.9 or later on this machine");
} else {
  const script = join(tests, "run.py");
  // The modules that know of numpy; all the others do the same with it as without.
  if (hasNumpy) suite("python with numpy", [script, "test_views", "test_readme", "test_live"]);
  else test.skip("python with numpy: numpy is not installed");
  // Without `site` there is no folder of third-party packages, and so no numpy.
  suite("python without numpy", ["-S", script]);
  suite("python: mutant is noticed", ["-S", join(tests, "mutants.py")]);
}
