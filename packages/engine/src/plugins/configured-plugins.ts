import { basename } from "node:path";
import type { PlayoutConfig } from "../config/playout-config.js";
import { builtInClocks } from "../config/schema/config-schema.js";
import type { PluginUse } from "./load-plugin.js";

type UseOf<Port extends PluginUse["port"]> = PluginUse & { readonly port: Port };

/** All uses of plugins in a configuration, by port. */
export interface ConfiguredPlugins {
  /** Undefined where the clock is one of the engine's own. */
  readonly clock: UseOf<"clock"> | undefined;
  readonly frameBus: UseOf<"frameBus">;
  /** In the order of the configuration, which settles equal scores. */
  readonly decoders: readonly UseOf<"decoder">[];
  readonly conformer: UseOf<"conformer">;
  readonly renderer: UseOf<"renderer">;
  readonly transports: readonly UseOf<"transport">[];
}

/** Reads a configuration for the plugins that it names. Loads none. */
export function configuredPlugins(config: PlayoutConfig): ConfiguredPlugins {
  const file = config.file === undefined ? "the configuration" : basename(config.file);
  const useOf = <Port extends PluginUse["port"]>(
    port: Port,
    path: string,
    { use, options }: { readonly use: string; readonly options: Readonly<Record<string, unknown>> },
  ): UseOf<Port> => ({ port, use, options, place: `${file}: ${path}` });
  const isBuiltIn = builtInClocks.some((name) => name === config.clock.use);
  return {
    clock: isBuiltIn ? undefined : useOf("clock", "clock", config.clock),
    frameBus: useOf("frameBus", "frameBus", config.frameBus),
    decoders: config.decoders.map((decoder, index) => useOf("decoder", `decoders[${index}]`, decoder)),
    conformer: useOf("conformer", "conformer", config.conformer),
    renderer: useOf("renderer", "renderer", config.renderer),
    transports: config.transports.map((transport, index) =>
      useOf("transport", `transports[${index}]`, transport),
    ),
  };
}

/** The same as one list, in the order of the configuration's sections. */
export const pluginUses = (plugins: ConfiguredPlugins): readonly PluginUse[] => [
  ...(plugins.clock === undefined ? [] : [plugins.clock]),
  plugins.frameBus,
  ...plugins.decoders,
  plugins.conformer,
  plugins.renderer,
  ...plugins.transports,
];
