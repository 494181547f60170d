// pnpm faults [--count N] [--seed S]: kills, faults and stops workers of a running engine, and looks at every tick of its bus.
import { parseArgs } from "node:util";
import { strikeWorkers } from "./strike-workers.ts";

const say = (line: string) => void process.stdout.write(`${line}\n`);

const { values } = parseArgs({
  options: { count: { type: "string", default: "200" }, seed: { type: "string", default: "1" } },
  // pnpm hands its own "--" on.
  args: process.argv.slice(2).filter((word) => word !== "--"),
});
const count = Number(values.count);
const seed = Number(values.seed);
if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed)) {
  say("Usage: pnpm faults [--count N] [--seed S]");
  process.exitCode = 2;
} else {
  const { ticks, strikes, faults } = await strikeWorkers(count, seed, ({ strike, tick, cause, standIns }) =>
    say(`${strike} at ${tick}: ${cause}; ${JSON.stringify(standIns)}`),
  );
  const sums = Map.groupBy(strikes, ({ strike }) => strike);
  for (const [strike, reports] of sums) {
    const lengths = reports
      .map(({ standIns }) => Object.values(standIns).reduce((sum, one) => sum + one, 0))
      .sort((a, b) => a - b);
    say(
      `${strike}: ${reports.length} times; stand-ins: median ${lengths[lengths.length >> 1]} ticks, most ${lengths.at(-1)}`,
    );
  }
  for (const fault of faults) say(`FAULT ${fault}`);
  say(`${strikes.length} strikes, ${ticks} ticks, ${faults.length} faults (seed ${seed})`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
