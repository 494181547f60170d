import { PlayoutError } from "@retrovue/core";
import type { Rule, RuleId, SetUp, Suite } from "./rule.js";

/** How one check ended. */
export type Outcome =
  | { readonly id: RuleId; readonly outcome: "kept" }
  | { readonly id: RuleId; readonly outcome: "broken"; readonly error: unknown }
  | { readonly id: RuleId; readonly outcome: "not-applicable"; readonly why: string }
  /** The subject could not be made: says nothing about the rule. */
  | { readonly id: RuleId; readonly outcome: "unusable"; readonly error: unknown };

/** What a run may be told. */
export interface RunOptions {
  /** How long one check may hang before it counts as broken, milliseconds. Default 20 000. */
  readonly hangTimeoutMs?: number;
  /** Only these rules. Default: all. */
  readonly only?: readonly RuleId[];
}

/** A check that still runs after this long has hung: the slowest takes well under a second on a busy machine. */
const hangTimeoutMsDefault = 20_000;

/** Runs rules one after another, each on a subject of its own. Never rejects. */
export async function runSuite<Subject extends AsyncDisposable>(
  suite: Suite<Subject>,
  setUp: SetUp<Subject>,
  options: RunOptions = {},
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const rule of suite.rules) {
    if (options.only && !options.only.includes(rule.id)) continue;
    outcomes.push(await runRule(rule, setUp, options));
  }
  return outcomes;
}

/** Runs one rule. Never rejects. */
export async function runRule<Subject extends AsyncDisposable>(
  rule: Rule<Subject>,
  setUp: SetUp<Subject>,
  options: RunOptions = {},
): Promise<Outcome> {
  const { id } = rule;
  const hangTimeoutMs = options.hangTimeoutMs ?? hangTimeoutMsDefault;
  const guard = new AbortController();
  const hung = new PlayoutError(
    "Timeout",
    `Rule ${id} hung: its check took longer than ${hangTimeoutMs} ms.`,
  );
  const timer = setTimeout(() => guard.abort(hung), hangTimeoutMs);
  const unlessHung = async <T>(work: () => PromiseLike<T> | T): Promise<T> => {
    const { promise, reject } = Promise.withResolvers<never>();
    const onAbort = () => reject(hung);
    guard.signal.addEventListener("abort", onAbort);
    try {
      return await Promise.race([work(), promise]);
    } finally {
      guard.signal.removeEventListener("abort", onAbort);
    }
  };
  try {
    let subject: Subject;
    try {
      subject = await unlessHung(() => setUp(guard.signal));
    } catch (error) {
      return { id, outcome: "unusable", error };
    }
    let outcome: Outcome;
    const why = rule.notApplicable?.(subject);
    if (why !== undefined) outcome = { id, outcome: "not-applicable", why };
    else {
      try {
        await unlessHung(() => rule.check(subject, guard.signal));
        outcome = { id, outcome: "kept" };
      } catch (error) {
        outcome = { id, outcome: "broken", error };
      }
    }
    try {
      await unlessHung(() => subject[Symbol.asyncDispose]());
    } catch (error) {
      // What cannot be cleaned up is broken as well, but the first fault says more.
      if (outcome.outcome === "kept") outcome = { id, outcome: "broken", error };
    }
    return outcome;
  } finally {
    clearTimeout(timer);
  }
}
