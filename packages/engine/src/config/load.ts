import { existsSync } from "node:fs";
import { dirname, resolve as resolvePath } from "node:path";
import { PlayoutError } from "@retrovue/core";
import { LineCounter } from "yaml";
import { coerceExpanded } from "./coerce.js";
import type { Environment } from "./environment.js";
import { explainIssues, type PathFault } from "./explain.js";
import { type ConfigFault, type ConfigPath, formatFault, formatPath } from "./fault.js";
import { graft, type Located, locatedFrom, nearest, toValue } from "./located.js";
import { parseText } from "./parse.js";
import type { PlayoutConfig } from "./playout-config.js";
import { prune } from "./prune.js";
import { resolveConfig } from "./resolve.js";
import { rules } from "./rules/index.js";
import type { RuleFault } from "./rules/rule.js";
import { type ConfigDocument, configSchema } from "./schema/config-schema.js";
import { readSource } from "./source.js";

/** A value set from outside the file, as by an option of the command line. */
export interface ConfigOverride {
  readonly path: ConfigPath;
  readonly value: unknown;
  /** Named in faults in place of file and line, as `--grpc`. */
  readonly option: string;
}

/** Where a configuration comes from besides its text. */
export interface ConfigContext {
  readonly environment: Environment;
  /** Applied in order after the text was read and before it is checked. */
  readonly overrides?: (document: unknown) => readonly ConfigOverride[];
  /** True if something stands at an absolute path. Default: asks the file system. */
  readonly exists?: (path: string) => boolean;
}

/** What reading a configuration gave. Warnings never keep the engine from starting. */
export type ConfigReading =
  | {
      readonly ok: true;
      readonly config: PlayoutConfig;
      readonly warnings: readonly ConfigFault[];
      /** Gives what was found later, in what the configuration names, its file, line and column. */
      readonly placed: (fault: PathFault) => ConfigFault;
    }
  | {
      readonly ok: false;
      /** `missing` and `forbidden` concern the file itself, `invalid` its content, `incomplete` only files that it names and are not there. */
      readonly reason: "missing" | "forbidden" | "invalid" | "incomplete";
      readonly faults: readonly ConfigFault[];
      readonly warnings: readonly ConfigFault[];
    };

/** Reads and checks a configuration file. All faults are in the result; never throws for what the file holds. */
export function readConfig(file: string, context: ConfigContext): ConfigReading {
  const source = readSource(file);
  if (!source.ok) {
    const { reason, expected, found, remedy } = source;
    return {
      ok: false,
      reason: reason === "unfit" ? "invalid" : reason,
      faults: [{ file, line: 0, column: 0, path: "", expected, found, remedy }],
      warnings: [],
    };
  }
  return readConfigText(source.text, file, context);
}

/** Checks the text of a configuration; relative paths begin at the folder of `file`. */
export function readConfigText(text: string, file: string, context: ConfigContext): ConfigReading {
  const places = new Places(file, text);
  const parsed = parseText(text, context.environment);
  const textFaults = parsed.faults.map((fault) => places.atOffset(fault, fault.path, fault.offset));
  if (parsed.root === undefined) return { ok: false, reason: "invalid", faults: textFaults, warnings: [] };
  const faultyPaths = parsed.faults.map((fault) => fault.path);
  return check(parsed.root, textFaults, faultyPaths, places, file, dirname(resolvePath(file)), context);
}

/** Checks a configuration that consists of overrides alone; relative paths begin at `folder`. */
export function readConfigWithoutFile(folder: string, context: ConfigContext): ConfigReading {
  const places = new Places("command line", "");
  return check(locatedFrom({}, "command line"), [], [], places, undefined, folder, context);
}

/**
 * Reads a configuration file or throws one `PlayoutError` with the code `InvalidConfig`, whose `details.faults` lists
 * every fault with file, line, column, path, expectation, finding and remedy.
 */
export function loadConfig(file: string, context: ConfigContext): PlayoutConfig {
  const reading = readConfig(file, context);
  if (reading.ok) return reading.config;
  throw configError(file, reading.faults);
}

/** The error for a faulty configuration. */
export function configError(file: string, faults: readonly ConfigFault[]): PlayoutError {
  const lines = faults.map((fault) => `${formatFault(fault)}. ${fault.remedy}`);
  const details = { file, faults: lines };
  const [first] = faults;
  if (first !== undefined && faults.length === 1) {
    return new PlayoutError("InvalidConfig", `${formatFault(first)}.`, { remedy: first.remedy, details });
  }
  const what = `${file} has ${faults.length} faults:\n${lines.join("\n")}`;
  return new PlayoutError("InvalidConfig", what, { details });
}

function check(
  root: Located,
  textFaults: readonly ConfigFault[],
  textFaultPaths: readonly ConfigPath[],
  places: Places,
  file: string | undefined,
  folder: string,
  context: ConfigContext,
): ConfigReading {
  for (const override of context.overrides?.(toValue(root)) ?? []) {
    graft(root, override.path, override.value, override.option);
  }
  coerceExpanded(root);
  const whole = toValue(root);
  const parsed = configSchema.safeParse(whole);
  // A reference without its variable is told once, not again as a value of the wrong form.
  const issues = parsed.success ? [] : explainIssues(parsed.error.issues, root);
  const schemaFaults = issues.filter((issue) => !textFaultPaths.some((path) => samePath(path, issue.path)));
  const faulty = [...textFaultPaths.filter((path) => path.length > 0), ...issues.map((issue) => issue.path)];

  const remainder = parsed.success && faulty.length === 0 ? asIs(parsed.data) : parseRemainder(whole, faulty);
  const ruleFaults = remainder === undefined ? [] : applyRules(remainder, faulty, folder, context);
  const placed = (fault: PathFault | RuleFault): ConfigFault =>
    places.atPath(fault, fault.path, root, "atKey" in fault && fault.atKey);
  // Nobody is warned of a default that they never wrote.
  const warnings = ruleFaults
    .filter((fault) => fault.severity === "warning" && nearest(root, fault.path).exact)
    .map(placed);
  const errors = ruleFaults.filter((fault) => fault.severity === "error");
  const faults = [...textFaults, ...schemaFaults.map(placed), ...errors.map(placed)].sort(
    (a, b) => a.line - b.line || a.column - b.column,
  );
  if (faults.length > 0 || !parsed.success) {
    const isIncomplete = faults.length === errors.length && errors.every((fault) => fault.isAbsence === true);
    return { ok: false, reason: parsed.success && isIncomplete ? "incomplete" : "invalid", faults, warnings };
  }
  return { ok: true, config: resolveConfig(parsed.data, file, folder), warnings, placed };
}

interface Remainder {
  readonly document: ConfigDocument;
  original(path: ConfigPath): ConfigPath;
}

const asIs = (document: ConfigDocument): Remainder => ({ document, original: (path) => path });

/** The document without what is faulty, so that the rules can be applied to the rest in the same run. */
function parseRemainder(whole: unknown, faulty: readonly ConfigPath[]): Remainder | undefined {
  const pruned = prune(whole, faulty);
  if (pruned === undefined) return undefined;
  const parsed = configSchema.safeParse(pruned.value);
  if (parsed.success) return { document: parsed.data, original: pruned.original };
  // What is left of a section may be faulty in a new way (a list that lost its only entry): leave the section out.
  const sections = parsed.error.issues.map((issue) => [String(issue.path[0])]);
  const again = configSchema.safeParse(prune(pruned.value, sections)?.value);
  return again.success ? { document: again.data, original: pruned.original } : undefined;
}

function applyRules(
  remainder: Remainder,
  faulty: readonly ConfigPath[],
  folder: string,
  context: ConfigContext,
): RuleFault[] {
  const input = {
    document: remainder.document,
    resolve: (path: string) => resolvePath(folder, path),
    where: (path: ConfigPath) => formatPath(remainder.original(path)),
    exists: context.exists ?? existsSync,
  };
  return rules
    .flatMap((rule) => rule(input))
    .filter(
      (fault) =>
        ![fault.path, ...fault.involves].map(remainder.original).some((path) => touches(path, faulty)),
    )
    .map((fault) => ({ ...fault, path: remainder.original(fault.path) }));
}

/** True if a faulty path is this one, within it, or around it. */
const touches = (path: ConfigPath, faulty: readonly ConfigPath[]): boolean =>
  faulty.some((other) => path.slice(0, other.length).every((step, depth) => step === other[depth]));

const samePath = (a: ConfigPath, b: ConfigPath): boolean => formatPath(a) === formatPath(b);

/** Gives faults their file, line and column. */
class Places {
  readonly #file: string;
  readonly #lines = new LineCounter();

  constructor(file: string, text: string) {
    this.#file = file;
    this.#lines.addNewLine(0);
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1))
      this.#lines.addNewLine(at + 1);
  }

  atOffset(fault: Omit<PathFault, "path" | "atKey">, path: ConfigPath, offset: number): ConfigFault {
    const { line, col } = this.#lines.linePos(offset);
    return this.#fault(fault, path, this.#file, line, col);
  }

  /** A value that is absent is told where the mapping is that lacks it. */
  atPath(
    fault: Omit<PathFault, "path" | "atKey">,
    path: ConfigPath,
    root: Located,
    atKey: boolean,
  ): ConfigFault {
    const { node, exact } = nearest(root, path);
    const place = atKey || !exact ? node.keyAt : node.at;
    if (place.option !== undefined) return this.#fault(fault, path, place.option, 0, 0);
    return this.atOffset(fault, path, place.offset ?? 0);
  }

  #fault(
    fault: Omit<PathFault, "path" | "atKey">,
    path: ConfigPath,
    file: string,
    line: number,
    column: number,
  ): ConfigFault {
    const { expected, found, remedy } = fault;
    return { file, line, column, path: formatPath(path), expected, found, remedy };
  }
}
