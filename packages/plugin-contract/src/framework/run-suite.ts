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
  let subject: Subject;
  let outcome: Outcome;
  using guard = new HangGuard(id, hangTimeoutMs);
  try {
    subject = await guard.over(setUp(guard.signal));
  } catch (error) {
    return { id, outcome: "unusable", error };
  }
  const why = rule.notApplicable?.(subject);
  if (why !== undefined) outcome = { id, outcome: "not-applicable", why };
  else {
    try {
      await guard.over((async () => rule.check(subject, guard.signal))());
      outcome = { id, outcome: "kept" };
    } catch (error) {
      outcome = { id, outcome: "broken", error };
    }
  }
  // A check that hung has used its guard up; what it leaves gets one of its own.
  using closing = new HangGuard(id, hangTimeoutMs);
  try {
    await closing.over(subject[Symbol.asyncDispose]());
  } catch (error) {
    // What cannot be cleaned up is broken as well, but the first fault says more.
    if (outcome.outcome === "kept") outcome = { id, outcome: "broken", error };
  }
  return outcome;
}

/** Ends what hangs. */
class HangGuard implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #aborted: Promise<never>;

  constructor(id: RuleId, hangTimeoutMs: number) {
    const hung = new PlayoutError(
      "Timeout",
      `Rule ${id} hung: its check took longer than ${hangTimeoutMs} ms.`,
    );
    const { promise, reject } = Promise.withResolvers<never>();
    this.#aborted = promise;
    // Handled by whoever races against it, and by nobody once all is done.
    promise.catch(() => {});
    this.#timer = setTimeout(() => {
      this.#controller.abort(hung);
      reject(hung);
    }, hangTimeoutMs);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  over<T>(work: PromiseLike<T>): Promise<T> {
    return Promise.race([work, this.#aborted]);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
