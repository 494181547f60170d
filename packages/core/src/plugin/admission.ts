import { PlayoutError } from "../errors/playout-error.js";
import { type Plugin, type PortName, type Provision, pluginContract, portNames } from "./plugin.js";

/**
 * Checks what a plugin module exports before anything of it is run. `origin` is the package or path as the
 * configuration names it.
 *
 * Errors: `PluginInvalid` (not made by `definePlugin`, unknown port, missing factory) and `PluginContract` (another
 * contract version); each names the origin, what was expected and what to do.
 */
export function admitPlugin(exported: unknown, origin: string): Plugin {
  if (!isRecord(exported) || exported["kind"] !== "retrovue-plugin") {
    throw invalid(
      origin,
      `Its default export is ${describe(exported)}, not a plugin.`,
      "Export definePlugin({ … }) by default.",
    );
  }
  const { name, contract, provides } = exported;
  if (typeof name !== "string" || name === "")
    throw invalid(origin, "Its name is missing.", "Give definePlugin the package's name.");
  if (typeof contract !== "string")
    throw invalid(
      origin,
      "Its contract version is missing.",
      "Pass contract: pluginContract of @retrovue/core.",
    );
  admitContract(contract, origin);
  if (!isRecord(provides) || Object.keys(provides).length === 0) {
    throw invalid(origin, "It provides nothing.", `Provide at least one of ${portNames.join(", ")}.`);
  }
  for (const [port, provision] of Object.entries(provides)) {
    if (!isPortName(port)) throw invalid(origin, `It provides "${port}", which is not a port.`, portsAre);
    if (!isRecord(provision) || typeof provision["create"] !== "function") {
      throw invalid(origin, `Its ${port} has no create function.`, "Give it one that makes the port.");
    }
    for (const need of Array.isArray(provision["needs"]) ? provision["needs"] : []) {
      if (!isPortName(need))
        throw invalid(origin, `Its ${port} needs "${String(need)}", which is not a port.`, portsAre);
    }
  }
  return exported as unknown as Plugin;
}

/**
 * The plugin's provision for a port, or `PluginInvalid` naming the ports it has.
 */
export function provisionOf(
  plugin: Plugin,
  port: PortName,
  origin: string,
): Provision<unknown, unknown, PortName> {
  const provision = plugin.provides[port];
  if (provision === undefined) {
    const has = Object.keys(plugin.provides).join(", ");
    throw invalid(origin, `It provides no ${port}, only ${has}.`, `Name another plugin for ${port}.`);
  }
  return provision as Provision<unknown, unknown, PortName>;
}

/**
 * Checks a plugin's options with its own schema. `InvalidConfig` with the schema's message; a plugin without a
 * schema takes no options.
 */
export function admitOptions(
  provision: Provision<unknown, unknown, PortName>,
  options: unknown,
  origin: string,
): unknown {
  if (provision.options === undefined) {
    if (options === undefined || (isRecord(options) && Object.keys(options).length === 0)) return undefined;
    throw new PlayoutError("InvalidConfig", `Plugin ${origin} takes no options.`, {
      remedy: "Remove them.",
      details: { plugin: origin },
    });
  }
  try {
    return provision.options.parse(options ?? {});
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PlayoutError("InvalidConfig", `Options of plugin ${origin}: ${why}`, {
      cause,
      remedy: "Correct them; the plugin's own documents say what it takes.",
      details: { plugin: origin },
    });
  }
}

function admitContract(contract: string, origin: string): void {
  const [major, minor] = parseContract(pluginContract) ?? [0, 0];
  const theirs = parseContract(contract);
  if (theirs === undefined)
    throw invalid(
      origin,
      `Its contract version "${contract}" is not of the form "${pluginContract}".`,
      "Pass contract: pluginContract of @retrovue/core.",
    );
  if (theirs[0] === major && theirs[1] <= minor) return;
  const remedy =
    theirs[0] > major || (theirs[0] === major && theirs[1] > minor)
      ? "Update the engine, or install an older release of the plugin."
      : "Install a release of the plugin made for this engine.";
  throw new PlayoutError(
    "PluginContract",
    `Plugin ${origin} was written for contract ${contract}; this engine speaks ${pluginContract}.`,
    { remedy, details: { plugin: origin, expected: pluginContract, found: contract } },
  );
}

function parseContract(text: string): readonly [number, number] | undefined {
  const match = /^(\d{1,4})\.(\d{1,4})$/.exec(text);
  return match ? [Number(match[1]), Number(match[2])] : undefined;
}

const portsAre = `Ports are ${portNames.join(", ")}.`;

const invalid = (origin: string, why: string, remedy: string): PlayoutError =>
  new PlayoutError("PluginInvalid", `Plugin ${origin} cannot be used. ${why}`, {
    remedy,
    details: { plugin: origin },
  });

const isPortName = (word: unknown): word is PortName => portNames.includes(word as PortName);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

const describe = (value: unknown): string =>
  value === undefined ? "missing" : value === null ? "null" : `a ${typeof value}`;
