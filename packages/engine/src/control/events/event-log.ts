import { create } from "@bufbuild/protobuf";
import { type Nanoseconds, PlayoutError, type Tick, type Timer, WakeList } from "@retrovue/core";
import {
  type Event,
  EventSchema,
  EventsLostSchema,
  HeartbeatSchema,
  timestampToWire,
  WatchStartedSchema,
} from "@retrovue/protocol";

/** What an event says besides who, where and when. */
export type EventBody = Exclude<Event["event"], { case: undefined }>;

/** Something that happened, as it is handed in. */
export interface Happening {
  /** 0 for the engine as a whole. */
  readonly channelId: number;
  readonly body: EventBody;
  readonly tick?: Tick;
  /** When, in house time; not said: now. */
  readonly at?: Nanoseconds;
  /** Revision of the plan that the channel followed. */
  readonly planRevision?: number;
  /** Of the call that caused it. */
  readonly correlationId?: string;
}

/** What a watch asks for. */
export interface WatchOrder {
  /** Only these channels; empty for all. */
  readonly channelIds: ReadonlySet<number>;
  /** Begin after this event of that run; undefined: with the next one that happens. */
  readonly after: { readonly runId: string; readonly sequence: number } | undefined;
  readonly heartbeatNs: Nanoseconds;
}

/** What an event log works with. */
export interface EventLogOptions {
  /** Names this run of the engine. */
  readonly runId: string;
  readonly now: () => Nanoseconds;
  readonly timer: Timer;
  /** Events that are kept for those who come back, and so for those who read slowly. Default 10 000. */
  readonly keptMax?: number;
}

/** At some 200 bytes an event, 2 MB; an hour of ten channels whose segments last 30 s and fail now and then. */
const keptMaxDefault = 10_000;

/** Watches at one time. */
const watchesMax = 256;

/**
 * The engine's events: numbered from 1, the newest kept for those who come back. A watch reads along behind the newest; one that
 * falls so far behind that what it needs is gone is cut off with `LimitExceeded`, and resumes.
 */
export class EventLog {
  readonly #options: EventLogOptions;
  readonly #kept: Event[] = [];
  readonly #keptMax: number;
  /** Number of the newest event. */
  #newest = 0;
  readonly #news = new WakeList();
  #watches = 0;

  constructor(options: EventLogOptions) {
    this.#options = options;
    this.#keptMax = options.keptMax ?? keptMaxDefault;
  }

  get runId(): string {
    return this.#options.runId;
  }

  /** Number of the newest event; 0 where none happened. */
  get sequence(): number {
    return this.#newest;
  }

  /** Notes what happened and tells those who watch. */
  append(happening: Happening): void {
    this.#newest += 1;
    this.#kept.push(this.#message(happening, this.#newest));
    if (this.#kept.length > this.#keptMax) this.#kept.shift();
    this.#news.wake();
  }

  /** Follows what happens until the signal aborts. `LimitExceeded` for one watch too many, and for one that reads too slowly. */
  async *watch(order: WatchOrder, signal: AbortSignal): AsyncIterable<Event> {
    if (this.#watches >= watchesMax) {
      throw new PlayoutError("LimitExceeded", `${watchesMax} watches follow the events already.`);
    }
    this.#watches += 1;
    try {
      yield* this.#follow(order, signal);
    } finally {
      this.#watches -= 1;
    }
  }

  async *#follow(order: WatchOrder, signal: AbortSignal): AsyncIterable<Event> {
    const { after, channelIds, heartbeatNs } = order;
    const isWanted = ({ channelId }: Event) =>
      channelIds.size === 0 || channelId === 0 || channelIds.has(channelId);
    let next = this.#newest + 1;
    const lost = after && this.#lostSince(after);
    if (after !== undefined) next = lost === undefined ? after.sequence + 1 : this.#oldest;
    yield this.#aside({
      case: "watchStarted",
      value: create(WatchStartedSchema, {
        sequenceOldest: BigInt(this.#kept.length === 0 ? 0 : this.#oldest),
      }),
    });
    if (lost !== undefined) yield this.#aside({ case: "eventsLost", value: lost });
    using silence = new Silence(this.#options.timer, heartbeatNs);
    while (!signal.aborted) {
      if (next > this.#newest) {
        // Only here, where all before its number has been sent: whoever comes back after it misses nothing.
        if (silence.isOver) {
          silence.broken();
          yield this.#aside({ case: "heartbeat", value: create(HeartbeatSchema) });
        } else await this.#news.next(signal, (end) => silence.wait(end));
        continue;
      }
      if (next < this.#oldest) {
        throw new PlayoutError(
          "LimitExceeded",
          "The watch read too slowly: events that it had not read are gone.",
          {
            remedy: "Watch again after the last event that was read.",
            details: { sequence: next - 1 },
          },
        );
      }
      const event = this.#kept[next - this.#oldest];
      next += 1;
      if (event === undefined || !isWanted(event)) continue;
      silence.broken();
      yield event;
    }
  }

  /** Number of the oldest kept event. */
  get #oldest(): number {
    return this.#newest - this.#kept.length + 1;
  }

  /** What of the events that a caller wants is gone. */
  #lostSince({ runId, sequence }: { readonly runId: string; readonly sequence: number }) {
    // A number that was never given is of another run as well, whatever the caller says.
    if (runId !== this.runId || sequence > this.#newest) return create(EventsLostSchema, { otherRun: true });
    if (sequence + 1 >= this.#oldest) return undefined;
    return create(EventsLostSchema, {
      sequenceFrom: BigInt(sequence + 1),
      sequenceTo: BigInt(this.#oldest - 1),
    });
  }

  /** A message of the watch itself: it carries the newest event's number and counts for none. */
  #aside(body: EventBody): Event {
    return this.#message({ channelId: 0, body }, this.#newest);
  }

  #message(happening: Happening, sequence: number): Event {
    const {
      channelId,
      body,
      tick,
      at = this.#options.now(),
      planRevision = 0,
      correlationId = "",
    } = happening;
    return create(EventSchema, {
      runId: this.runId,
      sequence: BigInt(sequence),
      at: timestampToWire(at),
      channelId,
      ...(tick !== undefined && { tick: BigInt(tick) }),
      planRevision: BigInt(planRevision),
      correlationId,
      event: body,
    });
  }
}

/** How long a watch was sent nothing: events that it does not want break no silence. Counted from the first wait after a message. */
class Silence implements Disposable {
  readonly #timer: Timer;
  readonly #longestNs: Nanoseconds;
  #running: Disposable | undefined;
  #isOver = false;
  #wake: () => void = () => {};

  constructor(timer: Timer, longestNs: Nanoseconds) {
    this.#timer = timer;
    this.#longestNs = longestNs;
  }

  /** True where it has lasted long enough. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Goes on, and tells when it is over, in place of what was told before. */
  wait(wake: () => void): void {
    this.#wake = wake;
    this.#running ??= this.#timer.after(this.#longestNs, () => {
      this.#isOver = true;
      this.#wake();
    });
  }

  /** A message is sent. */
  broken(): void {
    this.#running?.[Symbol.dispose]();
    this.#running = undefined;
    this.#isOver = false;
  }

  [Symbol.dispose](): void {
    this.broken();
  }
}
