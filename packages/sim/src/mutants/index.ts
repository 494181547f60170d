import { busMutants } from "./bus-mutants.js";
import { clockMutants } from "./clock-mutants.js";
import { decoderMutants } from "./decoder-mutants.js";
import type { Mutant } from "./mutation.js";
import { pictureMutants } from "./picture-mutants.js";
import { planMutants } from "./plan-mutants.js";
import { soundMutants } from "./sound-mutants.js";
import { standInMutants } from "./stand-in-mutants.js";
import { supervisionMutants } from "./supervision-mutants.js";

/** All channels that are broken on purpose. */
export const mutants: readonly Mutant[] = [
  ...planMutants,
  ...soundMutants,
  ...pictureMutants,
  ...standInMutants,
  ...decoderMutants,
  ...supervisionMutants,
  ...busMutants,
  ...clockMutants,
];

/** The mutant of a name. @param refuse told all names where there is none */
export function mutantNamed(name: string, refuse?: (names: readonly string[]) => never): Mutant {
  const found = mutants.find((mutant) => mutant.name === name);
  if (found !== undefined) return found;
  const names = mutants.map((mutant) => mutant.name);
  return refuse?.(names) ?? fail(`There is no mutant ${name}; there are ${names.join(", ")}.`);
}

const fail = (why: string): never => {
  throw new Error(why);
};
