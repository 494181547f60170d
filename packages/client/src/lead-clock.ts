import type { ExchangeResponse } from "@retrovue/protocol/browser";
import { Backoff, type BackoffOptions, pause } from "./backoff.js";
import { isTransient } from "./engine-failure.js";
import type { PlayoutClient } from "./playout-client.js";

/** Who leads, and by which clock. */
export interface LeadOptions extends BackoffOptions {
  /** The master's name; the same for the master's whole life. */
  readonly masterId: string;
  /** The master's time, nanoseconds since the Unix epoch; read right before a call is sent and right after its answer. */
  readonly now: () => bigint;
  readonly signal: AbortSignal;
  /** Told each answer: how well the engine follows. */
  readonly onAnswer?: (answer: ExchangeResponse) => void;
  readonly onLost?: (thrown: unknown) => void;
}

/** An engine that says nothing about the next call is called at this pace, milliseconds. */
const paceMs = 1_000;

/**
 * Leads an engine's clock (`clock: { use: master }`) until the signal aborts: makes exchange after exchange at the pace that the
 * engine asks for, and goes on when the engine comes back. Rejects with failures that calling again cannot mend, such as an engine
 * whose clock follows something else.
 */
export async function leadClock(
  { clock }: Pick<PlayoutClient, "clock">,
  options: LeadOptions,
): Promise<void> {
  const { masterId, now, signal, onAnswer, onLost } = options;
  const backoff = new Backoff(options);
  // Numbers must grow over restarts of the master under the same name, so they begin at its time.
  let sequence = now() / 1_000_000n;
  let previous: { readonly sequence: bigint; readonly masterReceiveNs: bigint } | undefined;
  let runId: string | undefined;
  while (!signal.aborted) {
    sequence += 1n;
    try {
      const request = { masterId, sequence, masterSendNs: now(), ...(previous && { previous }) };
      const answer = await clock.exchange(request, { signal });
      const masterReceiveNs = now();
      // An engine that was restarted knows nothing of the call before.
      previous = runId === undefined || runId === answer.runId ? { sequence, masterReceiveNs } : undefined;
      runId = answer.runId;
      backoff.reset();
      onAnswer?.(answer);
      const { nextIn } = answer;
      await pause(
        nextIn === undefined ? paceMs : Number(nextIn.seconds) * 1_000 + nextIn.nanos / 1_000_000,
        signal,
      );
    } catch (thrown) {
      if (signal.aborted) return;
      if (!isTransient(thrown)) throw thrown;
      previous = undefined;
      onLost?.(thrown);
      await pause(backoff.next(), signal);
    }
  }
}
