import { isAbsolute } from "node:path";
import { PlayoutError } from "@retrovue/core";
import type { PathFault } from "../../config/explain.js";
import { type ConfigPath, describeFound } from "../../config/fault.js";
import type { PlayoutConfig } from "../../config/playout-config.js";
import { suggest } from "../../config/suggest.js";
import { configuredPlugins } from "../../plugins/configured-plugins.js";
import { loadPlugin, type PluginUse } from "../../plugins/load-plugin.js";

/**
 * What is wrong with the plugins that a configuration names: those that do not load, and options that they do not take, by their
 * own schemas. Modules are loaded and nothing of them is made, so that no device, file or address is opened.
 */
export async function pluginFaults(config: PlayoutConfig): Promise<readonly PathFault[]> {
  const faults: PathFault[] = [];
  for (const [path, use] of placedUses(config)) {
    try {
      await loadPlugin(use, config.folder);
    } catch (thrown) {
      faults.push(...faultsOf(path, use, PlayoutError.from(thrown)));
    }
  }
  return faults;
}

function placedUses(config: PlayoutConfig): readonly (readonly [ConfigPath, PluginUse])[] {
  const { clock, frameBus, decoders, conformer, renderer, transports } = configuredPlugins(config);
  const one = (port: string, use: PluginUse) => [[port], use] as const;
  const listed = (port: string, uses: readonly PluginUse[]) =>
    uses.map((use, index) => [[port, index], use] as const);
  return [
    ...(clock === undefined ? [] : [one("clock", clock)]),
    one("frameBus", frameBus),
    ...listed("decoders", decoders),
    one("conformer", conformer),
    one("renderer", renderer),
    ...listed("transports", transports),
  ];
}

/** @param error as `loadPlugin` throws it: with the place in front, the admission's error as its cause */
function faultsOf(path: ConfigPath, use: PluginUse, error: PlayoutError): readonly PathFault[] {
  const admission = PlayoutError.is(error.cause) ? error.cause : error;
  if (admission.code !== "InvalidConfig") {
    const { what, remedy = "Correct it, or name another plugin." } = admission;
    const expected = `a plugin that can be the ${use.port}`;
    return [{ path: [...path, "use"], atKey: false, expected, found: sentence(what), remedy }];
  }
  const options: ConfigPath = [...path, "options"];
  if (admission.cause === undefined) {
    const remedy = admission.remedy ?? "Remove them.";
    return [
      { path: options, atKey: true, expected: "no options", found: describeFound(use.options), remedy },
    ];
  }
  return optionFaults(options, use, admission.cause);
}

/** What the plugin's own schema threw: an error that names a field, a list of issues as zod has it, or anything. */
function optionFaults(options: ConfigPath, use: PluginUse, thrown: unknown): readonly PathFault[] {
  if (PlayoutError.is(thrown) && typeof thrown.details["field"] === "string")
    return [fieldFault(options, use, thrown.details["field"], thrown.what)];
  const issues = issuesOf(thrown);
  if (issues.length > 0)
    return issues.map(({ path, message }) => otherFault([...options, ...path], use, message));
  return [otherFault(options, use, thrown instanceof Error ? thrown.message : String(thrown))];
}

/** "threads.h264 must be a whole number from 1 to 16.", "threds is not an option; there are threads, folder." */
function fieldFault(options: ConfigPath, use: PluginUse, field: string, what: string): PathFault {
  const below = stepsOf(field);
  const path = [...options, ...below];
  const said = sentence(what.startsWith(`${field} `) ? what.slice(field.length + 1) : what);
  const expected = /^must be (.+)$/s.exec(said)?.[1];
  if (expected !== undefined) {
    const found = shown(below, valueAt(use.options, below));
    return { path, atKey: false, expected, found, remedy: `Give ${expected}.` };
  }
  const names = /^is not an option; there are (.+)$/s.exec(said)?.[1]?.split(", ");
  if (names === undefined) return otherFault(path, use, what);
  const near = suggest(field, names);
  return {
    path,
    atKey: true,
    expected: `an option of ${nameOf(use)} (${names.join(", ")})`,
    found: JSON.stringify(field),
    remedy: near === undefined ? "Remove it, or correct its name." : `Did you mean ${near}?`,
  };
}

const otherFault = (path: ConfigPath, use: PluginUse, what: string): PathFault => ({
  path,
  atKey: false,
  expected: `options that ${nameOf(use)} takes`,
  found: sentence(what),
  remedy: "Correct them; the plugin's own documents say what it takes.",
});

interface Issue {
  readonly path: ConfigPath;
  readonly message: string;
}

function issuesOf(thrown: unknown): readonly Issue[] {
  const issues = thrown instanceof Error && "issues" in thrown ? thrown.issues : undefined;
  return Array.isArray(issues) ? issues.filter(isIssue) : [];
}

const isIssue = (value: unknown): value is Issue =>
  typeof value === "object" &&
  value !== null &&
  "message" in value &&
  typeof value.message === "string" &&
  "path" in value &&
  Array.isArray(value.path) &&
  value.path.every((step) => typeof step === "string" || typeof step === "number");

/** `devices[0].use` as a path. */
const stepsOf = (field: string): ConfigPath =>
  [...field.matchAll(/[^.[\]]+/g)].map(([step]) => (/^\d+$/.test(step) ? Number(step) : step));

function valueAt(value: unknown, path: ConfigPath): unknown {
  let at = value;
  for (const step of path) at = typeof at === "object" && at !== null ? Reflect.get(at, step) : undefined;
  return at;
}

/** What a plugin's options hold is not ours to know: a text under a name like these may be a secret. */
const shown = (path: ConfigPath, value: unknown): string =>
  typeof value === "string" && /token|secret|password|credential|key/i.test(String(path.at(-1)))
    ? "a text that is not shown"
    : describeFound(value);

const nameOf = ({ use }: PluginUse): string => (isAbsolute(use) ? "the plugin" : use);

const sentence = (text: string): string => text.replace(/\.$/, "");
