import { type Clock, type Nanoseconds, PlayoutError, retryAfter } from "@retrovue/core";
import { beginsWithEngine, type ChannelConfig } from "../config/playout-config.js";
import type { Log } from "../log/log.js";
import type { ChannelRegistry } from "./channel-registry.js";

/** What channels are started with that begin with the engine, or with a reload. */
export interface ConfiguredStartsOptions {
  readonly channels: readonly ChannelConfig[];
  readonly registry: Pick<ChannelRegistry, "start" | "running" | "configOf" | "isStoppedByRequest">;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends when the engine does. */
  readonly signal: AbortSignal;
}

/**
 * Starts the channels that begin with the engine, side by side. One that cannot start is told and left, but where a file system does
 * not answer it is tried again until it does. Resolves when each has started or failed once; never rejects.
 */
export async function startConfigured(options: ConfiguredStartsOptions): Promise<void> {
  const { channels, log, signal } = options;
  await Promise.all(
    channels.filter(beginsWithEngine).map(async ({ id, plan }) => {
      const error = await startOne(id, options);
      if (error === undefined || signal.aborted) return;
      log.error({ channel: id, plan, err: error }, "channel not started");
      if (isTriedAgain(error)) void startOnceItAnswers(id, options);
    }),
  );
}

/** Files that do not answer yet; and a start that this one joined, whose caller left. */
const isTriedAgain = ({ code }: PlayoutError): boolean => code === "Timeout" || code === "Cancelled";

/** Gives what kept it from starting. */
async function startOne(
  id: number,
  { registry, log }: ConfiguredStartsOptions,
): Promise<PlayoutError | undefined> {
  try {
    const { onSlate } = await registry.start(id, { withEngine: true });
    const plan = registry.configOf(id)?.plan;
    if (onSlate) log.error({ channel: id, plan, err: onSlate }, "plan not resolved; the channel airs slate");
    return undefined;
  } catch (thrown) {
    return PlayoutError.from(thrown);
  }
}

/** Until it runs, something else keeps it from running, or nobody wants it to any more. */
async function startOnceItAnswers(id: number, options: ConfiguredStartsOptions): Promise<void> {
  const { registry, clock, log, signal } = options;
  for (let failures = 1; ; failures++) {
    const at = (clock.now() + retryAfter(failures).afterNs) as Nanoseconds;
    await clock.sleepUntil(at, signal).catch(() => {});
    const channel = registry.configOf(id);
    if (signal.aborted || channel === undefined || !beginsWithEngine(channel)) return;
    if (registry.running(id) !== undefined || registry.isStoppedByRequest(id)) return;
    const error = await startOne(id, options);
    // That it still does not answer was told.
    if (error !== undefined && isTriedAgain(error)) continue;
    if (error !== undefined && !signal.aborted) log.error({ channel: id, err: error }, "channel not started");
    return;
  }
}
