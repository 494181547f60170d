import {
  type Clock,
  DisciplinedClock,
  type HostTime,
  ManualClock,
  type PluginContext,
  SystemClock,
} from "@retrovue/core";
import type { PlayoutConfig } from "../config/playout-config.js";
import { loadPlugin, type PluginUse } from "../plugins/load-plugin.js";

/**
 * The clock that the configuration names: the host's, the scheduler's, one that moves when told (it begins at the host's UTC), or
 * a plugin's. The caller closes it, if it is `Disposable`.
 *
 * @param use undefined where the clock is one of the engine's own
 */
export async function configuredClock(
  config: PlayoutConfig,
  use: (PluginUse & { readonly port: "clock" }) | undefined,
  host: HostTime,
  context: PluginContext,
): Promise<Clock & Partial<Disposable>> {
  if (use !== undefined) return await (await loadPlugin(use, config.folder)).create(context, {});
  if (config.clock.use === "manual") return new ManualClock(host.utc());
  return config.clock.use === "master" ? new DisciplinedClock(host) : new SystemClock(host);
}
