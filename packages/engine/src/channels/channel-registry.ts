import {
  type ChannelState,
  type HouseGrid,
  type Plan,
  PlayoutError,
  replacePlan,
  type Tick,
} from "@retrovue/core";
import type { ChannelConfig } from "../config/playout-config.js";
import type { Log } from "../log/log.js";
import type { PlanResolver, ResolvedPlan } from "../plans/plan-resolver.js";
import { planToBegin } from "../plans/resume.js";
import type { SavedPlan, SavedPlans } from "../plans/saved-plans.js";
import { ChannelRuntime, type ChannelRuntimeTools } from "./channel-runtime.js";

/** What channels are started with. */
export interface ChannelRegistryOptions {
  readonly channels: readonly ChannelConfig[];
  readonly resolver: PlanResolver;
  readonly savedPlans: SavedPlans;
  readonly log: Log;
  /** Called when a channel is on air. */
  readonly onAir: () => void;
  /** The tools of one channel, made anew for each start. */
  readonly toolsFor: (config: ChannelConfig, log: Log) => Omit<ChannelRuntimeTools, "log">;
}

/** A channel as people see it. */
export interface ChannelStatus {
  readonly id: number;
  readonly name: string;
  readonly state: ChannelState;
}

/** How a channel was started. */
export interface ChannelStart {
  /** Set where its plan could not be resolved and it airs slate: why. */
  readonly onSlate: PlayoutError | undefined;
}

/** The channels of an engine: those that the configuration names, running or not. */
export class ChannelRegistry {
  readonly #options: ChannelRegistryOptions;
  readonly #running = new Map<number, ChannelRuntime>();
  /** Starts under way, so that two never make one channel twice. */
  readonly #starting = new Map<number, Promise<ChannelStart>>();
  readonly #closing = new AbortController();

  constructor(options: ChannelRegistryOptions) {
    this.#options = options;
  }

  /** A running channel; undefined where it does not run. */
  running(id: number): ChannelRuntime | undefined {
    return this.#running.get(id);
  }

  list(): readonly ChannelStatus[] {
    return this.#options.channels.map(({ id, name }) => ({
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
   * Starts the channels that begin with the engine, side by side. One that cannot start is told and left; resolves when each has
   * started or failed.
   */
  async startConfigured(): Promise<void> {
    const { channels, log } = this.#options;
    const starts = channels.filter(({ autostart }) => autostart);
    await Promise.all(
      starts.map(async ({ id, plan }) => {
        try {
          const { onSlate } = await this.start(id);
          if (onSlate)
            log.error({ channel: id, plan, err: onSlate }, "plan not resolved; the channel airs slate");
        } catch (thrown) {
          if (!this.#closing.signal.aborted)
            log.error({ channel: id, plan, err: thrown }, "channel not started");
        }
      }),
    );
  }

  /** Puts a channel on air with the plan that the configuration gives it. Idempotent. `UnknownChannel`, and what the plan says. */
  start(id: number): Promise<ChannelStart> {
    if (this.#running.has(id)) return Promise.resolve({ onSlate: undefined });
    const starting = this.#starting.get(id) ?? this.#start(id).finally(() => this.#starting.delete(id));
    this.#starting.set(id, starting);
    return starting;
  }

  /**
   * Gives a running channel another plan, or the changed content of the same handle. What is on air and unchanged in it plays
   * on; the same content again changes nothing. `UnknownChannel` where it does not run, and what the plan says.
   */
  async update(
    id: number,
    handle: string,
    by: "configuration" | "request",
    signal: AbortSignal,
  ): Promise<ChannelStart> {
    const { resolver, savedPlans, channels } = this.#options;
    const { draft, onSlate } = await resolver.resolve(handle, by, 1, signal);
    const channel = this.#running.get(id);
    if (channel === undefined) {
      throw new PlayoutError("UnknownChannel", `No channel with the id ${id} runs.`, {
        details: { channel: id },
      });
    }
    const revision = channel.plan.revision + 1;
    const plan = replacePlan(channel.plan, { ...draft, revision }, channel.nextTick, channel.grid);
    const configured = channels.find((one) => one.id === id)?.plan;
    if (channel.applyPlan(plan) && onSlate === undefined) savedPlans.save(id, { plan, handle, configured });
    return { onSlate };
  }

  /** Takes a channel off air and removes its bus. Idempotent. */
  async stop(id: number): Promise<void> {
    await this.#starting.get(id)?.catch(() => {});
    const channel = this.#running.get(id);
    this.#running.delete(id);
    await channel?.stop();
  }

  /** Stops all, and whatever is about to start. Each is stopped though others fail; the first failure is thrown at the end. */
  async close(): Promise<void> {
    this.#closing.abort(new PlayoutError("Closed", "The engine is closing."));
    const ids = new Set([...this.#starting.keys(), ...this.#running.keys()]);
    const ends = await Promise.allSettled([...ids].map((id) => this.stop(id)));
    await this.#options.savedPlans.settled();
    for (const end of ends) if (end.status === "rejected") throw end.reason;
  }

  async #start(id: number): Promise<ChannelStart> {
    const { channels, savedPlans, log, toolsFor } = this.#options;
    const { signal } = this.#closing;
    const config = channels.find((channel) => channel.id === id);
    if (config === undefined) {
      throw new PlayoutError("UnknownChannel", `No channel has the id ${id}.`, { details: { channel: id } });
    }
    const configured = config.plan;
    const saved = await savedPlans.load(id);
    const resolved =
      configured === undefined ? undefined : await this.#resolve(id, configured, saved, signal);
    signal.throwIfAborted();
    const found = { saved, configured, draft: resolved?.draft };
    const channelLog = log.child({ channel: id });
    const channel = await ChannelRuntime.start(
      config,
      { ...toolsFor(config, channelLog), log: channelLog },
      (atTick, grid) => this.#planFor(id, found, atTick, grid),
      signal,
    );
    this.#running.set(id, channel);
    this.#options.onAir();
    const { plan } = channel;
    // A slate is not a plan that anyone would want back.
    if (resolved?.onSlate === undefined)
      savedPlans.save(id, { plan, handle: plan === saved?.plan ? saved.handle : configured, configured });
    channelLog.info({ revision: plan.revision, plan: configured }, "channel started");
    return { onSlate: resolved?.onSlate };
  }

  /**
   * What the configured handle stands for; undefined where that cannot be said now but the plan it stood for was saved: a file
   * that is gone for the moment must not take a channel off its plan.
   */
  async #resolve(
    id: number,
    configured: string,
    saved: SavedPlan | undefined,
    signal: AbortSignal,
  ): Promise<ResolvedPlan | undefined> {
    const { resolver, log } = this.#options;
    let error: PlayoutError | undefined;
    try {
      const resolved = await resolver.resolve(configured, "configuration", 1, signal);
      if (saved?.configured !== configured || resolved.onSlate === undefined) return resolved;
      error = resolved.onSlate;
    } catch (thrown) {
      if (saved?.configured !== configured || signal.aborted) throw thrown;
      error = PlayoutError.from(thrown);
    }
    log.error({ channel: id, plan: configured, err: error }, "plan not resolved; the saved one goes on");
    return undefined;
  }

  #planFor(
    id: number,
    found: Pick<Parameters<typeof planToBegin>[0], "saved" | "configured" | "draft">,
    atTick: Tick,
    grid: HouseGrid,
  ): Plan {
    const plan = planToBegin({ ...found, atTick, grid });
    if (plan !== undefined) return plan;
    throw new PlayoutError("UnknownPlan", `Channel ${id} has no plan.`, {
      remedy: "Give it one in the configuration, or start it with one.",
      details: { channel: id },
    });
  }
}
