import { formatFault, type PlanDraft, type PlanFault, PlayoutError, validatePlan } from "@retrovue/core";

/** How a plan file calls what the core calls otherwise; longest first where one begins like another. */
const wireWords: readonly (readonly [core: RegExp, wire: string])[] = [
  [/\basset\.uri$/, "uri"],
  [/\basset\.title$/, "title"],
  [/\basset$/, "uri"],
  [/\bfadeInNs$/, "fadeIn"],
  [/\bfadeOutNs$/, "fadeOut"],
];

/** Faults that an error's message names; all are in its details. */
const faultsInMessage = 10;

/** Every rule of the core that a plan breaks, with its place in the words of a plan file. Empty for a good plan. */
export const planFaultsOf = (plan: PlanDraft): readonly PlanFault[] =>
  validatePlan({ ...plan, start: plan.start ?? epoch }).map((fault) => ({
    ...fault,
    path: inWireWords(fault.path),
  }));

/**
 * The error for a plan with these faults: the message names the first ten and how many there are, `details.faults`
 * all, a line each that begins with its place.
 */
export function invalidPlan(what: string, faults: readonly PlanFault[]): PlayoutError {
  const lines = faults.map(formatFault);
  const more = lines.length > faultsInMessage ? ` … and ${lines.length - faultsInMessage} more.` : "";
  const count = lines.length === 1 ? "1 fault" : `${lines.length} faults`;
  return new PlayoutError(
    "InvalidPlan",
    `${what} has ${count}: ${lines.slice(0, faultsInMessage).join(" ")}${more}`,
    { details: { faultCount: lines.length, faults: lines } },
  );
}

/** Any start is as good as another for checking a plan that has none yet. */
const epoch = 0n as NonNullable<PlanDraft["start"]>;

function inWireWords(path: string): string {
  const word = wireWords.find(([core]) => core.test(path));
  return word ? path.replace(word[0], word[1]) : path;
}
