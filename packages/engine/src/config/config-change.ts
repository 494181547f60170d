import { isDeepStrictEqual } from "node:util";
import { beginsWithEngine, type ChannelConfig, type PlayoutConfig } from "./playout-config.js";

/** What another reading of the configuration says otherwise, sorted by what can be done about it while the engine runs. */
export interface ConfigChange {
  readonly added: readonly ChannelConfig[];
  readonly removed: readonly ChannelConfig[];
  /** Channels that play something else; their other settings may differ too. */
  readonly replanned: readonly ChannelConfig[];
  /** Channels that stay, and from now on run without anyone's asking. */
  readonly alwaysOn: readonly ChannelConfig[];
  /** Settings of channels that stay, by path, as `channels[id=1].format`: they hold from the channel's next start on. */
  readonly atNextStart: readonly string[];
  /** Paths of values that need a restart of the engine, as `engine.dataDir`. */
  readonly refused: readonly string[];
}

/** Not a value of the file, or put into each channel already. */
const notCompared: ReadonlySet<string> = new Set(["file", "folder", "channels", "plans", "defaults"]);

/** What takes effect at once, and so is no matter of the next start. */
const atOnce: ReadonlySet<string> = new Set(["id", "plan", "port", "run", "autostart"]);

/** Compares the configuration that an engine runs with a newer one. Pure. */
export function compareConfigs(running: PlayoutConfig, wanted: PlayoutConfig): ConfigChange {
  const before = new Map(running.channels.map((channel) => [channel.id, channel]));
  const after = new Map(wanted.channels.map((channel) => [channel.id, channel]));
  const staying = wanted.channels.flatMap((channel) => {
    const old = before.get(channel.id);
    return old === undefined ? [] : [{ old, channel }];
  });
  return {
    added: wanted.channels.filter(({ id }) => !before.has(id)),
    removed: running.channels.filter(({ id }) => !after.has(id)),
    replanned: staying
      .filter(({ old, channel }) => targetOf(running, old) !== targetOf(wanted, channel))
      .map(({ channel }) => channel),
    alwaysOn: staying
      .filter(({ old, channel }) => beginsWithEngine(channel) && !beginsWithEngine(old))
      .map(({ channel }) => channel),
    atNextStart: staying.flatMap(({ old, channel }) =>
      keysOf(old, channel)
        .filter((key) => !atOnce.has(key) && !isDeepStrictEqual(at(old, key), at(channel, key)))
        .map((key) => `channels[id=${channel.id}].${key}`),
    ),
    refused: keysOf(running, wanted)
      .filter((key) => !notCompared.has(key))
      .flatMap((key) => differing(at(running, key), at(wanted, key), key))
      .filter((path) => path !== "telemetry.log.level"),
  };
}

/** What a channel's plan stands for, so that a name that means another file now counts as another plan. */
const targetOf = ({ plans }: PlayoutConfig, { plan }: ChannelConfig): string | undefined =>
  plan !== undefined && Object.hasOwn(plans, plan) ? `${plan} ${plans[plan]}` : plan;

/** Paths of the innermost values that differ; a list counts as one value. */
function differing(before: unknown, after: unknown, path: string): string[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isSection(before) || !isSection(after)) return [path];
  return keysOf(before, after).flatMap((key) => differing(at(before, key), at(after, key), `${path}.${key}`));
}

const isSection = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const keysOf = (a: object, b: object): string[] => [...new Set([...Object.keys(a), ...Object.keys(b)])];

const at = (section: object, key: string): unknown => (section as Readonly<Record<string, unknown>>)[key];
