import {
  type ChannelState,
  ChannelSupervisor,
  type Clock,
  type Committer,
  type CommitterCounters,
  type FrameBus,
  type HouseGrid,
  type MetricsRecorder,
  type Nanoseconds,
  nanosecondsFromMs,
  nsPerMs,
  type Place,
  type Plan,
  PlayoutError,
  type Preview,
  type Quarantine,
  type StandInKind,
  type StandInReason,
  type SupervisorEvent,
  type Tick,
  type WorkerHost,
} from "@retrovue/core";
import type { ChannelConfig } from "../config/playout-config.js";
import type { Log } from "../log/log.js";
import { logEvent } from "../log/log-event.js";
import type { ChannelOutputs } from "../outputs/channel-outputs.js";
import { ChannelGauges } from "./channel-gauges.js";
import { busSpecOf, coreSettings, gridOf } from "./core-settings.js";
import { SerialQueue } from "./serial-queue.js";

/** What a channel is run with; all of it borrowed but the workers, which belong to it alone. */
export interface ChannelRuntimeTools {
  readonly engineId: string;
  readonly clock: Clock;
  readonly bus: FrameBus;
  readonly workers: WorkerHost;
  readonly quarantine: Quarantine;
  readonly metrics: MetricsRecorder;
  /** Begins to encode the channel, whose bus is there; undefined where it is not encoded. */
  readonly openOutputs: () => ChannelOutputs | undefined;
  /** Names the channel on every line. */
  readonly log: Log;
  /** Hears what happens, while the channel is being made as well. Must not throw. */
  readonly onEvent: (event: SupervisorEvent) => void;
}

/** The stand-in that airs. */
export interface Standing {
  readonly kind: StandInKind;
  readonly reason: StandInReason;
}

/** What is read off a channel at one time. */
export interface ChannelLook {
  readonly now: Nanoseconds;
  /** The last committed tick. */
  readonly head: Tick;
  readonly counters: CommitterCounters;
  /** Undefined while what is planned airs. */
  readonly standIn: Standing | undefined;
}

/** From the decision to start to the first tick, beyond the guard time: what a warm worker takes to open a local file. */
const startMarginNs = nanosecondsFromMs(100);

/** An edit that waits for longer has a worker before it that answers nobody. */
const editWaitNsMax = nanosecondsFromMs(2_000);

/** What a channel begins with. */
export interface RuntimeBeginning {
  /** Its plan, given the first tick. */
  readonly planFor: (first: Tick, grid: HouseGrid) => Plan;
  /**
   * How much later a plan may begin that has no time of its own and that nobody waits for, so that its first picture is there at its
   * first tick also where the machine is busy. A plan that has its place in time is joined as soon as can be.
   */
  readonly patienceNs: Nanoseconds;
}

/** Further ahead than a worker hands over while it hears of an edit, however late that is. */
const farNs = nanosecondsFromMs(1_000);

/** The reader that a channel's own encoder is (core: renderSource). */
const renderReaderName = "renderer";

/** One channel on air: its bus, its supervisor, and what people see of them. It runs from `start` until `stop`. */
export class ChannelRuntime {
  readonly config: ChannelConfig;
  readonly grid: HouseGrid;
  /** The first tick of the channel's life. */
  readonly firstTick: Tick;
  /** Shared memory of its bus: all of it, from the start. */
  readonly busMemoryBytes: number;
  readonly #tools: ChannelRuntimeTools;
  readonly #supervisor: ChannelSupervisor;
  readonly #committer: Committer;
  readonly #gauges: ChannelGauges;
  readonly #mapping: Disposable;
  readonly #edits: SerialQueue;
  #outputs: ChannelOutputs | undefined;
  #standIn: Standing | undefined;

  /** Nothing runs until `#begin`. */
  private constructor(
    config: ChannelConfig,
    tools: ChannelRuntimeTools,
    committer: Committer,
    first: Tick,
    plan: Plan,
  ) {
    const { clock, bus, quarantine, metrics, workers } = tools;
    this.config = config;
    this.grid = gridOf(config);
    this.firstTick = first;
    this.#tools = tools;
    this.#committer = committer;
    this.#edits = new SerialQueue({ clock, work: "edits", waitNsMax: editWaitNsMax });
    const startedAt = clock.now();
    this.busMemoryBytes = bus.memoryBytes(busSpecOf(tools.engineId, config.id, config, clock.mapping()));
    this.#gauges = new ChannelGauges({
      committer,
      metrics,
      busMemoryBytes: this.busMemoryBytes,
      uptimeSeconds: () => Number((clock.now() - startedAt) / nsPerMs) / 1_000,
    });
    this.#mapping = clock.onMapping((mapping) => committer.setMapping(mapping));
    // The bus was made with the one of its own time.
    committer.setMapping(clock.mapping());
    const settings = coreSettings(config);
    committer.setPolicy({ holdTicksMax: this.grid.ticksIn(settings.holdNsMax), after: settings.afterHold });
    this.#supervisor = new ChannelSupervisor(
      {
        grid: this.grid,
        settings,
        clock,
        committer,
        workers,
        quarantine,
        metrics,
        onEvent: (event) => this.#hear(event),
      },
      plan,
    );
  }

  /**
   * Puts the channel on air.
   *
   * @param committer its bus, the runtime's from now on
   */
  static async start(
    config: ChannelConfig,
    tools: ChannelRuntimeTools,
    { planFor, patienceNs }: RuntimeBeginning,
    committer: Committer,
  ): Promise<ChannelRuntime> {
    const grid = gridOf(config);
    let channel: ChannelRuntime | undefined;
    try {
      const soon = tools.clock.now() + coreSettings(config).guardNs + startMarginNs;
      let first = grid.tickAtOrAfter(soon as Nanoseconds);
      let plan = planFor(first, grid);
      if (plan.start === grid.tickTime(first) && patienceNs > 0n) {
        first = grid.tickAtOrAfter((soon + patienceNs) as Nanoseconds);
        plan = planFor(first, grid);
      }
      channel = new ChannelRuntime(config, tools, committer, first, plan);
      channel.#begin();
      return channel;
    } catch (thrown) {
      // Its worker too, where it was begun before something else could not be.
      await (channel === undefined ? committer[Symbol.asyncDispose]() : channel.stop());
      throw PlayoutError.from(thrown);
    }
  }

  #begin(): void {
    this.#supervisor.start(this.firstTick);
    this.#outputs = this.#tools.openOutputs();
  }

  /** Undefined where the channel is on its bus alone. */
  get outputs(): ChannelOutputs | undefined {
    return this.#outputs;
  }

  get id(): number {
    return this.config.id;
  }

  get state(): ChannelState {
    return this.#supervisor.state;
  }

  get plan(): Plan {
    return this.#supervisor.timeline.plan;
  }

  /** The first tick that an edit can still change. */
  get nextTick(): Tick {
    return Math.max(this.firstTick, this.#committer.head() + 1) as Tick;
  }

  /** Keeps an asset ready beside what is on air, in the place of the one before; undefined for none. */
  setPreview(preview: Preview | undefined): void {
    this.#supervisor.setPreview(preview);
  }

  /**
   * Edits the plan: `make` is given the first tick that an edit can still change, and none of it is handed over until it returns.
   * A worker that does not answer at once is not waited for; the tick is then one that it cannot have reached yet.
   *
   * Edits go one after another, whoever asks for them. `QueueFull` and `Timeout` where too many or too slow ones are before it
   * (`SerialQueue`), `WrongState` where the channel is stopped, `Cancelled`; none of the plan was changed then.
   *
   * @param wanted the tick that the edit is for; undefined for as soon as can be
   */
  edit<T>(wanted: Tick | undefined, make: (next: Tick) => T, signal: AbortSignal): Promise<T> {
    return this.#edits.run(async () => {
      // What is well ahead need not be held back.
      if (wanted !== undefined && wanted > this.nextTick + this.grid.ticksIn(farNs))
        return make(this.nextTick);
      const held = await this.#supervisor.hold();
      try {
        if (signal.aborted) throw PlayoutError.from(signal.reason, "Cancelled");
        return make(Math.max(held, this.firstTick) as Tick);
      } finally {
        this.#supervisor.release();
      }
    }, signal);
  }

  /** Puts a newer revision in force, from the first tick not committed. False where it is not newer. */
  applyPlan(plan: Plan): boolean {
    return this.#supervisor.applyPlan(plan);
  }

  /** Up to `count` places of the plan, from the one at `tick` on. */
  placesFrom(tick: Tick, count: number): readonly Place[] {
    return this.#supervisor.timeline.placesFrom(tick, count);
  }

  look(): ChannelLook {
    const { clock } = this.#tools;
    return {
      now: clock.now(),
      head: this.#committer.head(),
      counters: this.#committer.counters(),
      standIn: this.#standIn,
    };
  }

  /** How many programs read its bus, the channel's own encoder aside, and how many viewers take its outputs. */
  watchers(): number {
    const readers = this.#committer.readers().filter(({ name }) => name !== renderReaderName);
    return readers.length + (this.outputs?.httpTs?.clients ?? 0);
  }

  /** Reads gauges; called when metrics are scraped. */
  measure(): void {
    this.#gauges.look();
  }

  /** Ends the outputs, the worker, then the bus. Resolves when all are gone; idempotent. */
  async stop(): Promise<void> {
    this.#edits.close();
    this.#gauges.close();
    this.#mapping[Symbol.dispose]();
    // The outputs first: what they read must not vanish under them.
    try {
      await this.outputs?.stop();
    } finally {
      await this.#supervisor.stop();
    }
  }

  #hear(event: SupervisorEvent): void {
    this.#gauges.hear(event);
    if (event.type === "stand-in-began" || event.type === "stand-in-changed")
      this.#standIn = { kind: event.kind, reason: event.reason };
    if (event.type === "stand-in-ended") this.#standIn = undefined;
    logEvent(this.#tools.log, event);
    this.#tools.onEvent(event);
  }
}
