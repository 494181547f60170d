/** A place within a configuration: keys and list positions from the top. */
export type ConfigPath = readonly (string | number)[];

/** One thing wrong with a configuration, and what to do about it. */
export interface ConfigFault {
  /** The file as it was named, or the option that set the value, as `--grpc`. */
  readonly file: string;
  /** From 1; 0 where the fault has no place in the file (it cannot be read, or an option set the value). */
  readonly line: number;
  /** From 1, in UTF-16 units; 0 as for `line`. */
  readonly column: number;
  /** As `channels[0].encode.video.bitrateKbps`; empty for the file as a whole. */
  readonly path: string;
  /** What should stand there. */
  readonly expected: string;
  /** What stands there; secrets are not shown. */
  readonly found: string;
  /** What to do, as a sentence. */
  readonly remedy: string;
}

/** `channels[0].name`; keys that are not plain words are quoted: `plans["late night"]`. */
export function formatPath(path: ConfigPath): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (/^[A-Za-z_$][\w$-]*$/.test(step)) text += text === "" ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

/** `playout.yaml:12:7: channels[0].id: expected a whole number, found "one"`: one line, without the remedy. */
export function formatFault(fault: ConfigFault): string {
  const place = fault.line > 0 ? `${fault.file}:${fault.line}:${fault.column}` : fault.file;
  const path = fault.path === "" ? "" : `${fault.path}: `;
  return `${place}: ${path}expected ${fault.expected}, found ${fault.found}`;
}

const shownLengthMax = 60;

/** A value in few words, for "found …". */
export function describeFound(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "an empty value";
  if (typeof value === "string") {
    return JSON.stringify(value.length > shownLengthMax ? `${value.slice(0, shownLengthMax)}…` : value);
  }
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : `a list of ${value.length}`;
  if (typeof value === "object") return "a mapping";
  return String(value);
}

/** Bearer tokens must not reach a terminal or a log, not even wrong or misplaced ones. */
export const isSecret = (path: ConfigPath): boolean =>
  path[0] === "security" && path[1] === "tokens" && path.at(-1) !== "name" && path.at(-1) !== "tokenFile";
