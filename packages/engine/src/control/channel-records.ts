import type { ChannelState, Nanoseconds, SupervisorEvent } from "@retrovue/core";
import type { ChannelObserver, PlanChange, StartedBy, StoppedBy } from "../channels/channel-observer.js";
import type { ChannelRuntime } from "../channels/channel-runtime.js";
import type { OutputEvent } from "../outputs/output-events.js";
import { ChannelRecord, type ChannelRecordDeps } from "./channel-record.js";
import { bodyOf, planApplied } from "./events/channel-events.js";
import { outputBodyOf } from "./events/output-events.js";

/** What is known of a channel whether it runs or not. */
export interface StateRecord {
  readonly state: ChannelState;
  readonly since: Nanoseconds;
}

/** Keeps a record of every channel on air, and makes events of what channels do. */
export class ChannelRecords implements ChannelObserver {
  readonly #deps: Omit<ChannelRecordDeps, "causeOf">;
  readonly #records = new Map<number, ChannelRecord>();
  readonly #states = new Map<number, StateRecord>();
  readonly #causes = new Map<number, string>();
  readonly #listeners = new Set<(id: number, event: SupervisorEvent) => void>();
  /** Set while a plan that was wanted earlier is applied. */
  #isLate = false;

  constructor(deps: Omit<ChannelRecordDeps, "causeOf">) {
    this.#deps = deps;
  }

  /** The record of a channel on air. */
  of(id: number): ChannelRecord | undefined {
    return this.#records.get(id);
  }

  /** Since when a channel is in its state; undefined where it was never started. */
  stateOf(id: number): StateRecord | undefined {
    return this.#states.get(id);
  }

  /** Puts what happens to a channel down to a call while it is carried out. */
  async causedBy<T>(id: number, correlationId: string, work: () => Promise<T>): Promise<T> {
    this.#causes.set(id, correlationId);
    try {
      return await work();
    } finally {
      if (this.#causes.get(id) === correlationId) this.#causes.delete(id);
    }
  }

  /** Applies a plan that was wanted for an earlier tick, so that its event says so. */
  late<T>(work: () => T): T {
    this.#isLate = true;
    try {
      return work();
    } finally {
      this.#isLate = false;
    }
  }

  /** Hears everything that channels do, after it was noted. */
  onEvent(listener: (id: number, event: SupervisorEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  started(channel: ChannelRuntime, source: string, by: StartedBy): void {
    const record = new ChannelRecord(
      channel,
      source,
      { ...this.#deps, causeOf: (id) => this.#causes.get(id) },
      by,
    );
    this.#records.set(channel.id, record);
    const { plan, effectiveTick } = record.applied;
    this.#tellPlan(channel.id, { plan, source, effectiveTick, before: 0 });
  }

  planned(channel: ChannelRuntime, change: PlanChange): void {
    this.#records.get(channel.id)?.planned(change);
    this.#tellPlan(channel.id, change);
  }

  heard(id: number, event: SupervisorEvent): void {
    const { events, now, decoders } = this.#deps;
    if (event.type === "state") this.#states.set(id, { state: event.to, since: now() });
    const record = this.#records.get(id);
    if (record !== undefined) record.heard(event);
    else {
      // While a channel is being made, and when its record has ended.
      const told = bodyOf(event, { now: now(), decoders, segment: undefined, failure: undefined });
      const correlationId = this.#causes.get(id);
      if (told)
        events.append({ channelId: id, ...told, ...(correlationId !== undefined && { correlationId }) });
    }
    for (const listener of this.#listeners) listener(id, event);
  }

  heardOutput(id: number, event: OutputEvent): void {
    const planRevision = this.#records.get(id)?.channel.plan.revision ?? 0;
    this.#deps.events.append({ channelId: id, body: outputBodyOf(event), planRevision });
  }

  stopping(channel: ChannelRuntime, by: StoppedBy): void {
    this.#records.get(channel.id)?.stop(by);
    this.#records.delete(channel.id);
  }

  #tellPlan(channelId: number, change: PlanChange): void {
    const correlationId = this.#causes.get(channelId);
    this.#deps.events.append({
      channelId,
      body: planApplied(change, this.#isLate),
      tick: change.effectiveTick,
      planRevision: change.plan.revision,
      ...(correlationId !== undefined && { correlationId }),
    });
  }
}
