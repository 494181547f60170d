import { defineSuite, type Suite } from "../framework/rule.js";
import { abortingRules } from "./rules/aborting.js";
import { describingRules } from "./rules/describing.js";
import { disposalRules } from "./rules/disposal.js";
import { endingRules } from "./rules/ending.js";
import { lendingRules } from "./rules/lending.js";
import { openingRules } from "./rules/opening.js";
import { playingRules } from "./rules/playing.js";
import { seekingRules } from "./rules/seeking.js";
import { skippingRules } from "./rules/skipping.js";
import { supplyingRules } from "./rules/supplying.js";
import type { DecoderSubject } from "./subject.js";

/** What every decoder must keep. */
export const decoderSuite: Suite<DecoderSubject> = defineSuite("decoder", [
  ...describingRules,
  ...playingRules,
  ...seekingRules,
  ...skippingRules,
  ...endingRules,
  ...abortingRules,
  ...lendingRules,
  ...supplyingRules,
  ...openingRules,
  ...disposalRules,
]);
