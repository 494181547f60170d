import { runCampaign } from "../src/campaign/campaign.js";
import type { SeedResult } from "../src/campaign/seed-result.js";

/** The share of the campaign that runs with the tests; `pnpm sim --seeds 1000` runs all of it. */
export const ciSeeds = 30;
export const ciMinutes = 1;

/** How long a test may take on a machine that does much else: an end to what hangs, not a measure. */
export const patienceMs = 600_000;

let results: Promise<readonly SeedResult[]> | undefined;

/** Results of the share, run once. */
export function ciResults(): Promise<readonly SeedResult[]> {
  results ??= runCampaign({ first: 1, seeds: ciSeeds, minutes: ciMinutes, jobs: 1 });
  return results;
}
