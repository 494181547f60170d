import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { toolEnvironment } from "../setup/root.mjs";

/** Where the recorded contract lies, from the root of the tree. */
export const baselinePath = join("proto", "baseline.binpb");

/** How the proto files of a tree stand to the recorded baseline. */
export interface Comparison {
  /** PLAYOUT_API_VERSION of the baseline. */
  readonly baselineVersion: string;
  /** PLAYOUT_API_VERSION of the tree. */
  readonly version: string;
  /** What a client built against the baseline would notice, one line each. */
  readonly breaking: readonly string[];
  /** True if anything but comments differs. */
  readonly changed: boolean;
}

/** What may be done with a tree that compares so, and what to do about it where nothing may. */
export interface Verdict {
  readonly allowed: boolean;
  readonly message: string;
}

/**
 * Compares the proto files below `tree` with a baseline, by the workspace's own `buf`.
 *
 * Throws an `Error` with buf's own words where the files do not compile.
 *
 * @param tree folder that holds buf.yaml and proto/
 * @param baseline a descriptor set as `recordBaseline` makes it
 */
export function compareWithBaseline(tree: string, baseline: string): Comparison {
  const result = buf(tree, ["breaking", "proto", "--against", baseline, "--error-format", "json"]);
  // buf answers 100 for findings, one JSON object a line, and 1 for anything that kept it from looking.
  if (result.status !== 0 && result.status !== bufFoundSomething) throw new Error(result.stderr.trim());
  const breaking = result.stdout.split("\n").filter(Boolean).map(findingLine);
  const current = build(tree, "proto", "binpb");
  return {
    baselineVersion: versionOf(tree, baseline),
    version: versionOf(tree, "proto"),
    breaking,
    changed: !current.equals(readFileSync(baseline)),
  };
}

/**
 * The versioning rule (docs/contracts/control-api.md): a breaking change needs a higher major, any other change a
 * higher minor or patch, and the version never falls. Comments may change freely.
 */
export function judge(comparison: Comparison): Verdict {
  const { baselineVersion, version, breaking, changed } = comparison;
  const before = parseVersion(baselineVersion);
  const now = parseVersion(version);
  if (now.major > before.major) {
    return { allowed: true, message: `${baselineVersion} to ${version}: a new major may break.` };
  }
  if (breaking.length > 0) {
    const list = breaking.map((line) => `  ${line}`).join("\n");
    return {
      allowed: false,
      message: `Clients of ${baselineVersion} would break:\n${list}\nUndo it, add beside it, or raise the major of PLAYOUT_API_VERSION.`,
    };
  }
  const rise = now.major - before.major || now.minor - before.minor || now.patch - before.patch;
  if (rise < 0) {
    return { allowed: false, message: `PLAYOUT_API_VERSION fell from ${baselineVersion} to ${version}.` };
  }
  if (changed && rise === 0) {
    return {
      allowed: false,
      message: `The contract grew, but is still ${version}. Raise the minor of PLAYOUT_API_VERSION; while ${version} is in no release, record it instead: pnpm proto:baseline.`,
    };
  }
  return {
    allowed: true,
    message: changed ? `${baselineVersion} to ${version}: additions only.` : "Unchanged.",
  };
}

/**
 * Records the tree's contract as the baseline. Refuses (by an `Error`) what breaks the recorded one without a new
 * major; a contract that was never released may be recorded anew after deleting the file by hand.
 */
export function recordBaseline(tree: string): string {
  const baseline = join(tree, baselinePath);
  if (existsSync(baseline)) {
    const comparison = compareWithBaseline(tree, baseline);
    const verdict = judge(comparison);
    if (!verdict.allowed && comparison.breaking.length > 0) throw new Error(verdict.message);
  }
  run(tree, ["build", "proto", "--exclude-source-info", "--output", baseline]);
  return baselinePath;
}

const bufFoundSomething = 100;

/** Enough for the descriptors of an API ten times this size. */
const outputBytesMax = 16 * 1024 * 1024;

const versionKey = "[retrovue.playout.PLAYOUT_API_VERSION]";

interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

function parseVersion(text: string): Version {
  const match = /^(\d+)\.(\d+)\.(\d+)$/.exec(text);
  if (!match) throw new Error(`PLAYOUT_API_VERSION is "${text}"; it has to be major.minor.patch.`);
  return { major: Number(match[1]), minor: Number(match[2]), patch: Number(match[3]) };
}

function versionOf(tree: string, input: string): string {
  const image = JSON.parse(build(tree, input, "json").toString("utf8")) as {
    file: readonly { options?: Record<string, string> }[];
  };
  const versions = image.file.flatMap((file) => file.options?.[versionKey] ?? []);
  const [version] = versions;
  if (version === undefined || versions.length > 1) {
    throw new Error(`PLAYOUT_API_VERSION is set on ${versions.length} files; it has to be set on one.`);
  }
  return version;
}

const build = (tree: string, input: string, format: "binpb" | "json"): Buffer =>
  run(tree, ["build", input, "--exclude-source-info", "--output", `-#format=${format}`]);

function run(tree: string, args: readonly string[]): Buffer {
  const result = spawnSync("buf", args, { cwd: tree, env: toolEnvironment(), maxBuffer: outputBytesMax });
  if (result.error) throw result.error;
  if (result.status !== 0) throw new Error(result.stderr.toString("utf8").trim());
  return result.stdout;
}

function buf(
  tree: string,
  args: readonly string[],
): { status: number | null; stdout: string; stderr: string } {
  const result = spawnSync("buf", args, {
    cwd: tree,
    env: toolEnvironment(),
    encoding: "utf8",
    maxBuffer: outputBytesMax,
  });
  if (result.error) throw result.error;
  return result;
}

function findingLine(json: string): string {
  const finding = JSON.parse(json) as { path?: string; start_line?: number; type: string; message: string };
  const place = finding.path === undefined ? "" : `${finding.path}:${finding.start_line ?? 1}: `;
  return `${place}${finding.message} (${finding.type})`;
}
