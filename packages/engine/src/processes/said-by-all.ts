import type { PluginContext } from "@retrovue/core";
import { boundedFields } from "../log/bounded-fields.js";
import type { Log } from "../log/log.js";
import { type FromWorker, fromPlainError } from "../workers/messages.js";

/** What every process of the engine says of itself, whatever it does. */
export type SaidByAll = Extract<FromWorker, { kind: "prepared" | "failed" | "log" }>;

/** Takes it into the engine's log. @param who for people: "worker", "render process" */
export function takeSaidByAll(told: SaidByAll, who: string, { log }: { readonly log: Log }): void {
  switch (told.kind) {
    case "prepared":
      break;
    case "failed":
      log.error({ err: fromPlainError(told.error) }, `the ${who} failed`);
      break;
    case "log":
      takeLine(told, log);
      break;
  }
}

/** Takes a line of a plugin into the engine's log, as far as it is of a line's length. */
export function takeLine(
  { level, plugin, message, fields }: Extract<SaidByAll, { kind: "log" }>,
  log: Log,
): void {
  log[level]({ ...boundedFields(fields), plugin }, message);
}

/** The log of a plugin in a process: each line is said to the engine. */
export function pluginLogOf(
  plugin: string,
  send: (line: Extract<SaidByAll, { kind: "log" }>) => void,
): PluginContext["log"] {
  const tell =
    (level: "debug" | "info" | "warn" | "error") =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}) =>
      send({ kind: "log", level, plugin, message, fields: { ...fields } });
  return { debug: tell("debug"), info: tell("info"), warn: tell("warn"), error: tell("error") };
}
