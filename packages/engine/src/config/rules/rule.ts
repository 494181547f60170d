import type { ConfigPath } from "../fault.js";
import type { ConfigDocument } from "../schema/config-schema.js";

/** What a rule may look at. Paths are those of `document`. */
export interface RuleInput {
  readonly document: ConfigDocument;
  /** Absolute path for one as written. */
  resolve(path: string): string;
  /** A path of `document` as the file has it, for people: "channels[1].id". */
  where(path: ConfigPath): string;
  /** True if something stands at an absolute path. */
  exists(path: string): boolean;
}

/** A fault that only several values together have. */
export interface RuleFault {
  readonly path: ConfigPath;
  readonly expected: string;
  readonly found: string;
  readonly remedy: string;
  /** A warning does not keep the engine from starting. */
  readonly severity: "error" | "warning";
  /** Other values it depends on: where one of these is faulty itself, this fault is not told. */
  readonly involves: readonly ConfigPath[];
  /** Nothing is wrong with what is written: a file that it names is not there, and may come. */
  readonly isAbsence?: boolean;
}

/** Checks one thing across the whole document; never throws. */
export type Rule = (input: RuleInput) => readonly RuleFault[];
