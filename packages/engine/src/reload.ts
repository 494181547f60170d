import { orAbort, PlayoutError } from "@retrovue/core";
import type { ChannelRegistry } from "./channels/channel-registry.js";
import type { Slates } from "./channels/slates.js";
import { type ConfigChange, compareConfigs } from "./config/config-change.js";
import type { PlayoutConfig } from "./config/playout-config.js";
import { type Log, setLogLevel } from "./log/log.js";
import type { ChannelPorts } from "./outputs/channel-ports.js";
import type { PlanResolver } from "./plans/plan-resolver.js";

/** What a reload acts on. */
export interface ReloadDeps {
  readonly channels: ChannelRegistry;
  readonly ports: ChannelPorts;
  readonly resolver: PlanResolver;
  readonly slates: Slates;
  /** The handle that a running channel's plan came from; anything else where a request gave it. */
  readonly sourceOf: (id: number) => string | undefined;
  readonly log: Log;
  /** Ends when the engine does. */
  readonly signal: AbortSignal;
  /** Aborts when the reload has taken too long: what is not done is told and left to itself. */
  readonly late: AbortSignal;
}

/**
 * Brings a running engine in line with another reading of its configuration: channels that are new begin, those that are gone
 * end, those that ran on demand and are to run always begin, and each one that stays on its configured plan gets it anew, laid around what is on air (a plan file whose content changed
 * included); one that a scheduler feeds is left to it unless the configuration names another plan than before.
 * What cannot change while the engine runs is named and left; a start that waits for files that do not answer is tried again. Never rejects: one channel's failure is told and touches no other.
 *
 * @returns what holds from now on, to compare the next reading with
 */
export async function reload(
  running: PlayoutConfig,
  wanted: PlayoutConfig,
  deps: ReloadDeps,
): Promise<PlayoutConfig> {
  const { channels, ports, resolver, slates, log } = deps;
  const change = compareConfigs(running, wanted);
  setLogLevel(log, wanted.telemetry.log.level);
  resolver.setPlans(wanted.plans);
  channels.setConfigured(wanted.channels);
  void slates.prepare(wanted.channels);
  await attempt({}, "ports not all changed", deps, () => ports.setConfigured(wanted.channels));
  await Promise.all([
    ...change.removed.map(({ id }) =>
      attempt({ channel: id }, "channel not stopped", deps, () => channels.stop(id, "configuration")),
    ),
    // Those that ran on demand would have to wait for viewers, whom nobody looks for any more.
    ...[...change.added, ...change.alwaysOn.filter(({ id }) => !channels.isStoppedByRequest(id))].map(
      (channel) =>
        attempt({ channel: channel.id }, "channel not started", deps, () =>
          channels.startConfigured([channel]),
        ),
    ),
    ...wanted.channels
      .filter(({ id }) => running.channels.some((old) => old.id === id))
      .filter(({ id, plan }) => deps.sourceOf(id) === plan || change.replanned.some((one) => one.id === id))
      .map(({ id, plan }) => replan(id, plan, deps)),
  ]);
  tell(change, log);
  return {
    ...running,
    plans: wanted.plans,
    channels: wanted.channels,
    telemetry: { ...running.telemetry, log: { ...running.telemetry.log, level: wanted.telemetry.log.level } },
  };
}

async function replan(id: number, plan: string | undefined, deps: ReloadDeps): Promise<void> {
  const { channels, signal, late } = deps;
  if (plan === undefined || channels.running(id) === undefined) return;
  // Given up with the reload: another one may know better by then.
  const either = AbortSignal.any([signal, late]);
  await attempt({ channel: id }, "channel not given its plan", deps, () =>
    channels.update(id, plan, "configuration", either),
  );
}

async function attempt(
  whose: { readonly channel?: number },
  what: string,
  { log, signal, late }: ReloadDeps,
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await orAbort(work(), late);
  } catch (thrown) {
    if (!signal.aborted) log.error({ ...whose, err: PlayoutError.from(thrown) }, `reload: ${what}`);
  }
}

function tell({ added, removed, replanned, atNextStart, refused }: ConfigChange, log: Log): void {
  const ids = (channels: readonly { readonly id: number }[]) => channels.map(({ id }) => id);
  if (refused.length > 0) log.warn({ refused }, "these need a restart of the engine and stay as they were");
  if (atNextStart.length > 0) log.warn({ atNextStart }, "these hold from the channel's next start on");
  log.info(
    { added: ids(added), removed: ids(removed), replanned: ids(replanned), refused: refused.length },
    "configuration reloaded",
  );
}
