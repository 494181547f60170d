import { pathToFileURL } from "node:url";
import {
  admitOptions,
  admitPlugin,
  PlayoutError,
  type Plugin,
  type PluginContext,
  type PortName,
  type PortTypes,
  type Provision,
  provisionOf,
} from "@retrovue/core";
import { findPlugin } from "./plugin-file.js";

/** One use of a plugin, as the configuration has it. Plain values: it may cross to another process. */
export interface PluginUse {
  readonly port: PortName;
  /** Name of a package, or an absolute path. */
  readonly use: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Where the configuration says so, for people: "playout.yaml: decoders[0]". */
  readonly place: string;
}

/** A plugin that was admitted for one port, its options checked. Nothing of it has been made yet. */
export interface LoadedPlugin<Port extends PortName = PortName> {
  readonly use: PluginUse;
  readonly plugin: Plugin;
  readonly version: string | undefined;
  readonly file: string;
  /** Makes the port. What it returns is the caller's to close. */
  create(context: PluginContext, ports: Partial<PortTypes>): Promise<PortTypes[Port]>;
}

/**
 * Loads what the configuration names at one place, and nothing else.
 *
 * Errors name the place: `PluginNotFound` (not installed, or its module fails while it loads), `PluginInvalid`,
 * `PluginContract`, and `InvalidConfig` for its options.
 *
 * @param folder of the configuration file: packages are looked for from there first
 */
export async function loadPlugin<Port extends PortName>(
  use: PluginUse & { readonly port: Port },
  folder: string,
): Promise<LoadedPlugin<Port>> {
  try {
    const { file, version } = findPlugin(use.use, folder);
    const plugin = admitPlugin(await defaultExportOf(file, use.use), use.use);
    const provision = provisionOf(plugin, use.port, use.use);
    const options = admitOptions(provision, use.options, use.use);
    return {
      use,
      plugin,
      version,
      file,
      create: (context, ports) => createPort<Port>(use, provision, options, context, ports),
    };
  } catch (thrown) {
    throw atPlace(thrown, use);
  }
}

/** Sees that a plugin's module is there, without loading it. `PluginNotFound` naming its place. */
export function findConfiguredPlugin(use: PluginUse, folder: string): void {
  try {
    findPlugin(use.use, folder);
  } catch (thrown) {
    throw atPlace(thrown, use);
  }
}

async function defaultExportOf(file: string, use: string): Promise<unknown> {
  try {
    const loaded: unknown = await import(/* @vite-ignore */ pathToFileURL(file).href);
    return (loaded as { readonly default?: unknown }).default;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PlayoutError("PluginNotFound", `Plugin ${use} does not load: ${why}`, {
      cause,
      remedy: "Install what it needs, build it, or name another plugin.",
      details: { plugin: use, file },
    });
  }
}

async function createPort<Port extends PortName>(
  use: PluginUse,
  provision: Provision<unknown, unknown, PortName>,
  options: unknown,
  context: PluginContext,
  ports: Partial<PortTypes>,
): Promise<PortTypes[Port]> {
  try {
    const missing = (provision.needs ?? []).filter((need) => ports[need] === undefined);
    if (missing.length > 0) {
      throw new PlayoutError(
        "PluginInvalid",
        `Plugin ${use.use} needs ${missing.join(", ")}, which a ${use.port} cannot have.`,
        { remedy: "Name another plugin.", details: { plugin: use.use } },
      );
    }
    return (await provision.create(options, context, ports as PortTypes)) as PortTypes[Port];
  } catch (thrown) {
    throw atPlace(PlayoutError.from(thrown, "PluginInvalid"), use);
  }
}

/** The same error, with the place that the reader has to look at put in front. */
function atPlace(thrown: unknown, use: PluginUse): PlayoutError {
  const error = PlayoutError.from(thrown);
  return new PlayoutError(error.code, `${use.place}: ${error.what}`, {
    cause: error,
    ...(error.remedy !== undefined && { remedy: error.remedy }),
    details: { ...error.details, place: use.place },
  });
}
