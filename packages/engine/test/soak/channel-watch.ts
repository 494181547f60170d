import type { FrameReader } from "@retrovue/core";
import { Elapsed } from "../seams/real-time.ts";

/** Ticks in a millisecond at 30000/1001, the rate of every soaked channel. */
const ticksPerMs = 30 / 1_001;

/** Ten seconds: what belongs to a channel's start. */
const startTicks = 300;

/** How a channel is watched. */
export interface ChannelWatchOptions {
  /** Opens the channel's bus, and waits for it where it is not there. */
  readonly open: (signal: AbortSignal) => Promise<FrameReader | undefined>;
  /** True where somebody takes it off air and puts it on air again: what lies between is no loss then. */
  readonly isCycled: boolean;
  /** Time as it passes, in milliseconds. */
  readonly now?: () => number;
}

/** What an independent reader saw of one channel's bus. */
export class ChannelWatch implements AsyncDisposable {
  ticks = 0;
  /** Ticks that never came: the bus went from one to another that is later than the next. */
  missed = 0;
  /** How often the bus went to a tick that it had shown already, or to one before it. */
  wentBack = 0;
  /** Ticks that this reader came too late for: the campaign's own fault, and none of the engine's. */
  notSeen = 0;
  /** Why the bus could be read no more, each time. */
  readonly breaks: string[] = [];
  /** Ticks that stood in while a channel came on air, by kind and reason: a cold engine that begins all of its channels at once may do so. */
  readonly atStart = new Map<string, number>();
  /** Ticks that stood in afterwards, by kind and reason. */
  readonly standIns = new Map<string, number>();
  /** The first few of them, for who looks into it. */
  readonly firstStandIns: string[] = [];
  segments = 0;
  /** The first tick that was seen, and the last one. */
  first: number | undefined;
  last: number | undefined;
  /** How long the first one took. */
  firstAfterMs = Number.POSITIVE_INFINITY;
  readonly #options: ChannelWatchOptions;
  readonly #now: () => number;
  readonly #stop = new AbortController();
  readonly #following: Promise<void>;
  /** The last tick of which it is known what became of it. */
  #last: number | undefined;
  #sinceStart = 0;
  /** A reader that was opened again begins with the newest tick, which may be the one that was seen last. */
  #isOpenedAgain = false;
  #endedMs: number | undefined;

  constructor(options: ChannelWatchOptions) {
    const elapsed = new Elapsed();
    this.#options = options;
    this.#now = options.now ?? (() => elapsed.ms);
    this.#following = this.#follow();
  }

  /** Ticks of which it is known what became of them. */
  get told(): number {
    return this.ticks + this.missed + this.notSeen;
  }

  /** Ticks that the clock had from the first one to now, or to the end. */
  get elapsedTicks(): number {
    const since = (this.#endedMs ?? this.#now()) - this.firstAfterMs;
    return Math.max(0, Math.round(since * ticksPerMs));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#endedMs ??= this.#now();
    this.#stop.abort();
    await this.#following;
  }

  async #follow(): Promise<void> {
    const { open, isCycled } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const reader = await open(signal).catch(() => undefined);
      if (reader === undefined) continue;
      try {
        if (isCycled) {
          // It goes on where it comes back.
          this.#last = undefined;
          this.#sinceStart = 0;
        }
        this.#isOpenedAgain = true;
        for (;;) this.#take(await reader.next(signal));
      } catch (thrown) {
        if (!signal.aborted) this.breaks.push(`after tick ${this.last}: ${thrown}`);
      } finally {
        await reader[Symbol.asyncDispose]();
      }
    }
  }

  #take(read: Awaited<ReturnType<FrameReader["next"]>>): void {
    if (read.overrun) {
      // From the tick that was wanted to the one that it goes on at.
      this.notSeen += Math.max(0, read.oldest - read.tick);
      this.#last = read.oldest - 1;
      return;
    }
    const { tick, meta } = read;
    read.release();
    if (this.first === undefined) this.firstAfterMs = this.#now();
    this.first ??= tick;
    this.last = tick;
    this.ticks += 1;
    this.#sinceStart += 1;
    if (this.#last !== undefined && tick > this.#last + 1) this.missed += tick - this.#last - 1;
    if (this.#last !== undefined && tick <= this.#last && !this.#isOpenedAgain) this.wentBack += 1;
    this.#isOpenedAgain = false;
    this.#last = tick;
    if (meta.firstOfSegment) this.segments += 1;
    if (meta.standIn === undefined) return;
    const what = `${meta.standIn} ${meta.standInReason}`;
    const isAtStart = this.#sinceStart <= startTicks;
    const counted = isAtStart ? this.atStart : this.standIns;
    counted.set(what, (counted.get(what) ?? 0) + 1);
    if (!isAtStart && this.firstStandIns.length < 12) this.firstStandIns.push(`${tick} ${what}`);
  }
}
