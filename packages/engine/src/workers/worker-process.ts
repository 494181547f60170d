import {
  type ConformerFactory,
  FollowerClock,
  type FrameBus,
  type HostTime,
  type Nanoseconds,
  nanosecondsFromMs,
  type Plan,
  PlayoutError,
  type PluginContext,
  type Preview,
  type ProgramFormat,
  Quarantine,
} from "@retrovue/core";
import { FileCalls } from "../media/file-calls.js";
import { toPlainInspection } from "../media/inspection.js";
import { MediaInspector } from "../media/media-inspector.js";
import { stillPicture } from "../media/still-picture.js";
import { DecoderSet } from "../plugins/decoder-set.js";
import { loadPlugin, type PluginUse } from "../plugins/load-plugin.js";
import { foldersFor } from "../plugins/plugin-folders.js";
import { pluginLogOf } from "../processes/said-by-all.js";
import { BatchedMetrics } from "./batched-metrics.js";
import { ChannelWorker } from "./channel-worker.js";
import {
  type FromWorker,
  type Preparation,
  type ProcessOrder,
  type ToWorker,
  toPlainError,
  toPlainEvent,
} from "./messages.js";
import { ProbeMemory } from "./probe-memory.js";

/** How often counters are handed over: at whole seconds of house time, when the engine has other things to do as well. */
const metricsEveryNs = nanosecondsFromMs(1_000);

/** A worker's end of the pipe to the engine. */
export interface EngineLink {
  send(message: FromWorker): void;
}

interface Prepared {
  readonly clock: FollowerClock;
  readonly bus: FrameBus;
  readonly decoders: DecoderSet;
  readonly conformers: ConformerFactory;
  readonly probes: ProbeMemory;
}

/** What runs in a worker process: loads what it is told to, waits for its channel, and works there until it is told to stop. */
export class WorkerProcess {
  readonly #link: EngineLink;
  readonly #host: HostTime;
  readonly #stop = new AbortController();
  readonly #quarantine = new Quarantine();
  readonly #metrics = new BatchedMetrics();
  readonly #ended = Promise.withResolvers<void>();
  #preparing: Promise<Prepared> | undefined;
  #clock: FollowerClock | undefined;
  #worker: ChannelWorker | undefined;
  #newestPlan: Plan | undefined;
  #preview: Preview | undefined;

  constructor(link: EngineLink, host: HostTime) {
    this.#link = link;
    this.#host = host;
    this.#ended.promise.catch(() => {});
  }

  /** Resolves when it was told to stop and everything is closed; rejects with what ended it otherwise. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Takes one message. Never throws: what is wrong ends it. */
  take(message: ToWorker): void {
    switch (message.kind) {
      case "prepare":
        this.#preparing = this.#prepare(message.preparation);
        this.#preparing.then(
          () => this.#link.send({ kind: "prepared" }),
          (thrown: unknown) => this.#fail(thrown),
        );
        break;
      case "order":
        this.#work(message.order).then(
          () => this.#ended.resolve(),
          (thrown: unknown) => this.#fail(thrown),
        );
        break;
      case "plan":
        this.#newestPlan = message.plan;
        this.#worker?.setPlan(message.plan);
        break;
      case "preview":
        this.#preview = message.preview;
        this.#worker?.setPreview(message.preview);
        break;
      case "hold":
        this.#link.send({ kind: "held", id: message.id, tick: this.#worker?.hold() });
        break;
      case "release":
        this.#worker?.release();
        break;
      case "bar":
        this.#quarantine.bar(message.bar, message.bar.until);
        break;
      case "mapping":
        this.#clock?.follow(message.mapping);
        break;
      case "inspect":
        void this.#inspect(message.id, message.uri);
        break;
      case "still":
        void this.#still(message.id, message.uri, message.format);
        break;
      case "stop":
        this.#stop.abort(new PlayoutError("Closed", "The worker was stopped."));
        if (this.#worker === undefined) this.#close().then(this.#ended.resolve, this.#ended.reject);
        break;
    }
  }

  async #inspect(id: number, uri: string): Promise<void> {
    try {
      const { decoders, clock, probes } = await this.#prepared();
      const inspector = new MediaInspector(probes.looking(decoders.decoders), clock);
      const found = await inspector.inspect(uri, this.#stop.signal);
      this.#link.send({ kind: "inspected", id, ...toPlainInspection(found) });
    } catch (thrown) {
      this.#link.send({ kind: "inspected", id, candidates: [], error: toPlainError(thrown) });
    }
  }

  async #still(id: number, uri: string, format: ProgramFormat): Promise<void> {
    try {
      const { decoders, conformers, clock } = await this.#prepared();
      const tools = { decoders: decoders.decoders, conformers, clock };
      const picture = await stillPicture(uri, format, tools, this.#stop.signal);
      this.#link.send({ kind: "still", id, picture });
    } catch (thrown) {
      this.#link.send({ kind: "still", id, error: toPlainError(thrown) });
    }
  }

  #prepared(): Promise<Prepared> {
    if (this.#preparing === undefined)
      throw new PlayoutError("WrongState", "A question came before the worker's preparation.");
    return this.#preparing;
  }

  #fail(thrown: unknown): void {
    if (this.#stop.signal.aborted) {
      this.#ended.resolve();
      return;
    }
    this.#link.send({ kind: "failed", error: toPlainError(thrown) });
    this.#ended.reject(thrown);
  }

  async #prepare(preparation: Preparation): Promise<Prepared> {
    const { folder, mapping } = preparation;
    const clock = new FollowerClock(this.#host, mapping);
    this.#clock = clock;
    const contextFor = (use: PluginUse) => this.#contextOf(use, preparation);
    const make = async <Port extends "frameBus" | "conformer">(use: PluginUse & { readonly port: Port }) =>
      await (await loadPlugin(use, folder)).create(contextFor(use), { clock });
    const bus = await make(preparation.frameBus);
    const conformers = await make(preparation.conformer);
    const decoders = await DecoderSet.open({
      uses: preparation.decoders,
      contextFor,
      ports: { clock },
      files: new FileCalls({ places: preparation.mediaRoots }),
      folder,
    });
    return { clock, bus, conformers, decoders, probes: new ProbeMemory(clock) };
  }

  async #work(order: ProcessOrder): Promise<void> {
    this.#preview ??= order.preview;
    for (const bar of order.bars) this.#quarantine.bar(bar, bar.until);
    const { signal } = this.#stop;
    const { clock, bus, decoders, conformers, probes } = await this.#prepared();
    this.#worker = new ChannelWorker(
      order.profile,
      {
        clock,
        bus,
        decoders: probes.playing(decoders.decoders),
        conformers,
        isBarred: (uri, index) => this.#quarantine.isBarred(uri, index, clock.now()),
        onEvent: (event) => this.#link.send({ kind: "event", event: toPlainEvent(event) }),
        onAlive: (isOpen) => this.#link.send({ kind: "alive", isOpen }),
        metrics: this.#metrics,
      },
      // A newer one may have come while plugins were loaded.
      this.#newestPlan ?? order.plan,
    );
    this.#worker.setPreview(this.#preview);
    const telling = this.#tellMetrics(clock);
    try {
      await this.#worker.run(order, signal);
    } finally {
      this.#tellCounts();
      await this.#close();
      await telling;
    }
  }

  async #tellMetrics(clock: FollowerClock): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const now = clock.now();
      const second = (now - (now % metricsEveryNs) + metricsEveryNs) as Nanoseconds;
      await clock.sleepUntil(second, signal).catch(() => {});
      this.#tellCounts();
    }
  }

  #tellCounts(): void {
    const batch = this.#metrics.take();
    if (batch) this.#link.send(batch);
  }

  /** Decoders, then the clock; the bus's writer is closed by then. */
  async #close(): Promise<void> {
    const prepared = await this.#preparing?.catch(() => undefined);
    await prepared?.decoders[Symbol.asyncDispose]();
    this.#stop.abort();
    this.#clock?.[Symbol.dispose]();
  }

  #contextOf(use: PluginUse, { folder, mediaRoots, protocols, folders: all }: Preparation): PluginContext {
    const folders = foldersFor(all, use.use);
    return {
      log: pluginLogOf(use.use, (line) => this.#link.send(line)),
      configFolder: folder,
      mediaRoots,
      protocols,
      ...(folders && { folders }),
    };
  }
}
