// pnpm bench PART… [--only BENCH]… [--pairs N] [--json]: measures parts of the product against their peers, in pairs on this machine. Run by the
// pinned Node, which strips the types; bench files import the built packages.
import { parseArgs } from "node:util";
import { type BenchPart, benchParts } from "./bench/bench.ts";
import { loadBenchFiles } from "./bench/bench-files.ts";
import { type BenchResult, measure } from "./bench/harness.ts";
import { jsonLine, progressLine, table } from "./bench/print.ts";
import { root } from "./setup/root.mjs";

const usage = `Usage: pnpm bench PART… [--only BENCH]… [--pairs N] [--json]
Parts: ${benchParts.join(", ")}
--only measures the benches named, --pairs so many pairs after the one that warms up.`;
/** As in docs/cli.md. */
const exitUsage = 2;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
      only: { type: "string", multiple: true, default: [] },
      pairs: { type: "string" },
    },
    allowPositionals: true,
  });
  const unknown = positionals.filter((word) => !benchParts.some((part) => part === word));
  if (values.help || positionals.length === 0 || unknown.length > 0) {
    console.error(unknown.length > 0 ? `No such part: ${unknown.join(", ")}\n${usage}` : usage);
    return values.help ? 0 : exitUsage;
  }
  const pairs = values.pairs === undefined ? undefined : Number(values.pairs);
  if (pairs !== undefined && !(Number.isInteger(pairs) && pairs > 0)) {
    console.error(`--pairs takes a whole number from 1 on, not ${values.pairs}.\n${usage}`);
    return exitUsage;
  }
  const files = await loadBenchFiles(root);
  const named = files.filter(({ part }) => positionals.includes(part)).flatMap(({ benches }) => benches);
  const missing = values.only.filter((name) => !named.some(({ bench }) => bench === name));
  if (missing.length > 0) {
    const there = named.map(({ bench }) => bench).join(", ");
    console.error(`No such bench: ${missing.join(", ")}. There are ${there}.\n${usage}`);
    return exitUsage;
  }
  let failures = 0;
  for (const part of positionals as BenchPart[]) {
    const benches = files
      .filter((file) => file.part === part)
      .flatMap((file) => file.benches)
      .filter(({ bench }) => values.only.length === 0 || values.only.includes(bench));
    if (benches.length === 0 && values.only.length === 0) console.error(`${part}: nothing is measured yet`);
    const results: BenchResult[] = [];
    for (const [index, bench] of benches.entries()) {
      const reason = await bench.unavailable?.();
      if (reason !== undefined) {
        console.error(`${bench.bench}: skipped, ${reason}`);
        continue;
      }
      try {
        const result = await measure(pairs === undefined ? bench : { ...bench, pairs });
        results.push(result);
        if (values.json) console.log(jsonLine(result));
        // Whole parts take up to half an hour; the table comes at the end of each.
        else if (process.stderr.isTTY) console.error(progressLine(result, index + 1, benches.length));
      } catch (error) {
        failures += 1;
        console.error(`${bench.bench}: failed`, error);
      }
    }
    if (!values.json && results.length > 0) console.log(table(results));
  }
  return failures === 0 ? 0 : 1;
}

process.exitCode = await main();
