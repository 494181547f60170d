import type { Writable } from "node:stream";
import {
  type Clock,
  FollowerClock,
  type HostTime,
  type Nanoseconds,
  nanosecondsFromMs,
  PlayoutError,
  type PluginContext,
} from "@retrovue/core";
import { loadPlugin, type PluginUse } from "../plugins/load-plugin.js";
import { pluginLogOf } from "../processes/said-by-all.js";
import { toPlainError } from "../workers/messages.js";
import { PipeTap } from "./pipe-tap.js";
import { RenderJob } from "./render-job.js";
import type { FromRender, RenderOrder, ToRender } from "./render-messages.js";

/** How often the renderer's state is handed over. */
const reportEveryNs = nanosecondsFromMs(1_000);

/** The process's ways to the engine. */
export interface RenderLink {
  send(message: FromRender): void;
  /** For the stream, written to by JavaScript, */
  readonly pipe: Writable;
  /** or by a renderer's own threads: never by both. */
  readonly descriptor?: number;
}

/** What runs in a render process: loads what it is told to, and encodes its channel until it is told to stop. */
export class RenderProcess {
  readonly #link: RenderLink;
  readonly #host: HostTime;
  readonly #stop = new AbortController();
  readonly #ended = Promise.withResolvers<void>();
  #clock: FollowerClock | undefined;
  #job: RenderJob | undefined;

  constructor(link: RenderLink, host: HostTime) {
    this.#link = link;
    this.#host = host;
    this.#ended.promise.catch(() => {});
  }

  /** Resolves when it was told to stop and everything is closed; rejects with what ended it otherwise. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Takes one message. Never throws: what is wrong ends it. */
  take(message: ToRender): void {
    switch (message.kind) {
      case "order":
        this.#work(message.order).then(
          () => this.#ended.resolve(),
          (thrown: unknown) => this.#fail(thrown),
        );
        break;
      case "mapping":
        this.#clock?.follow(message.mapping);
        break;
      case "snapshot":
        void this.#snapshot(message.id);
        break;
      case "stop":
        this.#stop.abort(new PlayoutError("Closed", "The render process was stopped."));
        if (this.#clock === undefined) this.#ended.resolve();
        break;
    }
  }

  #fail(thrown: unknown): void {
    if (this.#stop.signal.aborted) {
      this.#ended.resolve();
      return;
    }
    this.#link.send({ kind: "failed", error: toPlainError(thrown) });
    this.#ended.reject(thrown);
  }

  async #work(order: RenderOrder): Promise<void> {
    const { folder, mapping, task } = order;
    const { signal } = this.#stop;
    using clock = new FollowerClock(this.#host, mapping);
    this.#clock = clock;
    const make = async <Port extends "frameBus" | "renderer">(use: PluginUse & { readonly port: Port }) =>
      await (await loadPlugin(use, folder)).create(this.#contextOf(use, folder), { clock });
    const bus = await make(order.frameBus);
    const renderers = await make(order.renderer);
    const tap = new PipeTap(this.#link.pipe, (groups) => this.#link.send({ kind: "dropped", groups }));
    const { descriptor } = this.#link;
    const job = new RenderJob(task, {
      clock,
      bus,
      renderers,
      tap,
      ...(descriptor !== undefined && { pipe: descriptor }),
    });
    this.#job = job;
    this.#link.send({ kind: "prepared" });
    const reporting = this.#report(clock, job);
    try {
      await job.run(signal);
    } finally {
      this.#stop.abort();
      await reporting;
    }
  }

  async #report(clock: Clock, job: RenderJob): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await clock.sleepUntil((clock.now() + reportEveryNs) as Nanoseconds, signal).catch(() => {});
      const counters = job.counters();
      if (counters !== undefined) this.#link.send({ kind: "counters", counters });
    }
  }

  async #snapshot(id: number): Promise<void> {
    try {
      if (this.#job === undefined)
        throw new PlayoutError("Unavailable", "The channel's renderer is not at work yet.");
      this.#link.send({ kind: "snapshot", id, jpeg: await this.#job.snapshot(this.#stop.signal) });
    } catch (thrown) {
      this.#link.send({ kind: "no-snapshot", id, error: toPlainError(thrown) });
    }
  }

  #contextOf(use: PluginUse, configFolder: string): PluginContext {
    return {
      log: pluginLogOf(use.use, (line) => this.#link.send(line)),
      configFolder,
      // It opens no media.
      mediaRoots: [],
      protocols: [],
    };
  }
}
