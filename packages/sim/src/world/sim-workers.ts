import {
  Channel,
  type ChannelSettings,
  type Clock,
  type FrameBus,
  type FrameWriter,
  type HouseGrid,
  type Nanoseconds,
  nanosecondsFromMs,
  type ProgramFormat,
  SignsOfLife,
  type Suspect,
  type Tick,
  Timeline,
  type Worker,
  type WorkerExit,
  type WorkerHost,
  type WorkerListener,
  type WorkerOrder,
} from "@retrovue/core";
import { CopyConformer, readCompactMark } from "@retrovue/core/testing";
import { CountedWriter } from "../host/counted-writer.js";
import { Gate, GatedClock, gatedFactory, gatedWriter } from "../host/gate.js";
import type { Mutation } from "../mutants/mutation.js";
import { NotingConformer } from "./noting-conformer.js";
import type { DecodersOfWorker, WorldDecoders } from "./world-decoders.js";

/** What simulated workers are made of. */
export interface SimWorkersOptions {
  readonly clock: Clock;
  readonly bus: FrameBus;
  readonly grid: HouseGrid;
  readonly format: ProgramFormat;
  readonly settings: ChannelSettings;
  readonly decoders: WorldDecoders;
  readonly isBarred: (uri: string, decoderIndex: number) => boolean;
  readonly mutation: Mutation;
  /** Asked for each picture that is conformed, by its asset's id: true where that never ends. */
  readonly onStuckConform: (assetId: number) => boolean;
}

/** How long a warm spare takes to begin. */
const spareNs = nanosecondsFromMs(15);

/** Decoders that a breadcrumb names at most. */
const suspectsMax = 4;

/** Workers that are channels in this very program, can be frozen, and die with all they were doing. */
export class SimWorkers implements WorkerHost {
  readonly #options: SimWorkersOptions;
  /** What workers that should have ended cleanly did not. */
  readonly failures: unknown[] = [];
  /** The last one begun, whether it runs or not. */
  last: SimWorker | undefined;

  constructor(options: SimWorkersOptions) {
    this.#options = options;
  }

  /** The worker that runs, if one does. */
  get newest(): SimWorker | undefined {
    return this.last?.isGone === false ? this.last : undefined;
  }

  spawn(order: WorkerOrder, listener: WorkerListener): Worker {
    const worker = new SimWorker(this.#options, order, listener, (thrown) => this.failures.push(thrown));
    this.last = worker;
    return worker;
  }
}

/** What a worker holds. */
export interface Holdings {
  readonly decoders: number;
  readonly pictures: number;
  readonly sounds: number;
  /** Pictures and sound blocks that were out when their decoder was closed. */
  readonly heldAtDispose: number;
  /** Breaches of the decoder port, in words. */
  readonly misuse: readonly string[];
  /** Picture buffers of the bus. */
  readonly buffers: number;
}

/** One simulated worker. */
export class SimWorker implements Worker {
  readonly gate = new Gate();
  /** A spare from the start. */
  readonly isWarm = true;
  readonly bornAt: Nanoseconds;
  readonly #options: SimWorkersOptions;
  readonly #listener: WorkerListener;
  readonly #stop = new AbortController();
  #plan: WorkerOrder["plan"];
  #channel: Channel | undefined;
  #decoders: DecodersOfWorker | undefined;
  #lane: CountedWriter | undefined;
  readonly #trail: Suspect[] = [];
  isGone = false;
  /** True once it has left by itself, everything closed. */
  hasEnded = false;

  constructor(
    options: SimWorkersOptions,
    order: WorkerOrder,
    listener: WorkerListener,
    onFailure: (thrown: unknown) => void,
  ) {
    this.#options = options;
    this.#listener = listener;
    this.#plan = order.plan;
    this.bornAt = options.clock.now();
    this.#run(order).catch((thrown: unknown) => {
      if (!this.isGone) onFailure(thrown);
      this.die({ cause: "exception", suspects: [] });
    });
  }

  /** What it has open and on loan now. */
  holdings(): Holdings {
    const ledgers = this.#decoders?.ledgers() ?? [];
    return {
      decoders: ledgers.reduce((sum, ledger) => sum + ledger.decoders, 0),
      pictures: ledgers.reduce((sum, ledger) => sum + ledger.pictures, 0),
      sounds: ledgers.reduce((sum, ledger) => sum + ledger.sounds, 0),
      heldAtDispose: ledgers.reduce((sum, ledger) => sum + ledger.heldAtDispose, 0),
      misuse: ledgers.flatMap((ledger) => ledger.misuse),
      buffers: this.#lane?.lent ?? 0,
    };
  }

  setPlan(plan: WorkerOrder["plan"]): void {
    this.#plan = plan;
    if (this.gate.isShut) void this.gate.pass(Promise.resolve()).then(() => this.#takePlan(plan));
    else this.#takePlan(plan);
  }

  /** What is sent to a worker that is stopped waits for it, and only the newest counts. */
  #takePlan(plan: WorkerOrder["plan"]): void {
    if (plan !== this.#plan) return;
    const { grid, mutation } = this.#options;
    this.#channel?.setTimeline(mutation.timeline(new Timeline(plan, grid)));
  }

  setPreview(preview: WorkerOrder["preview"]): void {
    this.#channel?.setPreview(preview);
  }

  /** One that is stopped does not answer. */
  async hold(): Promise<Tick | undefined> {
    await this.gate.pass(Promise.resolve());
    return this.#channel?.hold();
  }

  release(): void {
    void this.gate.pass(Promise.resolve()).then(() => this.#channel?.release());
  }

  kill(cause: string): void {
    this.die({ cause, suspects: this.#atWork() });
  }

  /** Killed by somebody else: whoever was at work is suspected and not guilty. False where it was gone before. */
  killFromOutside(): boolean {
    return this.die({ cause: "SIGKILL", suspects: this.#atWork(), fromOutside: true });
  }

  stop(): void {
    this.#stop.abort();
  }

  /** The process is gone, at once and for good. False where it was gone before. */
  die(exit: WorkerExit): boolean {
    if (this.isGone) return false;
    this.isGone = true;
    // What was going on inside goes nowhere: it waits at a gate that never opens.
    this.gate.shut();
    this.#stop.abort();
    // Being told takes a moment, and comes after everything that the dead one had handed over.
    queueMicrotask(() => this.#listener.onExit(exit));
    return true;
  }

  #atWork(): readonly Suspect[] {
    return this.#trail.slice(-suspectsMax);
  }

  async #run(order: WorkerOrder): Promise<void> {
    const { bus, grid, format, settings, decoders, isBarred, mutation, onStuckConform } = this.#options;
    const { signal } = this.#stop;
    const clock = new GatedClock(this.#options.clock, this.gate);
    await clock.sleepUntil((clock.now() + spareNs) as Nanoseconds, signal);
    using signs = new SignsOfLife(clock, (isOpen) => {
      if (!this.isGone) this.#listener.onAlive(isOpen);
    });
    const lane = new CountedWriter(await bus.openWriter(order.lane, signal));
    this.#lane = lane;
    const writer = this.#cutOff(mutation.writer(gatedWriter(lane, this.gate)));
    const own = decoders.forWorker(clock, (uri) => {
      const others = this.#atWork().filter((suspect) => suspect.uri !== uri);
      return this.die({
        cause: "SIGSEGV",
        suspects: [...others, { uri, decoderIndex: 0, guilty: true }],
      });
    });
    this.#decoders = own;
    const chooser = mutation.chooser({
      decoders: own.named.map(({ name, factory }) => ({
        name,
        factory: gatedFactory(mutation.decoder(factory), this.gate),
      })),
      clock,
      timeoutNs: nanosecondsFromMs(5_000),
      barred: isBarred,
      trail: {
        enter: (uri, decoderIndex) => this.#trail.push({ uri, decoderIndex, guilty: false }),
        leave: () => {
          // A breadcrumb says who worked last; it is not wiped out by going on.
          if (this.#trail.length > suspectsMax) this.#trail.shift();
        },
      },
    });
    this.#channel = new Channel({
      grid,
      format,
      settings: mutation.settings(settings),
      clock,
      writer,
      conformer: mutation.conformer(
        new NotingConformer(new CopyConformer(format, { compact: true }), (from) =>
          onStuckConform(readCompactMark(from.planes[0] ?? new Uint8Array())?.asset ?? 0),
        ),
      ),
      chooser,
      timeline: mutation.timeline(new Timeline(this.#plan, grid)),
      onEvent: (event) => {
        if (event.type === "worker-began") signs[Symbol.dispose]();
        if (!this.isGone) this.#listener.onEvent(event);
      },
    });
    this.#channel.setPreview(order.preview);
    signs.opened();
    await this.#channel.run(order.from, signal, order.continues);
    await writer[Symbol.asyncDispose]();
    this.hasEnded = !this.isGone;
    this.die({ cause: "exit code 0", suspects: [] });
  }

  /** A dead worker hands nothing over, whatever its remains still do. */
  #cutOff(writer: FrameWriter): FrameWriter {
    return {
      loan: (signal) => writer.loan(signal),
      submit: (tick, picture, sound, meta) => {
        if (!this.isGone) writer.submit(tick, picture, sound, meta);
      },
      onRefused: (listener) => writer.onRefused(listener),
      head: () => writer.head(),
      [Symbol.asyncDispose]: () => Promise.resolve(writer[Symbol.asyncDispose]()),
    };
  }
}
