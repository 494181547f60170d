import type { ChildProcess } from "node:child_process";
import {
  type Clock,
  type Nanoseconds,
  nanosecondsFromMs,
  PlayoutError,
  retryAfter,
  type Timer,
} from "@retrovue/core";
import type { Log } from "../log/log.js";
import type { ProcessLauncher } from "../processes/process-launcher.js";
import { takeLine } from "../processes/said-by-all.js";
import type { BreadcrumbFiles } from "./breadcrumb-files.js";
import { type FromWorker, fromPlainError, type Preparation, readFromWorker } from "./messages.js";
import { beginWorker } from "./process-workers.js";

/**
 * A spare is replaced so long after it was taken. Beginning a process takes most of a core for some 300 ms, of which whoever was taken
 * would be deprived in the very moment in which it has to get its channel's first picture on air.
 */
const refillAfterNs = nanosecondsFromMs(1_000);

/** A spare that was ready for this long was a good one: its end says nothing of the next. */
const settledNs = nanosecondsFromMs(10_000);

/** What worker processes are begun with. */
export interface WorkerPoolOptions {
  readonly preparation: Omit<Preparation, "mapping">;
  readonly clock: Clock;
  readonly timer: Timer;
  /** Processes kept warm: all plugins loaded, no channel yet. */
  readonly spares: number;
  /** Processes begun at once for channels that are about to start. */
  readonly expected: number;
  readonly log: Log;
  /** Where processes leave their breadcrumbs. Default: nowhere. */
  readonly breadcrumbs?: BreadcrumbFiles;
  /** The module that a process runs. Default: the built one beside this file. */
  readonly entry?: string;
  /** How processes are begun. Default: they may do what the engine may. */
  readonly launcher?: ProcessLauncher;
}

/**
 * The engine's worker processes that have no channel yet. A spare that ends by itself, or cannot be begun, is replaced after a second,
 * and with growing pauses while none of them lasts; at once where it said that another one would be of more use (`Unavailable`).
 */
export class WorkerPool implements AsyncDisposable {
  readonly #options: WorkerPoolOptions;
  /** Set while spares are to be replaced. */
  #refill: Disposable | undefined;
  /** Oldest first: the one that is surely prepared. */
  readonly #spares: ChildProcess[] = [];
  /** Those of them whose plugins are not loaded yet. */
  readonly #loading = new Map<ChildProcess, PromiseWithResolvers<void>>();
  readonly #outdated = new Set<ChildProcess>();
  /** Those that had loaded their plugins while they were spares. */
  readonly #warm = new WeakMap<ChildProcess, Nanoseconds>();
  /** Spares in a row that ended soon or could not be begun. */
  #failures = 0;
  #isClosed = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#fill(Math.max(options.spares, options.expected));
  }

  /** Resolves when each process that waits has loaded its plugins, or has failed to. */
  async warm(): Promise<void> {
    await Promise.all([...this.#loading.values()].map(({ promise }) => promise));
  }

  /** A process that loads its plugins, or has: it is the caller's from now on, also to be ended. */
  take(): ChildProcess {
    const useful = this.#spares.findIndex((spare) => !this.#outdated.has(spare));
    const [spare] = useful < 0 ? [] : this.#spares.splice(useful, 1);
    if (spare !== undefined && this.isWarm(spare)) this.#forgetFailures();
    this.#refillLater();
    const child = spare ?? this.#begin();
    for (const event of ["message", "error", "exit"]) child.removeAllListeners(event);
    this.#loaded(child);
    return child;
  }

  /** True for a process of this pool that had loaded its plugins when it was taken. */
  isWarm(child: ChildProcess): boolean {
    return this.#warm.has(child);
  }

  /** Ends all spares and resolves when they are gone. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#refill?.[Symbol.dispose]();
    for (const child of this.#loading.keys()) this.#loaded(child);
    await Promise.all(
      this.#spares.splice(0).map(async (child) => {
        // One that could not be begun never exits.
        if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
        const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
        child.kill("SIGKILL");
        await gone;
      }),
    );
  }

  #fill(count: number): void {
    while (!this.#isClosed && this.#spares.length < count) {
      const child = this.#tryToBegin();
      if (child === undefined) return;
      this.#spares.push(child);
      this.#loading.set(child, Promise.withResolvers());
      child.on("message", (message) => this.#hear(child, message));
      child.once("error", (error) => this.#drop(child, error.message));
      child.once("exit", (code, signal) => this.#drop(child, signal ?? `exit code ${code}`));
    }
  }

  #refillLater(): void {
    if (this.#isClosed) return;
    const afterNs = this.#failures === 0 ? refillAfterNs : retryAfter(this.#failures).afterNs;
    this.#refill ??= this.#options.timer.after(afterNs, () => {
      this.#refill = undefined;
      this.#fill(this.#options.spares);
    });
  }

  /** The pause that they brought is over as well. */
  #forgetFailures(): void {
    if (this.#failures === 0) return;
    this.#failures = 0;
    this.#refill?.[Symbol.dispose]();
    this.#refill = undefined;
  }

  #tryToBegin(): ChildProcess | undefined {
    try {
      return this.#begin();
    } catch (thrown) {
      this.#failures += 1;
      this.#options.log.error({ err: PlayoutError.from(thrown) }, "no spare worker can be begun");
      this.#refillLater();
      return undefined;
    }
  }

  #begin(): ChildProcess {
    const { preparation, clock, entry, launcher, breadcrumbs } = this.#options;
    const place = breadcrumbs?.placeFor(preparation.decoders);
    const placed = { ...preparation, ...(place && { decoders: place.decoders }) };
    const child = beginWorker(placed, clock, entry, launcher);
    if (place !== undefined && child.pid !== undefined) breadcrumbs?.began(child.pid, place.files);
    return child;
  }

  #hear(child: ChildProcess, message: unknown): void {
    let told: FromWorker;
    try {
      told = readFromWorker(message);
    } catch (thrown) {
      this.#options.log.error({ err: thrown }, "a spare worker is not understood");
      child.kill("SIGKILL");
      return;
    }
    if (told.kind === "prepared") {
      this.#warm.set(child, this.#options.clock.now());
      this.#loaded(child);
    }
    if (told.kind === "log") takeLine(told, this.#options.log);
    if (told.kind !== "failed") return;
    const error = fromPlainError(told.error);
    if (error.code === "Unavailable") this.#outdated.add(child);
    this.#options.log.error({ err: error }, "a spare worker failed");
  }

  #loaded(child: ChildProcess): void {
    this.#loading.get(child)?.resolve();
    this.#loading.delete(child);
  }

  #drop(child: ChildProcess, cause: string): void {
    this.#loaded(child);
    if (child.pid !== undefined) this.#options.breadcrumbs?.leftBy(child.pid, cause);
    const isOutdated = this.#outdated.delete(child);
    const at = this.#spares.indexOf(child);
    if (at < 0) return;
    this.#spares.splice(at, 1);
    if (this.#isClosed) return;
    this.#options.log.warn({ cause }, "a spare worker ended");
    if (isOutdated) {
      this.#fill(this.#options.spares);
      return;
    }
    const warmAt = this.#warm.get(child);
    const wasGood = warmAt !== undefined && this.#options.clock.now() - warmAt >= settledNs;
    if (wasGood) this.#forgetFailures();
    else this.#failures += 1;
    this.#refillLater();
  }
}
