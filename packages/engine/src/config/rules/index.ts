import { autostartHasPlan, leadInOrder, outputsApart, sizeFitsChroma, uniqueChannelIds } from "./channels.js";
import { clockIsMeant } from "./clock.js";
import { filesExist } from "./files.js";
import { controlIsGuarded, listenersApart } from "./listeners.js";
import { muxRatesSuffice } from "./mux-rate.js";
import { planSchemesAreAllowed, plansAreKnown } from "./plans.js";
import type { Rule } from "./rule.js";
import { soundIsEncodable } from "./sound-limits.js";

/** Every cross-check of a configuration; all are applied, whatever the others find. */
export const rules: readonly Rule[] = [
  uniqueChannelIds,
  autostartHasPlan,
  leadInOrder,
  sizeFitsChroma,
  outputsApart,
  muxRatesSuffice,
  soundIsEncodable,
  plansAreKnown,
  planSchemesAreAllowed,
  listenersApart,
  controlIsGuarded,
  clockIsMeant,
  filesExist,
];
