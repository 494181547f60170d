import type { ChildProcess } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type {
  Clock,
  MetricsRecorder,
  Plan,
  Preview,
  Suspect,
  Tick,
  Worker,
  WorkerHost,
  WorkerListener,
  WorkerOrder,
} from "@retrovue/core";
import type { Log } from "../log/log.js";
import { causeOf, isKill } from "../processes/held-processes.js";
import { type ProcessLauncher, type ProcessNeeds, plainLauncher } from "../processes/process-launcher.js";
import { takeSaidByAll } from "../processes/said-by-all.js";
import type { ChannelProfile } from "./channel-worker.js";
import {
  type FromWorker,
  fromPlainEvent,
  type Preparation,
  readFromWorker,
  type ToWorker,
} from "./messages.js";
import type { SharedQuarantine } from "./shared-quarantine.js";
import { WorkerCounts } from "./worker-counts.js";
import type { WorkerPool } from "./worker-pool.js";

/** What a process left behind. */
export interface LeftBehind {
  /** Decoders that were at work when it died. */
  readonly suspects: readonly Suspect[];
  /** True where the signal that ended it is known to have been sent by another process. */
  readonly isSent: boolean;
}

const nothingLeft: LeftBehind = { suspects: [], isSent: false };

/** Tells what was at work when a worker died, by what its native threads left behind. */
export interface BreadcrumbReader {
  /**
   * @param pid of a process that is gone
   * @param cause the signal that ended it, or its exit code in words
   */
  leftBy(pid: number, cause: string): LeftBehind;
}

/** Where nothing leaves breadcrumbs, nobody is blamed. */
export const noBreadcrumbs: BreadcrumbReader = { leftBy: () => nothingLeft };

/** The built entry of a worker process. */
export const workerEntry = fileURLToPath(new URL("./worker-main.js", import.meta.url));

/**
 * Begins a process, and tells it what to load.
 *
 * @param messageBytesMax of one of its messages, where these are larger than is usual
 */
export function beginWorker(
  preparation: Omit<Preparation, "mapping">,
  clock: Clock,
  entry: string = workerEntry,
  launcher: ProcessLauncher = plainLauncher,
  messageBytesMax?: number,
): ChildProcess {
  // What a plugin prints must not get between the engine's log lines.
  const child = launcher.begin(entry, ["ignore", 2, 2, "pipe"], {
    ...needsOf(preparation),
    messageBytesMax,
  });
  tell(child, {
    kind: "prepare",
    preparation: {
      ...preparation,
      decoders: [...preparation.decoders],
      mediaRoots: [...preparation.mediaRoots],
      protocols: [...preparation.protocols],
      mapping: clock.mapping(),
    },
  });
  return child;
}

function needsOf(preparation: Omit<Preparation, "mapping">): ProcessNeeds {
  const { frameBus, decoders, conformer, mediaRoots, folder, folders } = preparation;
  const crumbs = decoders.flatMap(({ options: { breadcrumbs }, trail = breadcrumbs }) =>
    typeof trail === "string" ? [dirname(trail)] : [],
  );
  return {
    kind: "media",
    read: mediaRoots,
    make: [...new Set([...crumbs, ...(folders ? [folders.state, folders.machine] : [])])],
    plugins: [frameBus, ...decoders, conformer].map(({ use }) => use),
    folder,
  };
}

/** Sends a message to a process that may be gone: it is then lost, as `Worker` says. */
export function tell(child: ChildProcess, message: ToWorker): void {
  if (child.connected) child.send(message, () => {});
}

/** What one channel's workers are made with. */
export interface ProcessWorkersOptions {
  readonly pool: WorkerPool;
  /** Has the process that comes before those of the pool, once: the one that has looked at the channel's media. */
  readonly first?: { handOver(): ChildProcess | undefined } | undefined;
  readonly profile: ChannelProfile;
  readonly clock: Clock;
  readonly quarantine: SharedQuarantine;
  readonly metrics: MetricsRecorder;
  readonly log: Log;
  readonly breadcrumbs?: BreadcrumbReader;
}

/** Workers in processes of their own (`isolation: process`), each from the engine's pool of warm spares. */
export class ProcessWorkers implements WorkerHost {
  readonly #options: ProcessWorkersOptions;
  readonly #counts: WorkerCounts;

  constructor(options: ProcessWorkersOptions) {
    this.#options = options;
    this.#counts = new WorkerCounts(options.metrics);
  }

  spawn(order: WorkerOrder, listener: WorkerListener): Worker {
    return new ProcessWorker(this.#options, this.#counts, order, listener);
  }
}

class ProcessWorker implements Worker {
  readonly #options: ProcessWorkersOptions;
  readonly #counts: WorkerCounts;
  readonly #listener: WorkerListener;
  readonly #child: ChildProcess;
  readonly isWarm: boolean;
  readonly #told: readonly Disposable[];
  #isGone = false;
  #holds = 0;
  /** Who waits for a tick to be kept back. */
  readonly #holding = new Map<number, (tick: Tick | undefined) => void>();
  /** Why we killed it; undefined where it died by itself or by another's hand. */
  #killedFor: string | undefined;

  constructor(
    options: ProcessWorkersOptions,
    counts: WorkerCounts,
    order: WorkerOrder,
    listener: WorkerListener,
  ) {
    const { pool, first, profile, clock, quarantine } = options;
    this.#options = options;
    this.#counts = counts;
    this.#listener = listener;
    this.#child = first?.handOver() ?? pool.take();
    this.isWarm = pool.isWarm(this.#child);
    this.#child.on("message", (message) => this.#hear(message));
    this.#child.once("exit", (code, signal) => this.#leave(signal ?? `exit code ${code}`));
    this.#child.once("error", (error) => this.#leave(error.message));
    // The spare was given the mapping of its own time.
    tell(this.#child, { kind: "mapping", mapping: clock.mapping() });
    tell(this.#child, {
      kind: "order",
      order: {
        profile,
        lane: order.lane,
        plan: order.plan,
        from: order.from,
        continues: order.continues,
        bars: [...quarantine.bars()],
        preview: order.preview,
      },
    });
    this.#told = [
      clock.onMapping((mapping) => tell(this.#child, { kind: "mapping", mapping })),
      quarantine.onBar((bar) => tell(this.#child, { kind: "bar", bar })),
    ];
  }

  setPreview(preview: Preview | undefined): void {
    tell(this.#child, { kind: "preview", preview });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  hold(): Promise<Tick | undefined> {
    const id = ++this.#holds;
    return new Promise((resolve) => {
      this.#holding.set(id, resolve);
      tell(this.#child, { kind: "hold", id });
      if (this.#isGone) this.#held(id, undefined);
    });
  }

  release(): void {
    tell(this.#child, { kind: "release" });
  }

  setPlan(plan: Plan): void {
    tell(this.#child, { kind: "plan", plan });
  }

  /** A signal of ours would say nothing about the worker to whoever reads of it. */
  kill(cause: string): void {
    this.#killedFor ??= cause;
    this.#child.kill("SIGKILL");
  }

  stop(): void {
    tell(this.#child, { kind: "stop" });
  }

  #hear(message: unknown): void {
    if (this.#isGone) return;
    let told: FromWorker;
    try {
      told = readFromWorker(message);
    } catch (thrown) {
      this.#options.log.error({ err: thrown }, "a worker is not understood and is replaced");
      this.kill("not understood");
      return;
    }
    this.#take(told);
  }

  #take(told: FromWorker): void {
    switch (told.kind) {
      case "event":
        this.#listener.onEvent(fromPlainEvent(told.event));
        break;
      case "alive":
        this.#listener.onAlive(told.isOpen);
        break;
      case "held":
        this.#held(told.id, told.tick);
        break;
      case "metrics":
        this.#counts.take(told.counts, told.observations);
        break;
      case "inspected":
      case "still":
        // Asked of processes that look at media alone (media/media-worker.ts).
        break;
      default:
        takeSaidByAll(told, "worker", this.#options);
    }
  }

  #held(id: number, tick: Tick | undefined): void {
    this.#holding.get(id)?.(tick);
    this.#holding.delete(id);
  }

  #leave(cause: string): void {
    if (this.#isGone) return;
    this.#isGone = true;
    for (const id of [...this.#holding.keys()]) this.#held(id, undefined);
    for (const listening of this.#told) listening[Symbol.dispose]();
    const { breadcrumbs = noBreadcrumbs } = this.#options;
    const { pid } = this.#child;
    const { suspects, isSent } = pid === undefined ? nothingLeft : breadcrumbs.leftBy(pid, cause);
    // No process can be at fault for a SIGKILL: that is only ever sent.
    const fromOutside = isSent || (isKill(cause) && this.#killedFor === undefined);
    this.#listener.onExit({
      cause: causeOf(cause, this.#killedFor),
      suspects,
      fromOutside,
      ...(pid !== undefined && { pid }),
    });
  }
}
