import type { Mutant } from "../framework/mutants.js";
import { abortingMutants } from "./mutants/aborting.js";
import { describingMutants } from "./mutants/describing.js";
import { disposalMutants } from "./mutants/disposal.js";
import { endingMutants } from "./mutants/ending.js";
import { lendingMutants } from "./mutants/lending.js";
import { openingMutants } from "./mutants/opening.js";
import { playingMutants } from "./mutants/playing.js";
import { seekingMutants } from "./mutants/seeking.js";
import { skippingMutants } from "./mutants/skipping.js";
import { supplyingMutants } from "./mutants/supplying.js";
import type { DecoderSubject } from "./subject.js";

/** One broken decoder for each rule (at least): what each does wrong is its name. */
export const decoderMutants: readonly Mutant<DecoderSubject>[] = [
  ...describingMutants,
  ...playingMutants,
  ...seekingMutants,
  ...skippingMutants,
  ...endingMutants,
  ...abortingMutants,
  ...lendingMutants,
  ...supplyingMutants,
  ...openingMutants,
  ...disposalMutants,
];
