import { PlayoutError, type PluginLog } from "@retrovue/core";
import { type Logger, pino } from "pino";
import { prettyLine } from "./pretty-line.js";

/** The engine's log. Fields come first, then the message: `log.info({ channel: 1 }, "channel started")`. */
export type Log = Logger;

/** Fields that lines have wherever they are known; dashboards and people search by these names. */
export interface LogFields {
  readonly channel?: number;
  /** Id of the segment. */
  readonly segment?: string;
  /** URI of the asset. */
  readonly asset?: string;
  readonly tick?: number;
  /** Revision of the plan in force. */
  readonly revision?: number;
  /** From the metadata of the request that caused it. */
  readonly correlation?: string;
}

/** How a log is written. */
export interface LogOptions {
  readonly level: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";
  readonly format: "json" | "pretty";
  /** Takes whole lines, each with its line end. Must not throw and should not block. */
  readonly write: (line: string) => void;
  /** Pretty lines in colour. Default false. */
  readonly colours?: boolean;
  /** Nanoseconds since the Unix epoch, for the lines' time. */
  readonly now: () => bigint;
}

/** Logs made from one another, so that a change of level reaches those that channels hold already. */
const children = new WeakMap<Log, Set<WeakRef<Log>>>();

/** Sets the level of a log that `openLog` gave, and of all that were made from it. */
export function setLogLevel(log: Log, level: LogOptions["level"]): void {
  log.level = level;
  const made = children.get(log);
  for (const reference of made ?? []) {
    const child = reference.deref();
    if (child === undefined) made?.delete(reference);
    else child.level = level;
  }
}

/** Opens a log: one JSON object a line, or lines for people. Errors among the fields stand under `err`. */
export function openLog(options: LogOptions): Log {
  const { level, format, write, colours = false, now } = options;
  const sink = format === "json" ? write : (line: string) => write(prettyLine(line, colours));
  const made = new Set<WeakRef<Log>>();
  const opened: Log = pino(
    {
      level,
      onChild: (child) => {
        // Channels come and go for years; what nobody holds any more is forgotten now and then.
        if (made.size % 256 === 255)
          for (const reference of made) if (reference.deref() === undefined) made.delete(reference);
        made.add(new WeakRef(child));
      },
      base: null,
      messageKey: "message",
      timestamp: () => `,"time":"${new Date(Number(now() / 1_000_000n)).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: errorFields },
    },
    { write: sink },
  );
  children.set(opened, made);
  return opened;
}

/** What is worth a reader's time of an error: stack traces only of faults of ours. */
function errorFields(thrown: unknown): Record<string, unknown> {
  const error = PlayoutError.from(thrown);
  const { code, what, remedy } = error;
  const stack = code === "Internal" && thrown instanceof Error ? { stack: thrown.stack } : {};
  return { code, what, ...(remedy !== undefined && { remedy }), ...stack };
}

/** The log as a plugin sees it: every line names the plugin. */
export function pluginLog(log: Log, plugin: string): PluginLog {
  const own = log.child({ plugin });
  return {
    debug: (message, fields = {}) => own.debug(fields, message),
    info: (message, fields = {}) => own.info(fields, message),
    warn: (message, fields = {}) => own.warn(fields, message),
    error: (message, fields = {}) => own.error(fields, message),
  };
}
