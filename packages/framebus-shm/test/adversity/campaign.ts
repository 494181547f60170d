// pnpm bus:adversity [--count N] [--seed S] [CAMPAIGN…]: strikes processes at N places of what they do, in each campaign.
import { parseArgs } from "node:util";
import { runCampaign } from "./programs.ts";

const campaigns = [
  "reader-lapped",
  "worker-killed",
  "worker-stopped",
  "wild-worker",
  "engine-killed-making",
  "engine-killed-committing",
  "engine-killed-standing-in",
  "engine-killed-changing-lanes",
  "engine-killed-closing",
];

const say = (line: string) => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { count: { type: "string", default: "200" }, seed: { type: "string", default: "1" } },
    allowPositionals: true,
    // pnpm hands its own "--" on.
    args: process.argv.slice(2).filter((word) => word !== "--"),
  });
  const unknown = positionals.filter((name) => !campaigns.includes(name));
  const count = Number(values.count);
  const seed = Number(values.seed);
  if (unknown.length > 0 || !Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed)) {
    say(`Usage: pnpm bus:adversity [--count N] [--seed S] [CAMPAIGN…]\nCampaigns: ${campaigns.join(", ")}`);
    process.exitCode = 2;
    return;
  }
  let failed = 0;
  const wanted = positionals.length > 0 ? positionals : campaigns;
  for (const name of wanted) {
    const { campaign, violations, violationCount, skipped, ...counts } = await runCampaign(name, {
      count,
      seed,
    });
    if (violationCount > 0) failed++;
    const met = Object.entries(counts).map(([what, times]) => `${what} ${times}`);
    say(`${campaign}: ${skipped ?? `${violationCount} violations; ${met.join(", ")}`}`);
    for (const violation of violations) say(`  ${violation}`);
  }
  say(`${wanted.length - failed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

await main();
