import {
  type Nanoseconds,
  type Plan,
  PlayoutError,
  type SupervisorEvent,
  type Tick,
  Timeline,
} from "@retrovue/core";
import { segmentRefToWire } from "@retrovue/protocol";
import type { AirLog } from "../as-run/as-run-recorder.js";
import type { PlanChange, StartedBy, StoppedBy } from "../channels/channel-observer.js";
import type { ChannelRuntime } from "../channels/channel-runtime.js";
import { DecodersOnAir } from "./decoders-on-air.js";
import { AsRun, type OnAirNow } from "./events/as-run.js";
import { bodyOf, segmentEnded, segmentStarted } from "./events/channel-events.js";
import type { EventLog, Happening } from "./events/event-log.js";
import { Preparations } from "./preparations.js";

/** A plan as it was put in force. */
export interface AppliedPlan {
  readonly plan: Plan;
  readonly source: string;
  readonly appliedAt: Nanoseconds;
  readonly effectiveTick: Tick;
}

/** What a record works with. */
export interface ChannelRecordDeps {
  readonly events: EventLog;
  /** Hears what aired; undefined where nobody writes it down. */
  readonly airLog?: AirLog;
  readonly now: () => Nanoseconds;
  readonly sleepUntil: (at: Nanoseconds, signal: AbortSignal) => Promise<void>;
  /** Names of the configured decoders, by their index. */
  readonly decoders: readonly string[];
  /** Id of the call that works on the channel now; undefined where none does. */
  readonly causeOf: (channelId: number) => string | undefined;
}

/** Revisions of a channel's plan that are kept for readers. */
const revisionsKept = 16;

/** The record looks up at each whole second, should the clock have been stepped. */
const lookNsMax = 1_000_000_000n;

/** What is known of one channel's life on air: its plans, its as-run and its last failure. It ends with the channel. */
export class ChannelRecord {
  readonly channel: ChannelRuntime;
  readonly onAirSince: Nanoseconds;
  readonly #deps: ChannelRecordDeps;
  readonly #asRun: AsRun;
  readonly #applied: AppliedPlan[];
  readonly #decoders = new DecodersOnAir();
  /** How far what comes next is prepared. */
  readonly preparations = new Preparations();
  readonly #end = new AbortController();
  #wake = new AbortController();
  #lastFailure: { readonly error: PlayoutError; readonly at: Nanoseconds } | undefined;

  constructor(channel: ChannelRuntime, source: string, deps: ChannelRecordDeps, by?: StartedBy) {
    this.channel = channel;
    this.#deps = deps;
    const { plan, grid, firstTick } = channel;
    this.onAirSince = grid.tickTime(firstTick);
    this.#applied = [{ plan, source, appliedAt: deps.now(), effectiveTick: firstTick }];
    this.#asRun = new AsRun(new Timeline(plan, grid), firstTick, {
      began: (airing) => {
        const decoder = this.decoderAt(airing.tick);
        this.#tell(segmentStarted(airing, grid, decoder), airing.tick, airing.revision);
        deps.airLog?.began(channel, airing);
      },
      ended: (airing) => {
        this.#tell(segmentEnded(airing, grid), airing.end, airing.revision);
        deps.airLog?.ended(channel, airing);
      },
    });
    deps.airLog?.started(channel, source, by);
    void this.#follow();
  }

  /** The plan in force, and where it came from. */
  get applied(): AppliedPlan {
    return this.#applied.at(-1) as AppliedPlan;
  }

  get lastFailure(): { readonly error: PlayoutError; readonly at: Nanoseconds } | undefined {
    return this.#lastFailure;
  }

  /** A revision that is still kept. */
  revision(revision: number): AppliedPlan | undefined {
    return this.#applied.find(({ plan }) => plan.revision === revision);
  }

  /** What is on air now; undefined before the first tick. */
  onAir(): OnAirNow | undefined {
    const { grid, firstTick } = this.channel;
    const now = grid.tickAtOrBefore(this.#deps.now());
    return now < firstTick ? undefined : this.#asRun.at(now);
  }

  /** Whose picture airs at a tick, by its plugin's name; empty where none does. */
  decoderAt(tick: Tick): string {
    return this.#deps.decoders[this.#decoders.at(tick) ?? -1] ?? "";
  }

  planned(change: PlanChange): void {
    const { plan, source, effectiveTick } = change;
    this.#deps.airLog?.planned(this.channel, change);
    this.#applied.push({ plan, source, effectiveTick, appliedAt: this.#deps.now() });
    if (this.#applied.length > revisionsKept) this.#applied.shift();
    this.#asRun.planned(new Timeline(plan, this.channel.grid), effectiveTick);
    this.#wake.abort();
  }

  heard(event: SupervisorEvent): void {
    const { events, now, decoders, airLog } = this.#deps;
    airLog?.heard(this.channel, event);
    if (event.type === "stand-in-began" || event.type === "stand-in-changed")
      this.#asRun.standInBegan(event.tick, event.kind, event.reason);
    if (event.type === "stand-in-ended") this.#asRun.standInEnded(event.tick);
    if (event.type === "decoder-on-air") this.#decoders.began(event.tick, event.decoderIndex);
    if (event.type === "preparation") this.preparations.heard(event, now());
    if (event.type === "worker-replaced") this.preparations.clear();
    if (event.type === "worker-delayed")
      this.#lastFailure = { error: event.error ?? workersDie(this.channel.id), at: now() };
    if (event.type === "source-failed") {
      const error = PlayoutError.from(event.failure.error);
      this.#lastFailure = { error, at: now() };
      this.#asRun.failed(event.failure.asset.uri, error);
    }
    const tick = "tick" in event ? event.tick : undefined;
    const told = bodyOf(event, {
      now: now(),
      decoders,
      segment: tick === undefined ? undefined : this.#segmentAt(tick),
      failure: this.#lastFailure?.error,
    });
    if (told !== undefined) events.append(this.#happening(told.body, told.tick));
  }

  /** The channel goes off air: tells what was on air to the last tick that house time has reached. */
  stop(by: StoppedBy): void {
    this.#end.abort();
    this.#wake.abort();
    const { grid, firstTick } = this.channel;
    const end = Math.max(firstTick, grid.tickAtOrBefore(this.#deps.now()) + 1) as Tick;
    this.#asRun.stop(end);
    this.#deps.airLog?.stopped(this.channel, end, by);
  }

  #segmentAt(tick: Tick) {
    const place = this.#asRun.at(tick)?.place;
    return place?.in === "segment" ? segmentRefToWire(place.segment, place.index) : undefined;
  }

  #tell(body: Happening["body"], tick: Tick, planRevision: number): void {
    const { grid, id: channelId } = this.channel;
    this.#deps.events.append({ channelId, body, tick, planRevision, at: grid.tickTime(tick) });
  }

  #happening(body: Happening["body"], tick: Tick | undefined): Happening {
    const correlationId =
      body.case === "channelStateChanged" ? this.#deps.causeOf(this.channel.id) : undefined;
    return {
      channelId: this.channel.id,
      body,
      planRevision: this.channel.plan.revision,
      ...(tick !== undefined && { tick }),
      ...(correlationId !== undefined && { correlationId }),
    };
  }

  /** Tells the as-run as house time passes. */
  async #follow(): Promise<void> {
    const { now, sleepUntil } = this.#deps;
    const { grid } = this.channel;
    while (!this.#end.signal.aborted) {
      const tick = grid.tickAtOrBefore(now());
      // What the committer has told of these ticks comes first: after the event loop was held up, timers go before messages.
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#end.signal.aborted) return;
      if (tick >= this.channel.firstTick) this.#asRun.advance(tick);
      const next = grid.tickTime(this.#asRun.nextTick());
      const look = now();
      const second = (look - (look % lookNsMax) + lookNsMax) as Nanoseconds;
      this.#wake = new AbortController();
      // Only the record itself ends a sleep early, or the clock's end, which ends the record as well.
      await sleepUntil(next < second ? next : second, this.#wake.signal).catch(() => {
        if (!this.#wake.signal.aborted) this.#end.abort();
      });
    }
  }
}

const workersDie = (channel: number): PlayoutError =>
  new PlayoutError("WorkerLost", "The channel's workers die one after another; the next one waits.", {
    remedy: "The log says what each died of. Another plan is tried at once.",
    details: { channel },
  });
