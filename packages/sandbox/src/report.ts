import { execFile } from "node:child_process";
import { type Confinement, launcherArguments, launcherPath } from "./confinement.js";

/**
 * The measures: `noNewPrivileges`, `capabilities`, `landlock` (files, TCP, signals), `seccomp` (system calls, sockets), `network` (a
 * namespace, where calls cannot be filtered), `limits` (of resources), `memoryOrder` (that it dies before the engine does) and
 * `parentDeath` (that it does not outlive the engine).
 */
export const stepNames = [
  "noNewPrivileges",
  "capabilities",
  "landlock",
  "seccomp",
  "network",
  "limits",
  "memoryOrder",
  "parentDeath",
] as const;

/** The name of one measure. */
export type StepName = (typeof stepNames)[number];

/** What came of one measure on this kernel. */
export interface SandboxStep {
  readonly name: StepName;
  readonly isHeld: boolean;
  /** What it is where it holds, why it does not where it does not. */
  readonly detail: string;
}

/** Confining a process takes milliseconds; a machine that takes longer than this is in trouble. */
const probeTimeoutMs = 10_000;

/**
 * Confines a process that does nothing else, and tells what the kernel made of it. Rejects where the launcher is not built or
 * cannot be started.
 *
 * @param program that would be executed: an absolute path
 */
export async function probeSandbox(
  confinement: Confinement,
  program: string,
): Promise<readonly SandboxStep[]> {
  const args = ["--probe", ...launcherArguments(confinement), program];
  const answer = Promise.withResolvers<string>();
  execFile(launcherPath, args, { timeout: probeTimeoutMs }, (error, stdout) => {
    if (error) answer.reject(error);
    else answer.resolve(stdout);
  });
  return readReport(await answer.promise);
}

/** Reads the launcher's report. Throws where it is none. */
export function readReport(text: string): readonly SandboxStep[] {
  const steps: unknown = JSON.parse(text);
  if (!Array.isArray(steps)) throw new TypeError("A report of the sandbox is a list.");
  return steps.map((step: unknown): SandboxStep => {
    const { name, isHeld, detail } = step as Readonly<Record<string, unknown>>;
    const known = stepNames.find((one) => one === name);
    if (known === undefined || typeof isHeld !== "boolean" || typeof detail !== "string")
      throw new TypeError("A report of the sandbox has steps with a known name, an outcome and words.");
    return { name: known, isHeld, detail };
  });
}
