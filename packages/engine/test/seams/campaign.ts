// pnpm seams [--count N] [--seed S] [--clock stepped|system] [--rate NUM/DEN]: airs N mixed seams and checks every tick by content.
import { parseArgs } from "node:util";
import { parseRational, type Rational, rational } from "@retrovue/core";
import { Elapsed } from "./real-time.ts";
import { runSeams } from "./run-seams.ts";
import { seamClips } from "./seam-clips.ts";

/** Seams of one engine's run; the next run has another rate. */
const seamsPerRun = 40;
const rates = [
  rational(30_000, 1_001),
  rational(25, 1),
  rational(24_000, 1_001),
  rational(60_000, 1_001),
  rational(50, 1),
  rational(24, 1),
  rational(30, 1),
] as const;
/** A run that takes longer than this has come to a stop. */
const patienceMs = 600_000;

const say = (line: string) => void process.stdout.write(`${line}\n`);

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      count: { type: "string", default: "200" },
      seed: { type: "string", default: "1" },
      clock: { type: "string", default: "stepped" },
      rate: { type: "string" },
    },
    // pnpm hands its own "--" on.
    args: process.argv.slice(2).filter((word) => word !== "--"),
  });
  const [count, seed, clock] = [Number(values.count), Number(values.seed), values.clock];
  const isClock = clock === "stepped" || clock === "system";
  if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed) || !isClock) {
    say("Usage: pnpm seams [--count N] [--seed S] [--clock stepped|system] [--rate NUM/DEN]");
    return 2;
  }
  const chosen: Rational | undefined = values.rate === undefined ? undefined : parseRational(values.rate);
  const { clips, missing } = await seamClips(AbortSignal.timeout(patienceMs));
  for (const why of missing) say(`left out: ${why}`);
  if (clips.length === 0) return 1;
  let failed = 0;
  for (let run = 0; run * seamsPerRun < count; run++) {
    const seams = Math.min(seamsPerRun, count - run * seamsPerRun);
    const frameRate = chosen ?? rates[run % rates.length] ?? rates[0];
    const own = seed + run;
    const elapsed = new Elapsed();
    const signal = AbortSignal.timeout(patienceMs);
    const report = await runSeams({ clips, seams, seed: own, frameRate, clock }, signal);
    const seconds = (elapsed.ms / 1_000).toFixed(1);
    const rate = `${frameRate.num}/${frameRate.den}`;
    say(
      `seed ${own} at ${rate}: ${seams} seams, ${report.ticks} ticks, ${report.samples} samples in ${seconds} s; ${report.count} faults`,
    );
    for (const fault of report.faults) say(`  ${fault}`);
    if (report.count > 0) {
      failed += seams;
      say(`  pnpm seams --count ${seams} --seed ${own} --rate ${rate} --clock ${clock}`);
    }
  }
  say(`${count - failed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

process.exitCode = await main();
