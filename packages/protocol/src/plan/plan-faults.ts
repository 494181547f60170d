import { type PlanDraft, type PlanFault, validatePlan } from "@retrovue/core";

/** How a plan file calls what the core calls otherwise; longest first where one begins like another. */
const wireWords: readonly (readonly [core: RegExp, wire: string])[] = [
  [/\basset\.uri$/, "uri"],
  [/\basset\.title$/, "title"],
  [/\basset$/, "uri"],
  [/\bfadeInNs$/, "fadeIn"],
  [/\bfadeOutNs$/, "fadeOut"],
];

/** Every rule of the core that a plan breaks, with its place in the words of a plan file. Empty for a good plan. */
export const planFaultsOf = (plan: PlanDraft): readonly PlanFault[] =>
  validatePlan({ ...plan, start: plan.start ?? epoch }).map((fault) => ({
    ...fault,
    path: inWireWords(fault.path),
  }));

/** Any start is as good as another for checking a plan that has none yet. */
const epoch = 0n as NonNullable<PlanDraft["start"]>;

function inWireWords(path: string): string {
  const word = wireWords.find(([core]) => core.test(path));
  return word ? path.replace(word[0], word[1]) : path;
}
