import { type Clock, errorCodes, type Nanoseconds, PlayoutError, type Tick } from "@retrovue/core";
import type { Log } from "../log/log.js";
import type { FollowingPlan } from "../plans/saved-plans.js";
import type { ChannelRuntime } from "./channel-runtime.js";
import { coreSettings } from "./core-settings.js";

/** What plans are put in force with. */
export interface PlansToFollowOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Puts the plan in force, from a tick on that is not before its own. */
  readonly apply: (channel: ChannelRuntime, following: FollowingPlan, effectiveTick: Tick) => void;
}

/**
 * Has plans followed by those that take their places from a tick on (`FollowingPlan`): as soon as all before that tick is
 * committed, and not where another plan has come meanwhile. One for each channel.
 */
export class PlansToFollow {
  readonly #options: PlansToFollowOptions;
  readonly #waits = new Map<number, AbortController>();

  constructor(options: PlansToFollowOptions) {
    this.#options = options;
  }

  /** The channel's plan was replaced; undefined where nothing follows it. */
  expect(channel: ChannelRuntime, following: FollowingPlan | undefined): void {
    this.forget(channel.id);
    if (following === undefined) return;
    const stop = new AbortController();
    this.#waits.set(channel.id, stop);
    this.#follow(channel, following, stop.signal).catch((thrown: unknown) => {
      const err = PlayoutError.from(thrown);
      if (!stop.signal.aborted)
        this.#options.log.error({ channel: channel.id, err }, "a plan that was to follow does not");
    });
  }

  /** The channel goes off air. */
  forget(id: number): void {
    this.#waits
      .get(id)
      ?.abort(new PlayoutError("Cancelled", "Another plan came, or the channel was stopped."));
    this.#waits.delete(id);
  }

  async #follow(channel: ChannelRuntime, following: FollowingPlan, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const { grid, config } = channel;
    const { at } = following;
    // The bus is ahead of what airs by so much at most; whatever is not on it yet is there when its time has come.
    let lookAt = (grid.tickTime(at) - coreSettings(config).leadNsTarget) as Nanoseconds;
    for (;;) {
      await clock.sleepUntil(lookAt, signal);
      const next = await this.#attempt(channel, following, signal);
      if (next === undefined || next >= at) return;
      lookAt = (clock.now() + grid.length(at - next)) as Nanoseconds;
    }
  }

  /** The first tick that an edit can change: the plan is in force if it is not before the plan's own. Undefined where another plan came. */
  async #attempt(
    channel: ChannelRuntime,
    following: FollowingPlan,
    signal: AbortSignal,
  ): Promise<Tick | undefined> {
    const { at, plan } = following;
    const attempt = (next: Tick) => {
      if (channel.plan.revision !== plan.revision - 1) return undefined;
      if (next >= at) this.#options.apply(channel, following, next);
      return next;
    };
    try {
      return await channel.edit(undefined, attempt, signal);
    } catch (thrown) {
      // Nobody else would ask again: other edits were in the way.
      if (PlayoutError.is(thrown) && errorCodes[thrown.code].retryable) return (at - 1) as Tick;
      throw thrown;
    }
  }
}
