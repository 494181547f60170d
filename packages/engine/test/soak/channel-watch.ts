import type { FrameReader } from "@retrovue/core";

/** Ten seconds: what belongs to a channel's start. */
const startTicks = 300;

/** What an independent reader saw of one channel's bus. */
export class ChannelWatch implements AsyncDisposable {
  ticks = 0;
  /** Ticks that never came: the bus went from one to another that is not the next. */
  missed = 0;
  /** Ticks that this reader came too late for: the campaign's own fault, and none of the engine's. */
  notSeen = 0;
  /** Ticks that stood in while a channel came on air: a cold engine that begins all of its channels at once may do so. */
  atStart = 0;
  /** Ticks that stood in afterwards, by kind and reason. */
  readonly standIns = new Map<string, number>();
  /** The first few of them, for who looks into it. */
  readonly firstStandIns: string[] = [];
  segments = 0;
  readonly #stop = new AbortController();
  readonly #following: Promise<void>;
  #last: number | undefined;
  #sinceStart = 0;

  /** @param open opens the channel's bus, and waits for it where it is not there */
  constructor(open: (signal: AbortSignal) => Promise<FrameReader | undefined>) {
    this.#following = this.#follow(open);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#following;
  }

  async #follow(open: (signal: AbortSignal) => Promise<FrameReader | undefined>): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const reader = await open(signal).catch(() => undefined);
      if (reader === undefined) continue;
      try {
        // A channel that was off air goes on where it comes back.
        this.#last = undefined;
        this.#sinceStart = 0;
        for (;;) this.#take(await reader.next(signal));
      } catch {
        // The channel went off air, or the campaign ends.
      } finally {
        await reader[Symbol.asyncDispose]();
      }
    }
  }

  #take(read: Awaited<ReturnType<FrameReader["next"]>>): void {
    if (read.overrun) {
      this.#last = undefined;
      this.notSeen += 1;
      return;
    }
    const { tick, meta } = read;
    read.release();
    this.ticks += 1;
    this.#sinceStart += 1;
    if (this.#last !== undefined && tick !== this.#last + 1) this.missed += tick - this.#last - 1;
    this.#last = tick;
    if (meta.firstOfSegment) this.segments += 1;
    if (meta.standIn === undefined) return;
    if (this.#sinceStart <= startTicks) {
      this.atStart += 1;
      return;
    }
    const what = `${meta.standIn} ${meta.standInReason}`;
    this.standIns.set(what, (this.standIns.get(what) ?? 0) + 1);
    if (this.firstStandIns.length < 12) this.firstStandIns.push(`${tick} ${what}`);
  }
}
