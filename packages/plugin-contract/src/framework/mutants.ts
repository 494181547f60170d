import type { TestRunner } from "./declare-suite.js";
import type { RuleId, SetUp, Suite } from "./rule.js";
import { type Outcome, runSuite } from "./run-suite.js";

/** A deliberately broken implementation: the proof that a rule's check can fail. */
export interface Mutant<Subject extends AsyncDisposable> {
  /** What is broken, as `forgets-to-fence`. */
  readonly name: string;
  /** Rules that must reject it. It may break others too. */
  readonly breaks: readonly RuleId[];
  readonly setUp: SetUp<Subject>;
}

/** A mutant that a suite did not reject as it must. */
export interface Survivor {
  readonly mutant: string;
  readonly id: RuleId;
  readonly outcome: Outcome | undefined;
}

/** How long a mutant may hang before that counts as rejection, milliseconds: most mutants that break a wait hang. */
const mutantHangTimeoutMs = 300;

/** Runs a mutant through the rules that must reject it; answers those that did not. */
export async function survivorsOf<Subject extends AsyncDisposable>(
  suite: Suite<Subject>,
  mutant: Mutant<Subject>,
): Promise<readonly Survivor[]> {
  const outcomes = await runSuite(suite, mutant.setUp, {
    only: mutant.breaks,
    hangTimeoutMs: mutantHangTimeoutMs,
  });
  return mutant.breaks.flatMap((id) => {
    const outcome = outcomes.find((it) => it.id === id);
    return outcome?.outcome === "broken" ? [] : [{ mutant: mutant.name, id, outcome }];
  });
}

/** Rules that no mutant is meant to break: their checks have never been seen to fail. */
export function rulesWithoutMutant(
  suite: Suite<never>,
  mutants: readonly { readonly breaks: readonly RuleId[] }[],
): readonly RuleId[] {
  const broken = new Set(mutants.flatMap((mutant) => mutant.breaks));
  return suite.rules.map((rule) => rule.id).filter((id) => !broken.has(id));
}

/** Declares a test for each mutant, and one that every rule has one. */
export function declareMutants<Subject extends AsyncDisposable>(
  runner: TestRunner,
  suite: Suite<Subject>,
  mutants: readonly Mutant<Subject>[],
): void {
  runner.describe(`${suite.name} mutants`, () => {
    runner.test(`contract/${suite.name}-rules-each-have-a-mutant`, async () => {
      const missing = rulesWithoutMutant(suite, mutants);
      if (missing.length > 0) throw new Error(`No mutant breaks ${missing.join(", ")}.`);
    });
    for (const mutant of mutants) {
      runner.test(`${mutant.name} is rejected by ${mutant.breaks.join(", ")}`, async () => {
        const [survivor] = await survivorsOf(suite, mutant);
        if (survivor === undefined) return;
        const outcome = survivor.outcome?.outcome ?? "unknown to the suite";
        const cause = survivor.outcome && "error" in survivor.outcome ? survivor.outcome.error : undefined;
        throw new Error(`Mutant ${mutant.name} passed rule ${survivor.id} (${outcome}).`, { cause });
      });
    }
  });
}
