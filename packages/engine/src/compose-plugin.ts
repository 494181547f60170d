import type { HostTime, PluginContext, PluginFolders, PortName, PortTypes } from "@retrovue/core";
import type { PlayoutConfig } from "./config/playout-config.js";
import { type Log, pluginLog } from "./log/log.js";
import type { FileCalls } from "./media/file-calls.js";
import { loadPlugin, type PluginUse } from "./plugins/load-plugin.js";
import { foldersFor } from "./plugins/plugin-folders.js";
import type { Teardown } from "./teardown.js";

/** What an engine is composed of besides its configuration. */
export interface CompositionInput {
  readonly config: PlayoutConfig;
  readonly host: HostTime;
  readonly log: Log;
  /** Who asks for files that may not answer, shared by all in this process. Default: one of the engine's own. */
  readonly files?: FileCalls | undefined;
  /** Everything that is opened is registered here at once, so that a composition that fails half-way can be closed. */
  readonly teardown: Teardown;
}

/** What each plugin is given; its log names it. */
export const contextsOf =
  (config: PlayoutConfig, log: Log, all?: PluginFolders) =>
  (plugin: string): PluginContext => {
    const folders = foldersFor(all, plugin);
    return {
      log: pluginLog(log, plugin),
      configFolder: config.folder,
      mediaRoots: config.media.roots,
      protocols: config.media.protocols,
      ...(folders && { folders }),
    };
  };

/** Loads a plugin, makes its port, and sees to it that it is closed. */
export async function opened<Port extends PortName>(
  { config, log, teardown }: CompositionInput,
  use: PluginUse & { readonly port: Port },
  ports: Partial<PortTypes>,
): Promise<PortTypes[Port]> {
  const loaded = await loadPlugin(use, config.folder);
  const port = await loaded.create(contextsOf(config, log)(use.use), ports);
  teardown.add("decoders", use.place, async () => {
    const { [Symbol.asyncDispose]: closeSoon, [Symbol.dispose]: close } = port as Partial<
      AsyncDisposable & Disposable
    >;
    if (closeSoon) await closeSoon.call(port);
    else close?.call(port);
  });
  return port;
}
