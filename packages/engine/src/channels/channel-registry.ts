import {
  type ChannelState,
  type Clock,
  type Committer,
  invariant,
  type Nanoseconds,
  orAbort,
  type Plan,
  PlayoutError,
  replacePlan,
  type Tick,
} from "@retrovue/core";
import type { ChannelConfig } from "../config/playout-config.js";
import type { Log } from "../log/log.js";
import type { PlanResolver } from "../plans/plan-resolver.js";
import type { Begun } from "../plans/resume.js";
import type { FollowingPlan, SavedPlans } from "../plans/saved-plans.js";
import { beginningOf, type StartOrder } from "./beginning.js";
import { BusInMaking } from "./bus-in-making.js";
import type { ChannelObserver, StoppedBy } from "./channel-observer.js";
import { ChannelRuntime, type ChannelRuntimeTools } from "./channel-runtime.js";
import { startConfigured } from "./configured-starts.js";
import type { FirstLook } from "./first-look.js";
import { PlansToFollow } from "./plans-to-follow.js";
import { StartsUnderWay } from "./starts-under-way.js";

/** What channels are started with. */
export interface ChannelRegistryOptions {
  readonly channels: readonly ChannelConfig[];
  readonly clock: Clock;
  /** How much later the plan of a channel that begins with the engine may begin, where it has no time of its own. */
  readonly patienceNs: Nanoseconds;
  readonly resolver: PlanResolver;
  readonly savedPlans: SavedPlans;
  readonly log: Log;
  /** Called when a channel is on air. */
  readonly onAir: () => void;
  /** Who looks at the media of a channel's first plan, made anew for each start. */
  readonly firstLook: () => FirstLook;
  /** Makes a channel's bus, with its slate. */
  readonly makeBus: (config: ChannelConfig, signal: AbortSignal) => Promise<Committer>;
  /** The tools of one channel, made anew for each start. */
  readonly toolsFor: (
    config: ChannelConfig,
    log: Log,
    look: FirstLook,
  ) => Omit<ChannelRuntimeTools, "log" | "onEvent">;
  /** Hears what channels do. */
  readonly observer: ChannelObserver;
  /** The channel that a request makes by an id which the configuration does not name. */
  readonly madeOnRequest: (id: number) => ChannelConfig;
}

/** Where a plan came from. */
export interface PlanOrigin {
  /** For people: a plan handle, `inline`, `preview` or `blocks`. */
  readonly source: string;
  /** What it is resumed by; undefined for one that came as a value. */
  readonly handle: string | undefined;
  /** False where it is not worth keeping over a restart. */
  readonly isKept?: boolean;
  /** What takes its place from a tick on. */
  readonly following?: FollowingPlan;
  /** The revision that its sender knows it by, where it followed that one. */
  readonly toldAs?: number;
}

/** Where plans that came as values are said to come from. */
export const inlineSource = "inline";

/** Channels that requests made beside the configured ones. */
const madeMax = 1_000;

/** A channel as people see it. */
export interface ChannelStatus {
  readonly id: number;
  readonly name: string;
  readonly state: ChannelState;
}

/** How a channel's plan was ended. */
interface Stopped {
  /** The last one in force. */
  readonly revision: number;
  /** True until a request starts it: neither viewers nor the configuration do. */
  readonly stays: boolean;
}

/** How a channel was started. */
export interface ChannelStart {
  /** Set where its plan could not be resolved and it airs slate: why. */
  readonly onSlate: PlayoutError | undefined;
  /** False where it was running already or somebody else started it, so that nothing of the order was done. */
  readonly isNew?: boolean;
}

/** The channels of an engine, running or not: those that the configuration names, and those that requests made. */
export class ChannelRegistry {
  readonly #options: ChannelRegistryOptions;
  readonly #running = new Map<number, ChannelRuntime>();
  readonly #starting = new StartsUnderWay<ChannelStart>();
  /** Channels that were taken off air and are not gone yet. */
  readonly #stopping = new Map<number, Promise<void>>();
  readonly #closing = new AbortController();
  readonly #known: Map<number, ChannelConfig>;
  /** Ids of the configuration; the rest of the known ones were made by requests. */
  #configured: ReadonlySet<number>;
  /** Channels whose plan was ended: each begins anew when it is started again, and counts on. */
  readonly #stopped = new Map<number, Stopped>();
  readonly #toFollow: PlansToFollow;
  /** Channels whose plan has followed another one: which revision its sender was told, and which one it is. */
  readonly #told = new Map<number, { readonly toldAs: number; readonly inForce: number }>();

  constructor(options: ChannelRegistryOptions) {
    const { clock, log } = options;
    this.#options = options;
    this.#toFollow = new PlansToFollow({
      clock,
      log,
      apply: ({ id, plan }, following, effectiveTick) => {
        const from = { source: inlineSource, handle: undefined, toldAs: plan.revision };
        this.apply(id, following.plan, from, effectiveTick);
      },
    });
    this.#known = new Map(options.channels.map((channel) => [channel.id, channel]));
    this.#configured = new Set(this.#known.keys());
  }

  /**
   * Other configured channels than before. Those that run go on as they are until they are stopped; what a request made stays
   * known. Of one that is put in nobody remembers that a request stopped it.
   */
  setConfigured(channels: readonly ChannelConfig[]): void {
    const kept = new Set(channels.map(({ id }) => id));
    for (const id of kept) {
      const stopped = this.#stopped.get(id);
      if (stopped !== undefined && !this.#configured.has(id))
        this.#stopped.set(id, { ...stopped, stays: false });
    }
    for (const id of this.#configured) if (!kept.has(id)) this.#known.delete(id);
    for (const channel of channels) this.#known.set(channel.id, channel);
    this.#configured = kept;
  }

  /** A channel's configuration, running or not; undefined for an unknown id. */
  configOf(id: number): ChannelConfig | undefined {
    return this.#running.get(id)?.config ?? this.#known.get(id);
  }

  /** True for a channel that runs only while somebody watches, as it was configured last: that holds at once, also while it runs. */
  isOnDemand(id: number): boolean {
    return this.#known.get(id)?.run === "on-demand";
  }

  /** The running channel of an id. `UnknownChannel`, and `WrongState` where it is stopped. */
  onAir(id: number): ChannelRuntime {
    const channel = this.#running.get(id);
    if (channel !== undefined) return channel;
    if (!this.#known.has(id)) throw unknownChannel(id);
    throw new PlayoutError("WrongState", `Channel ${id} does not run.`, {
      remedy: "Start it first.",
      details: { channel: id },
    });
  }

  /** True where this revision is in force, or the one in force is what follows it. */
  isInForce(id: number, revision: number): boolean {
    const inForce = this.#running.get(id)?.plan.revision;
    if (inForce === undefined || inForce === revision) return inForce === revision;
    const told = this.#told.get(id);
    return told?.inForce === inForce && told.toldAs === revision;
  }

  /** True for a channel that a request stopped, until one starts it again. */
  isStoppedByRequest(id: number): boolean {
    return this.#stopped.get(id)?.stays === true;
  }

  /** True for one that neither runs nor comes or goes: nothing of its bus is there. */
  isIdle(id: number): boolean {
    return !this.#running.has(id) && !this.#starting.has(id) && !this.#stopping.has(id);
  }

  /** A running channel; undefined where it does not run. */
  running(id: number): ChannelRuntime | undefined {
    return this.#running.get(id);
  }

  list(): readonly ChannelStatus[] {
    const known = [...this.#known.values()].sort((a, b) => a.id - b.id);
    return known.map(({ id, name }) => ({
      id,
      name,
      state: this.#running.get(id)?.state ?? "stopped",
    }));
  }

  /** Reads the gauges of all that run. */
  measure(): void {
    for (const channel of this.#running.values()) channel.measure();
  }

  /** Ends the outputs of all that run; the channels go on. Idempotent. */
  async closeOutputs(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ outputs }) => outputs?.stop()));
  }

  /**
   * Starts those of them that begin with the engine; resolves when each has started or failed once (`startConfigured`).
   *
   * @param channels default: those that the engine began with
   */
  startConfigured(channels = this.#options.channels): Promise<void> {
    return startConfigured({ ...this.#options, channels, registry: this, signal: this.#closing.signal });
  }

  /** Channels that are about to start. */
  starting(): readonly number[] {
    return this.#starting.ids;
  }

  /**
   * Puts a channel on air, with the plan of the order or the one that the configuration gives it. Idempotent: one that runs, or that
   * another order is starting, stays as it is. `UnknownChannel`, what the plan says, and the reason of the order's signal.
   */
  async start(id: number, order: StartOrder = {}): Promise<ChannelStart> {
    while (!this.#running.has(id)) {
      if (!this.#starting.has(id))
        return await this.#starting.make(id, () => this.#start(id, order), order.signal);
      const joined = await this.#starting.join(id, order.signal);
      if (joined !== undefined) return { ...joined, isNew: false };
    }
    return { onSlate: undefined, isNew: false };
  }

  /** Resolves when no start of the channel is under way, however it ended. Rejects when the signal aborts. */
  startsSettled(id: number, signal?: AbortSignal): Promise<void> {
    return this.#starting.settled(id, signal);
  }

  /**
   * Gives a running channel another plan, or the changed content of the same handle. What is on air and unchanged in it plays
   * on; the same content again changes nothing. `UnknownChannel`, `WrongState` where it does not run, and what the plan says.
   */
  async update(
    id: number,
    handle: string,
    by: "configuration" | "request",
    signal: AbortSignal,
  ): Promise<ChannelStart & { readonly changed: boolean }> {
    this.onAir(id);
    const { draft, onSlate } = await this.#options.resolver.resolve(handle, by, 1, signal);
    const channel = this.onAir(id);
    const replace = (next: Tick) => {
      const revision = channel.plan.revision + 1;
      const plan = replacePlan(channel.plan, { ...draft, revision }, next, channel.grid);
      // A slate is not a plan that anyone would want back.
      const from = { source: handle, handle, isKept: onSlate === undefined };
      return { onSlate, changed: this.apply(id, plan, from, next) };
    };
    return await channel.edit(undefined, replace, signal);
  }

  /**
   * Puts a plan in force that was made from the one in force. False where it is that one. `UnknownChannel`, `WrongState`.
   *
   * @param from where it came from, for people, and the handle that it is resumed by; undefined where it is a value, and
   * not kept at all where `isKept` is false
   * @param effectiveTick the first tick that follows it
   */
  apply(id: number, plan: Plan, from: PlanOrigin, effectiveTick: Tick): boolean {
    const channel = this.onAir(id);
    const before = channel.plan.revision;
    if (plan.revision <= before) return false;
    const { observer, savedPlans } = this.#options;
    observer.planned(channel, { plan, source: from.source, effectiveTick, before });
    channel.applyPlan(plan);
    const configured = this.#known.get(id)?.plan;
    const begun = { ...from, plan };
    if (from.isKept !== false) savedPlans.save(id, { ...begun, configured });
    this.#expect(channel, begun);
    return true;
  }

  /**
   * Takes a channel off air and removes its bus. Idempotent; tells whether it ran.
   *
   * @param by a request ends the plan as well, so that the next start begins it anew, and so does the configuration that has it no
   * more; want of viewers and the engine's own end do not
   * @param signal ends the wait for a start that is under way; rejects with its reason, and then nothing was stopped
   */
  async stop(id: number, by: StoppedBy = "engine", signal?: AbortSignal): Promise<boolean> {
    await this.startsSettled(id, signal);
    const channel = this.#running.get(id);
    if (channel === undefined) return false;
    if (by === "request" || by === "configuration")
      this.#stopped.set(id, { revision: channel.plan.revision, stays: by === "request" });
    this.#running.delete(id);
    this.#toFollow.forget(id);
    this.#options.observer.stopping(channel, by);
    const stopping = channel.stop().finally(() => this.#stopping.delete(id));
    this.#stopping.set(id, stopping);
    await stopping;
    return true;
  }

  /** Stops all, and whatever is about to start or is being stopped. Each is stopped though others fail; the first failure is thrown at the end. */
  async close(): Promise<void> {
    this.#closing.abort(new PlayoutError("Closed", "The engine is closing."));
    const ids = new Set([...this.#starting.ids, ...this.#running.keys()]);
    const others = [...this.#stopping.values()];
    const ends = await Promise.allSettled([...[...ids].map((id) => this.stop(id)), ...others]);
    await this.#options.savedPlans.settled();
    for (const end of ends) if (end.status === "rejected") throw end.reason;
  }

  async #start(id: number, order: StartOrder): Promise<ChannelStart> {
    const { log, toolsFor, observer, savedPlans } = this.#options;
    const signal = AbortSignal.any([this.#closing.signal, ...(order.signal ? [order.signal] : [])]);
    // Its bus has the same name: what comes back at once, as a viewer does, waits until that is gone.
    const gone = this.#stopping.get(id)?.catch(() => {});
    if (gone !== undefined) await orAbort(gone, signal);
    const configured = this.#known.get(id);
    const known = configured ?? this.#made(id, order);
    const config = order.format === undefined ? known : { ...known, format: order.format };
    await using look = this.#options.firstLook();
    await using bus = new BusInMaking(() => this.#options.makeBus(config, signal));
    const { begin, onSlate } = await beginningOf(
      known,
      { order, stoppedAt: this.#stopped.get(id)?.revision },
      { ...this.#options, lengths: bus.begunBy(look) },
      signal,
    );
    signal.throwIfAborted();
    const channelLog = log.child({ channel: id });
    let begun: Begun | undefined;
    const channel = await ChannelRuntime.start(
      config,
      {
        ...toolsFor(config, channelLog, look),
        log: channelLog,
        onEvent: (event) => observer.heard(config.id, event),
      },
      {
        planFor: (first, grid) => {
          begun = begin(first, grid);
          return begun.plan;
        },
        patienceNs: order.withEngine === true ? this.#options.patienceNs : (0n as Nanoseconds),
      },
      await bus.take(),
    );
    invariant(begun !== undefined, "a channel is made with a plan");
    // What is configured may have changed meanwhile.
    if (configured === undefined && !this.#known.has(id)) this.#known.set(id, known);
    this.#running.set(id, channel);
    this.#stopped.delete(id);
    const { plan, handle } = begun;
    observer.started(channel, handle ?? "", order.onDemand === true ? "demand" : undefined);
    this.#options.onAir();
    // A slate is not a plan that anyone would want back.
    if (onSlate === undefined) savedPlans.save(id, { ...begun, configured: known.plan });
    this.#expect(channel, begun);
    const { busMemoryBytes } = channel;
    channelLog.info({ revision: plan.revision, plan: handle, busMemoryBytes }, "channel started");
    return { onSlate, isNew: true };
  }

  #expect(channel: ChannelRuntime, { plan, toldAs, following }: Begun): void {
    if (toldAs === undefined) this.#told.delete(channel.id);
    else this.#told.set(channel.id, { toldAs, inForce: plan.revision });
    this.#toFollow.expect(channel, following);
  }

  /** The channel that a request makes. `UnknownChannel` where it is not a request that starts it. */
  #made(id: number, order: StartOrder): ChannelConfig {
    if (order.handle === undefined) throw unknownChannel(id);
    if (this.#known.size - this.#configured.size >= madeMax) {
      throw new PlayoutError("LimitExceeded", `Requests have made ${madeMax} channels already.`, {
        remedy: "Name further ones in the configuration.",
        details: { channel: id, limit: madeMax },
      });
    }
    return this.#options.madeOnRequest(id);
  }
}

const unknownChannel = (id: number): PlayoutError =>
  new PlayoutError("UnknownChannel", `No channel has the id ${id}.`, { details: { channel: id } });
