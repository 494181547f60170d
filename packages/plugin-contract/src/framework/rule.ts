import { PlayoutError } from "@retrovue/core";

/** Names a rule: the port's word, a slash, and the promise in a few words, as `bus/lapped-reader-is-told`. */
export type RuleId = `${string}/${string}`;

/** One promise of a port, with the check that shows whether an implementation keeps it. */
export interface Rule<Subject> {
  readonly id: RuleId;
  /** Why it must hold, in one sentence that an author of an implementation can act on. */
  readonly reason: string;
  /**
   * Throws (or rejects) where the promise is broken. Gets a subject of its own, never used before. `signal` is a guard
   * against hanging and no measure of speed: hand it to every wait.
   */
  readonly check: (subject: Subject, signal: AbortSignal) => Promise<void> | void;
  /**
   * Answers why this rule says nothing about this subject (a clip without sound, a clock that cannot be adjusted);
   * undefined where it does. Left out: it always does.
   */
  readonly notApplicable?: (subject: Subject) => string | undefined;
}

/** All rules of one port: plain data, run by `declareSuite` for people and by `runSuite` for programs. */
export interface Suite<Subject> {
  /** What the ids begin with. */
  readonly name: string;
  readonly rules: readonly Rule<Subject>[];
}

/** Makes what one check examines; disposed after it, however it ends. */
export type SetUp<Subject extends AsyncDisposable> = (signal: AbortSignal) => Promise<Subject>;

/** Makes a suite. `InvalidArgument` where an id is taken twice, malformed, or a rule gives no reason. */
export function defineSuite<Subject>(name: string, rules: readonly Rule<Subject>[]): Suite<Subject> {
  const seen = new Set<string>();
  for (const { id, reason } of rules) {
    if (!/^[a-z]+\/[a-z0-9]+(-[a-z0-9]+)*$/.test(id) || !id.startsWith(`${name}/`)) {
      throw new PlayoutError("InvalidArgument", `"${id}" is no id for a rule of suite ${name}.`);
    }
    if (seen.has(id)) throw new PlayoutError("InvalidArgument", `Two rules have the id ${id}.`);
    if (reason.trim() === "") throw new PlayoutError("InvalidArgument", `Rule ${id} gives no reason.`);
    seen.add(id);
  }
  return Object.freeze({ name, rules: Object.freeze([...rules]) });
}
