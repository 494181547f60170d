import type { Event } from "@retrovue/protocol/browser";
import { Backoff, type BackoffOptions, pause } from "./backoff.js";
import { isTransient } from "./engine-failure.js";
import type { PlayoutClient } from "./playout-client.js";

/** What to follow, and from where. */
export interface FollowOptions extends BackoffOptions {
  /** Only these channels; not said: all. */
  readonly channelIds?: readonly number[];
  /** The last event that the caller has seen; not said: what happens from now on. */
  readonly after?: { readonly runId: string; readonly sequence: bigint };
  /** How often the engine says that nothing happened, milliseconds, 1 000 to 60 000. Default 10 000. */
  readonly heartbeatMs?: number;
  readonly signal: AbortSignal;
  /** Told each time that the connection is lost, with what it was lost by. */
  readonly onLost?: (thrown: unknown) => void;
}

/** An event, or the news that some are gone and the state is to be read anew. */
export type FollowedEvent = Event;

/** Without a word for so many heartbeats the engine is taken for gone. */
const missedHeartbeats = 3;

/** A stream that was cut off for reading slowly is resumed like one that broke. */
const cutOff = 8;

/**
 * Follows an engine's events for as long as the signal lets it: reconnects with growing waits, and resumes after the last event or
 * heartbeat seen, so that none is lost or doubled. `events_lost` comes where the engine no longer has some, or was restarted; heartbeats
 * and `watch_started` are kept to itself. Rejects with failures that reconnecting cannot mend.
 */
export async function* followEvents(
  { status }: Pick<PlayoutClient, "status">,
  options: FollowOptions,
): AsyncGenerator<FollowedEvent, void> {
  const { signal, channelIds = [], heartbeatMs = 10_000, onLost } = options;
  const backoff = new Backoff(options);
  let after = options.after;
  while (!signal.aborted) {
    const silence = new Silence(heartbeatMs * missedHeartbeats);
    try {
      const stream = status.watchEvents(
        {
          channelIds: [...channelIds],
          heartbeatInterval: {
            seconds: BigInt(Math.floor(heartbeatMs / 1_000)),
            nanos: (heartbeatMs % 1_000) * 1_000_000,
          },
          ...(after && { runId: after.runId, afterSequence: after.sequence }),
        },
        { signal: AbortSignal.any([signal, silence.signal]) },
      );
      for await (const event of stream) {
        silence.broken();
        backoff.reset();
        const kind = event.event.case;
        // From here on a reconnection resumes, though nothing happened yet.
        if (kind === "watchStarted") after ??= { runId: event.runId, sequence: event.sequence };
        // All before a heartbeat has come, and what of it is of other channels need not be kept for us.
        if (kind === "heartbeat") after = { runId: event.runId, sequence: event.sequence };
        if (kind === "watchStarted" || kind === "heartbeat") continue;
        if (kind === "eventsLost") {
          const { otherRun, sequenceTo } = event.event.value;
          after = { runId: event.runId, sequence: otherRun ? 0n : sequenceTo };
        } else {
          after = { runId: event.runId, sequence: event.sequence };
        }
        yield event;
      }
    } catch (thrown) {
      if (signal.aborted) return;
      if (!silence.signal.aborted && !isTransient(thrown) && !isCutOff(thrown)) throw thrown;
      onLost?.(thrown);
    } finally {
      silence.end();
    }
    await pause(backoff.next(), signal);
  }
}

const isCutOff = (thrown: unknown): boolean =>
  typeof thrown === "object" && thrown !== null && "code" in thrown && thrown.code === cutOff;

/** Aborts when nothing was heard for a while. */
class Silence {
  readonly #gone = new AbortController();
  readonly #ms: number;
  #timer: NodeJS.Timeout;

  constructor(ms: number) {
    this.#ms = ms;
    this.#timer = this.#wait();
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  broken(): void {
    clearTimeout(this.#timer);
    this.#timer = this.#wait();
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #wait(): NodeJS.Timeout {
    return setTimeout(() => this.#gone.abort(), this.#ms);
  }
}
