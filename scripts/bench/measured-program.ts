import { type ChildProcess, spawn } from "node:child_process";
import { cpuSecondsOf, memoryOf, treeOf } from "./process-tree.ts";

/** How a program is begun and ended. */
export interface MeasuredProgramOptions {
  /** Its folder. Default: ours. */
  readonly cwd?: string;
  /** True: what it says to stderr is ours to say. Default: nobody hears it. */
  readonly showsErrors?: boolean;
  /** What it is ended with. Default SIGTERM. */
  readonly endsBy?: NodeJS.Signals;
}

/** A program under measurement, with all processes that it starts. Runs until it is disposed, which waits for its end. */
export class MeasuredProgram implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #endsBy: NodeJS.Signals;

  constructor(program: string, args: readonly string[], options: MeasuredProgramOptions = {}) {
    const { cwd, showsErrors = false, endsBy = "SIGTERM" } = options;
    this.#endsBy = endsBy;
    this.#child = spawn(program, args, {
      ...(cwd !== undefined && { cwd }),
      stdio: ["ignore", "ignore", showsErrors ? "inherit" : "ignore"],
    });
    this.#ended = new Promise((resolve) => this.#child.once("close", () => resolve()));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** True until it ends. */
  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Of all its living processes, user and system, and of those that they waited for. */
  cpuSeconds(): number {
    return cpuSecondsOf(treeOf(this.pid));
  }

  /** Of all its living processes; what several share counts by its share for each. */
  memoryBytes(): number {
    return memoryOf(treeOf(this.pid));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isRunning) this.#child.kill(this.#endsBy);
    await this.#ended;
  }
}
