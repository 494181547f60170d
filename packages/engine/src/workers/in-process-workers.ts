import {
  type ChannelEvent,
  type FrameBus,
  type FrameWriter,
  type Plan,
  PlayoutError,
  type Preview,
  type Tick,
  type Worker,
  type WorkerHost,
  type WorkerListener,
  type WorkerOrder,
} from "@retrovue/core";
import type { Log } from "../log/log.js";
import { type ChannelProfile, ChannelWorker, type ChannelWorkerTools } from "./channel-worker.js";

/** What workers within the engine are made with. */
export interface InProcessWorkersOptions {
  readonly profile: ChannelProfile;
  readonly tools: Omit<ChannelWorkerTools, "onEvent" | "onAlive">;
  readonly log: Log;
}

/**
 * Workers within the engine (`isolation: none`): the same channel code, on the engine's own event loop. What crashes a decoder
 * here crashes the engine, and what hangs cannot be ended: `kill` cuts it off from the bus and leaves its remains.
 */
export class InProcessWorkers implements WorkerHost {
  constructor(private readonly options: InProcessWorkersOptions) {}

  spawn(order: WorkerOrder, listener: WorkerListener): Worker {
    return new InProcessWorker(this.options, order, listener);
  }
}

class InProcessWorker implements Worker {
  readonly #listener: WorkerListener;
  readonly #stop = new AbortController();
  readonly #channel: ChannelWorker;
  #isGone = false;

  constructor(options: InProcessWorkersOptions, order: WorkerOrder, listener: WorkerListener) {
    this.#listener = listener;
    const { tools } = options;
    this.#channel = new ChannelWorker(
      options.profile,
      {
        ...tools,
        bus: this.#cutOff(tools.bus),
        onEvent: (event) => this.#tell(event),
        onAlive: (isOpen) => this.#live(isOpen),
      },
      order.plan,
    );
    this.#channel.setPreview(order.preview);
    this.#channel.run(order, this.#stop.signal).then(
      () => this.#leave("stopped"),
      (thrown: unknown) => {
        if (!this.#stop.signal.aborted) options.log.error({ err: thrown }, "the worker failed");
        this.#leave(PlayoutError.from(thrown).code);
      },
    );
  }

  setPlan(plan: Plan): void {
    this.#channel.setPlan(plan);
  }

  setPreview(preview: Preview | undefined): void {
    this.#channel.setPreview(preview);
  }

  async hold(): Promise<Tick | undefined> {
    return this.#channel.hold();
  }

  release(): void {
    this.#channel.release();
  }

  kill(cause: string): void {
    this.stop();
    this.#leave(cause);
  }

  stop(): void {
    this.#stop.abort(new PlayoutError("Closed", "The worker was stopped."));
  }

  #tell(event: ChannelEvent): void {
    if (!this.#isGone) this.#listener.onEvent(event);
  }

  #live(isOpen: boolean): void {
    if (!this.#isGone) this.#listener.onAlive(isOpen);
  }

  #leave(cause: string): void {
    if (this.#isGone) return;
    this.#isGone = true;
    // Like a process, it is heard of later, never within the call that ended it.
    queueMicrotask(() => this.#listener.onExit({ cause, suspects: [] }));
  }

  /** The bus, to which one that is gone hands nothing over, whatever its remains still do. */
  #cutOff(bus: FrameBus): FrameBus {
    return {
      create: (spec, signal) => bus.create(spec, signal),
      openReader: (address, options, signal) => bus.openReader(address, options, signal),
      memoryBytes: (spec) => bus.memoryBytes(spec),
      openWriter: async (ticket, signal) => {
        const writer = await bus.openWriter(ticket, signal);
        return {
          loan: (waiting) => writer.loan(waiting),
          submit: (...handed: Parameters<FrameWriter["submit"]>) => {
            if (!this.#isGone) writer.submit(...handed);
          },
          onRefused: (heard) => writer.onRefused(heard),
          head: () => writer.head(),
          [Symbol.asyncDispose]: () => Promise.resolve(writer[Symbol.asyncDispose]()),
        };
      },
    };
  }
}
