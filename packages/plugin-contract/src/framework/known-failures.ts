import { PlayoutError } from "@retrovue/core";
import type { RuleId, Suite } from "./rule.js";
import type { Outcome } from "./run-suite.js";

/** A rule that an implementation is known to break, and why that is accepted for now. */
export interface KnownFailure {
  readonly id: RuleId;
  /** Why it is accepted; shown beside the skipped rule. */
  readonly reason: string;
  /** Last day on which it is accepted, `YYYY-MM-DD` in UTC. Left out: until it is kept. */
  readonly expires?: string;
}

/** What becomes of a rule's test. */
export type Verdict =
  | { readonly result: "pass" }
  | { readonly result: "skip"; readonly note: string }
  | { readonly result: "fail"; readonly error: unknown };

/** The exceptions that one implementation claims. */
export class KnownFailures {
  readonly #byId = new Map<string, KnownFailure>();

  /** `InvalidArgument` for ids that the suite does not have, ids listed twice, and missing reasons or bad dates. */
  constructor(suite: Suite<never>, known: readonly KnownFailure[]) {
    const ids = new Set<string>(suite.rules.map((rule) => rule.id));
    for (const failure of known) {
      const { id, reason, expires } = failure;
      if (!ids.has(id)) throw invalid(`"${id}" is no rule of suite ${suite.name}; remove it.`);
      if (this.#byId.has(id)) throw invalid(`${id} is listed twice as a known failure.`);
      if (reason.trim() === "") throw invalid(`The known failure ${id} gives no reason.`);
      if (expires !== undefined && Number.isNaN(endOf(expires))) {
        throw invalid(`The known failure ${id} expires on "${expires}"; write YYYY-MM-DD.`);
      }
      this.#byId.set(id, failure);
    }
  }

  /** Weighs an outcome against the list. `nowMs` is wall time, milliseconds since the epoch. */
  judge(outcome: Outcome, nowMs: number): Verdict {
    const { id } = outcome;
    const known = this.#byId.get(id);
    switch (outcome.outcome) {
      case "kept":
        if (known === undefined) return { result: "pass" };
        return fail(`${id} is kept again: remove it from the known failures (listed for: ${known.reason}).`);
      case "not-applicable":
        return { result: "skip", note: outcome.why };
      case "unusable":
        return { result: "fail", error: outcome.error };
      case "broken": {
        if (known === undefined) return { result: "fail", error: outcome.error };
        if (known.expires !== undefined && nowMs >= endOf(known.expires)) {
          return fail(`The known failure ${id} expired on ${known.expires}: ${known.reason}`, outcome.error);
        }
        return { result: "skip", note: `known failure: ${known.reason}` };
      }
    }
  }
}

const invalid = (message: string) => new PlayoutError("InvalidArgument", message);

const fail = (message: string, cause?: unknown): Verdict => ({
  result: "fail",
  error: new Error(message, cause === undefined ? undefined : { cause }),
});

/** The first instant after that day; NaN for anything but a date. */
function endOf(day: string): number {
  return /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) + 86_400_000 : Number.NaN;
}
