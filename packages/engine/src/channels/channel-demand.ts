import { type HostTime, type Nanoseconds, nanosecondsFromMs, PlayoutError } from "@retrovue/core";
import type { Log } from "../log/log.js";
import type { ChannelRegistry } from "./channel-registry.js";
import type { ChannelRuntime } from "./channel-runtime.js";
import { StartTurns } from "./start-turns.js";

/** The readers table of a channel's bus, there with or without the bus. */
export interface DemandTable extends Disposable {
  /** True if a reader is there, or looked for the bus within the last so many milliseconds. */
  isWanted(withinMs: number): boolean;
}

/** What demand is followed with. */
export interface ChannelDemandOptions {
  readonly channels: Pick<
    ChannelRegistry,
    "list" | "isOnDemand" | "isIdle" | "isStoppedByRequest" | "running" | "start" | "stop"
  >;
  /** Undefined for a bus that cannot tell who looks for it: then viewers alone are demand. Throws where it cannot be shown. */
  readonly tableOf: ((id: number) => DemandTable) | undefined;
  readonly host: Pick<HostTime, "monotonic" | "timer">;
  readonly log: Log;
  /** How many starts may be under way at one time. */
  readonly startsAtOnce: number;
}

/**
 * How often tables are looked at: with the 0.3 s that a worker takes to begin, a picture is there within a second, and a hundred idle channels
 * take a hundredth of a core.
 */
const lookNs = nanosecondsFromMs(250);

/** How often it is looked whether there are any: a reload may bring some. */
const idleLookNs = nanosecondsFromMs(1_000);

/** A reader that looked for a bus in vain so long ago has given up; they try again each second or so. */
const lookedWithinMs = 3_000;

/** A channel that nobody watches any more goes on for this long: people change channels back and forth. */
const lingerNs = nanosecondsFromMs(10_000);

/** A channel that waits for its turn or is starting. */
interface Asked {
  /** Whether the viewers that asked for it are still there. */
  readonly viewers: (() => boolean)[];
  /** Resolves when it has been started, or need not be any more. Never rejects. */
  readonly done: Promise<void>;
}

/**
 * Starts channels with `run: on-demand` when somebody looks for their bus or asks for one of their outputs, so many at one time and the
 * others in the order in which they were asked for, and stops them when nobody has for 10 s. What a request stopped stays so until a
 * request starts it. Ends with its disposal.
 */
export class ChannelDemand implements Disposable {
  readonly #options: ChannelDemandOptions;
  readonly #tables = new Map<number, DemandTable>();
  readonly #wantedAt = new Map<number, Nanoseconds>();
  /** Channels whose last start failed, and when it may be tried again. */
  readonly #notBefore = new Map<number, Nanoseconds>();
  readonly #turns: StartTurns;
  /** Channels that wait for their turn or are starting. */
  readonly #asked = new Map<number, Asked>();
  /** Channels whose table could not be shown. */
  readonly #blind = new Set<number>();
  #timer: Disposable | undefined;
  #isClosed = false;

  constructor(options: ChannelDemandOptions) {
    this.#options = options;
    this.#turns = new StartTurns(options.startsAtOnce, options.host.timer);
  }

  /** Begins to look for demand. */
  start(): void {
    if (this.#isClosed) return;
    const isAny = this.#look();
    this.#timer = this.#options.host.timer.after(isAny ? lookNs : idleLookNs, () => this.start());
  }

  /**
   * The running channel of an id; one that runs on demand is started for it, when those before it have been (`StartTurns`). Undefined where
   * it is not to be had.
   *
   * @param isStillWanted asked when its turn has come: who waited may have left
   */
  async wake(id: number, isStillWanted = () => true): Promise<ChannelRuntime | undefined> {
    const { channels, host } = this.#options;
    const running = channels.running(id);
    if (channels.isOnDemand(id)) this.#wantedAt.set(id, host.monotonic());
    if (running !== undefined || !this.#isToStart(id)) return running;
    const asked = this.#asked.get(id);
    asked?.viewers.push(isStillWanted);
    await (asked?.done ?? this.#ask(id, [isStillWanted]));
    return channels.running(id);
  }

  /** Takes the channel's place among those that are to start, which all who want it share. Gives `Asked.done`. */
  #ask(id: number, viewers: (() => boolean)[]): Promise<void> {
    const startIfWanted = async () => {
      if (this.#options.channels.running(id) !== undefined || !this.#isToStart(id)) return;
      if (viewers.some((isThere) => isThere()) || this.#isLookedFor(id)) await this.#start(id);
    };
    const done = this.#turns.run(startIfWanted).finally(() => this.#asked.delete(id));
    this.#asked.set(id, { viewers, done });
    return done;
  }

  async #start(id: number): Promise<void> {
    const { channels, log, host } = this.#options;
    // Its turn may have been long in coming: who wants it has the usual time from now on.
    this.#wantedAt.set(id, host.monotonic());
    try {
      const { isNew, onSlate } = await channels.start(id, { onDemand: true });
      if (isNew === true) log.info({ channel: id }, "channel started: somebody watches");
      if (onSlate) log.error({ channel: id, err: onSlate }, "plan not resolved; the channel airs slate");
    } catch (thrown) {
      // Its readers ask again ten times a second; a plan that cannot be had is no better by then.
      this.#notBefore.set(id, (host.monotonic() + lingerNs) as Nanoseconds);
      if (!this.#isClosed) log.error({ channel: id, err: PlayoutError.from(thrown) }, "channel not started");
    }
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#timer?.[Symbol.dispose]();
    for (const table of this.#tables.values()) table[Symbol.dispose]();
    this.#tables.clear();
  }

  /** True where a channel is known that runs on demand. */
  #look(): boolean {
    const { channels, host } = this.#options;
    const ids = channels
      .list()
      .map(({ id }) => id)
      .filter((id) => channels.isOnDemand(id));
    this.#letGoBut(new Set(ids));
    for (const id of ids) {
      const channel = channels.running(id);
      if (channel !== undefined) this.#lookAtRunning(channel, host.monotonic());
      else if (this.#isToStart(id) && !this.#asked.has(id) && this.#isLookedFor(id)) void this.#ask(id, []);
    }
    return ids.length > 0;
  }

  /** True where a reader looks for the channel's bus, which is not there. */
  #isLookedFor(id: number): boolean {
    // A bus that comes or goes has a table of its own, beside which none can be shown.
    return this.#options.channels.isIdle(id) && this.#tableOf(id)?.isWanted(lookedWithinMs) === true;
  }

  /** Forgets channels that do not run on demand any more, or are gone. */
  #letGoBut(ids: ReadonlySet<number>): void {
    for (const known of [this.#wantedAt, this.#notBefore, this.#blind])
      for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
    for (const [id, table] of this.#tables) {
      if (ids.has(id)) continue;
      this.#tables.delete(id);
      table[Symbol.dispose]();
    }
  }

  #lookAtRunning(channel: ChannelRuntime, now: Nanoseconds): void {
    const { channels, log } = this.#options;
    const wantedAt = this.#wantedAt.get(channel.id);
    if (wantedAt === undefined || channel.watchers() > 0) this.#wantedAt.set(channel.id, now);
    else if (now - wantedAt > lingerNs) {
      this.#wantedAt.delete(channel.id);
      channels.stop(channel.id, "demand").then(
        () => log.info({ channel: channel.id }, "channel stopped: nobody watches"),
        (thrown: unknown) =>
          log.error(
            { channel: channel.id, err: PlayoutError.from(thrown) },
            "a channel did not stop cleanly",
          ),
      );
    }
  }

  #isToStart(id: number): boolean {
    const isTooSoon = (this.#notBefore.get(id) ?? 0n) > this.#options.host.monotonic();
    return !this.#isClosed && !isTooSoon && this.#isArmed(id);
  }

  #isArmed(id: number): boolean {
    const { channels } = this.#options;
    return channels.isOnDemand(id) && !channels.isStoppedByRequest(id);
  }

  #tableOf(id: number): DemandTable | undefined {
    const { tableOf, log } = this.#options;
    const shown = this.#tables.get(id);
    if (shown !== undefined || tableOf === undefined || this.#blind.has(id)) return shown;
    try {
      const table = tableOf(id);
      this.#tables.set(id, table);
      return table;
    } catch (thrown) {
      this.#blind.add(id);
      log.error(
        { channel: id, err: PlayoutError.from(thrown) },
        "who looks for the channel's bus is not seen; viewers start it all the same",
      );
      return undefined;
    }
  }
}
