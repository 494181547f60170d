import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { type Clock, type MetricsRecorder, orAbort, PlayoutError } from "@retrovue/core";
import type { Log } from "../log/log.js";
import { causeOf, isKill } from "../processes/held-processes.js";
import { messageDescriptor } from "../processes/message-pipe.js";
import { type ProcessLauncher, plainLauncher } from "../processes/process-launcher.js";
import { takeSaidByAll } from "../processes/said-by-all.js";
import { fromPlainError } from "../workers/messages.js";
import { ChunkReader } from "./chunk-frames.js";
import type { RenderHost, RenderLine, RenderListener } from "./render-line.js";
import { type FromRender, type RenderOrder, readFromRender, type ToRender } from "./render-messages.js";

/** The descriptor of a render process's pipe to the engine for the stream: the one after that for messages. */
export const streamDescriptor = messageDescriptor + 1;

const renderEntry = fileURLToPath(new URL("./render-main.js", import.meta.url));

/** What the render processes of one channel are made with. */
export interface ProcessRenderOptions {
  readonly order: Omit<RenderOrder, "mapping">;
  readonly clock: Clock;
  readonly metrics: MetricsRecorder;
  readonly log: Log;
  /** The module that a process runs. Default: the built one beside this file. */
  readonly entry?: string;
  /** How a process is begun. Default: it may do what the engine may. */
  readonly launcher?: ProcessLauncher;
}

/** Renderers in processes of their own (`isolation: process`). */
export class ProcessRender implements RenderHost {
  constructor(private readonly options: ProcessRenderOptions) {}

  spawn(listener: RenderListener): RenderLine {
    return new RenderChild(this.options, listener);
  }
}

class RenderChild implements RenderLine {
  readonly #options: ProcessRenderOptions;
  readonly #listener: RenderListener;
  readonly #child: ChildProcess;
  readonly #following: Disposable;
  readonly #snapshots = new Map<number, PromiseWithResolvers<Uint8Array>>();
  #lastId = 0;
  #isGone = false;
  /** Why we killed it; undefined where it died by itself or by another's hand. */
  #killedFor: string | undefined;

  constructor(options: ProcessRenderOptions, listener: RenderListener) {
    const { order, clock, entry = renderEntry, launcher = plainLauncher } = options;
    this.#options = options;
    this.#listener = listener;
    const { frameBus, renderer, folder } = order;
    // What a plugin prints must not get between the engine's log lines.
    this.#child = launcher.begin(entry, ["ignore", 2, 2, "pipe", "pipe"], {
      kind: "render",
      read: [],
      make: [],
      plugins: [frameBus.use, renderer.use],
      folder,
    });
    this.#child.on("message", (message) => this.#hear(message));
    this.#child.once("exit", (code, signal) => this.#leave(signal ?? `exit code ${code}`));
    this.#child.once("error", (error) => this.#leave(error.message));
    this.#readStream();
    this.#tell({ kind: "order", order: { ...order, mapping: clock.mapping() } });
    this.#following = clock.onMapping((mapping) => this.#tell({ kind: "mapping", mapping }));
  }

  async snapshot(signal: AbortSignal): Promise<Uint8Array> {
    if (this.#isGone) throw lost();
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<Uint8Array>();
    this.#snapshots.set(id, answer);
    this.#tell({ kind: "snapshot", id });
    try {
      return await orAbort(answer.promise, signal);
    } finally {
      this.#snapshots.delete(id);
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  stop(): void {
    this.#tell({ kind: "stop" });
  }

  kill(cause: string): void {
    this.#killedFor ??= cause;
    this.#child.kill("SIGKILL");
  }

  #readStream(): void {
    // Where there were no descriptors left Node gives none at all, and an error follows.
    const stdio = this.#child.stdio as ChildProcess["stdio"] | undefined;
    const pipe = stdio?.[streamDescriptor] as Readable | null | undefined;
    const chunks = new ChunkReader((chunk) => {
      if (!this.#isGone) this.#listener.onChunk(chunk);
    });
    pipe?.on("error", () => {});
    pipe?.on("data", (piece: Buffer) => {
      try {
        chunks.push(piece);
      } catch (thrown) {
        this.#misunderstood(thrown);
      }
    });
  }

  #hear(message: unknown): void {
    if (this.#isGone) return;
    try {
      this.#take(readFromRender(message));
    } catch (thrown) {
      this.#misunderstood(thrown);
    }
  }

  #misunderstood(thrown: unknown): void {
    this.#options.log.error({ err: thrown }, "a render process is not understood and is replaced");
    this.kill("not understood");
  }

  #take(told: FromRender): void {
    switch (told.kind) {
      case "snapshot":
        this.#snapshots.get(told.id)?.resolve(told.jpeg);
        break;
      case "no-snapshot":
        this.#snapshots.get(told.id)?.reject(fromPlainError(told.error));
        break;
      case "counters":
        this.#listener.onCounters(told.counters);
        break;
      case "dropped":
        this.#listener.onDropped(told.groups);
        break;
      default:
        takeSaidByAll(told, "render process", this.#options);
    }
  }

  #tell(message: ToRender): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  #leave(cause: string): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#following[Symbol.dispose]();
    for (const { reject } of this.#snapshots.values()) reject(lost());
    const isFromOutside = isKill(cause) && this.#killedFor === undefined;
    this.#listener.onExit({ cause: causeOf(cause, this.#killedFor), isFromOutside });
  }
}

const lost = () =>
  new PlayoutError("WorkerLost", "The channel's render process ended.", { remedy: "Ask again in a moment." });
