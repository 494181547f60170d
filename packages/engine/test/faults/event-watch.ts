import { connect } from "@retrovue/client";
import { type Event, ProcessKind, standInKinds, standInReasonTable } from "@retrovue/protocol";
import type { TickWatch } from "./tick-watch.ts";

/** A worker was replaced, as the engine's events tell it. */
export interface ReplacedEvent {
  readonly channel: number;
  readonly cause: string;
  readonly pidFrom: number;
  readonly barred: string;
}

/** Something stood in: from a tick on, as `hold late`, up to another one where it is over. */
interface Episode {
  readonly from: number;
  readonly what: string;
  end: number;
}

/** Follows an engine's events on one connection, as a client does that must miss none. */
export class EventWatch implements AsyncDisposable {
  readonly faults: string[] = [];
  /** Workers that were replaced, the first one first. */
  readonly replaced: ReplacedEvent[] = [];
  readonly episodes: Episode[] = [];
  readonly #leave = new AbortController();
  readonly #client;
  readonly #opened = Promise.withResolvers<void>();
  readonly #following: Promise<void>;
  #sequence = 0n;

  private constructor(control: string) {
    this.#client = connect(`http://${control}`);
    this.#following = this.#follow();
  }

  /** Resolves when the engine says that whatever happens from now on will come. */
  static async open(control: string): Promise<EventWatch> {
    const watch = new EventWatch(control);
    await watch.#opened.promise;
    return watch;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#leave.abort();
    await this.#following;
    this.#client.close();
  }

  async #follow(): Promise<void> {
    const { signal } = this.#leave;
    try {
      for await (const event of this.#client.status.watchEvents({}, { signal })) this.#take(event);
      if (!signal.aborted) this.faults.push("the events ended");
    } catch (thrown) {
      if (!signal.aborted) this.faults.push(`the events broke off: ${thrown}`);
      this.#opened.reject(thrown);
    }
  }

  #take({ channelId: channel, sequence, tick, event: { case: kind, value } }: Event): void {
    if (kind === "watchStarted") {
      this.#sequence = sequence;
      this.#opened.resolve();
      return;
    }
    if (kind === "heartbeat") return;
    if (kind === "eventsLost" || sequence !== this.#sequence + 1n)
      this.faults.push(`after event ${this.#sequence} came ${sequence}, ${kind}`);
    this.#sequence = sequence;
    if (kind === "workerReplaced") {
      const { process, cause, pidFrom, quarantinedUri: barred } = value;
      if (process === ProcessKind.WORKER) this.replaced.push({ channel, cause, pidFrom, barred });
    }
    const at = Number(tick ?? 0n);
    const last = this.episodes.at(-1);
    if (kind === "standInBegan") {
      if (last !== undefined && last.end > at) last.end = at;
      const what = `${standInKinds.numbers[value.kind]} ${standInReasonTable.numbers[value.reason]}`;
      this.episodes.push({ from: at, what, end: Number.POSITIVE_INFINITY });
    }
    if (kind === "standInEnded" && last !== undefined) {
      last.end = at;
      if (Number(value.ticks) !== at - last.from)
        this.faults.push(
          `what stood in from ${last.from} to ${at} is told to have taken ${value.ticks} ticks`,
        );
    }
  }
}

/**
 * Holds what events tell of stand-ins against what a reader saw after a tick: an episode is each of its ticks, and begins as its first one
 * does. What differs, in words.
 */
export function episodeFaults(
  watch: TickWatch,
  after: number,
  episodes: readonly Episode[],
): readonly string[] {
  const faults: string[] = [];
  const told = new Set<number>();
  for (const { from, what, end } of episodes.filter((one) => one.from > after)) {
    for (let tick = from; tick < end && tick <= watch.last; tick++) told.add(tick);
    const seen = watch.standIns.get(from);
    if (from <= watch.last && seen !== what)
      faults.push(`at ${from} the events have ${what} begin, and the bus has ${seen}`);
  }
  const seen = new Set([...watch.standIns.keys()].filter((tick) => tick > after));
  const [first] = [...told.symmetricDifference(seen)].sort((a, b) => a - b);
  if (first !== undefined)
    faults.push(`tick ${first} stood in by the ${told.has(first) ? "events" : "bus"} alone`);
  return faults;
}
