import { PlayoutError } from "../errors/playout-error.js";
import type { PlanFault } from "./validate.js";

/** Faults that the message names; the rest are in the error's details. */
const faultsInMessage = 10;

/**
 * The error for a plan with these faults, of which there is at least one: the message names the first ten and how many
 * there are, `details.faults` all, a line each that begins with its place. Each line ends with the fault's own remedy;
 * that of a single fault is the error's.
 *
 * @param what what has the faults, to begin the message with: "The plan"
 */
export function invalidPlan(what: string, faults: readonly PlanFault[]): PlayoutError {
  const lines = faults.map(formatFault);
  const details = { faultCount: lines.length, faults: lines };
  const [first] = faults;
  if (first !== undefined && faults.length === 1) {
    return new PlayoutError("InvalidPlan", `${what} has 1 fault: ${problemOf(first)}`, {
      remedy: first.remedy,
      details,
    });
  }
  const more = lines.length > faultsInMessage ? ` … and ${lines.length - faultsInMessage} more.` : "";
  const named = lines.slice(0, faultsInMessage).join(" ");
  return new PlayoutError("InvalidPlan", `${what} has ${lines.length} faults: ${named}${more}`, { details });
}

/** One line for people: place, problem, what was expected and found, and the remedy. */
export const formatFault = (fault: PlanFault): string => `${problemOf(fault)} ${fault.remedy}`;

const problemOf = ({ path, problem, expected, found }: PlanFault): string =>
  `${path}: ${problem}; expected ${expected}, found ${found}.`;
