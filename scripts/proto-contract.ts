// pnpm proto:breaking: fails where the wire contract breaks clients of the recorded one, or grew in silence.
// pnpm proto:baseline: records the contract. Run by the pinned Node, which strips the types.
import { join } from "node:path";
import { baselinePath, compareWithBaseline, judge, recordBaseline } from "./proto/contract.ts";
import { root } from "./setup/root.mjs";

/** As in docs/cli.md. */
const exitUsage = 2;

function main(command: string | undefined): number {
  if (command === "breaking") {
    const verdict = judge(compareWithBaseline(root, join(root, baselinePath)));
    console.error(verdict.message);
    return verdict.allowed ? 0 : 1;
  }
  if (command === "baseline") {
    console.error(`Recorded ${recordBaseline(root)}`);
    return 0;
  }
  console.error("Usage: node scripts/proto-contract.ts breaking | baseline");
  return exitUsage;
}

try {
  process.exitCode = main(process.argv[2]);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
