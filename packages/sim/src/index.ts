export { type CampaignOptions, runCampaign } from "./campaign/campaign.js";
export type { BrokenPromise, SeedOrder, SeedResult } from "./campaign/seed-result.js";
export { runSeed } from "./campaign/seed-result.js";
export { type Tally, tallyOf } from "./campaign/tally.js";
export { type RuleName, rules } from "./check/rules.js";
export { Violation } from "./check/violation.js";
export { mutants } from "./mutants/index.js";
export { type Mutant, type Mutation, untouched } from "./mutants/mutation.js";
export { World, type WorldOpening, type WorldOptions, type WorldReport } from "./world/world.js";
