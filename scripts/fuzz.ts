// pnpm fuzz media [--minutes N] [--seed S]: plays damaged media until the time is up. Run by the pinned Node, which strips
// the types; behind scripts/bootstrap.mjs, which builds first.
import { parseArgs } from "node:util";
import { fuzzMedia, type MediaOptions } from "./fuzz/media.ts";

const usage = `Usage: pnpm fuzz media [--minutes N] [--seed S] [--cases N] [--jobs N] [--fresh] [--plants] [--case N]
  --minutes N  time to spend (10)
  --seed S     which cases (1); goes on where this seed was left
  --cases N    at most so many cases in all
  --jobs N     players at once (one a core)
  --fresh      begins this seed anew
  --plants     first sees that planted faults are found
  --case N     plays one case and says all about it`;
/** As in docs/cli.md. */
const exitUsage = 2;

function optionsOf(args: readonly string[]): MediaOptions | undefined {
  const text = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  const { values, positionals } = parseArgs({
    options: { minutes: text, seed: text, cases: text, jobs: text, case: text, fresh: flag, plants: flag },
    allowPositionals: true,
    // pnpm hands its own "--" on.
    args: args.filter((word) => word !== "--"),
  });
  const number = (given: string | undefined, otherwise: number) =>
    given === undefined ? otherwise : Number(given);
  const options: MediaOptions = {
    minutes: number(values.minutes, 10),
    seed: number(values.seed, 1),
    casesMax: number(values.cases, Number.MAX_SAFE_INTEGER),
    jobs: number(values.jobs, 0),
    isFresh: values.fresh,
    checksPlants: values.plants,
    only: values.case === undefined ? undefined : Number(values.case),
  };
  const whole = [options.seed, options.casesMax, options.jobs, options.only ?? 0];
  const good = whole.every((value) => Number.isSafeInteger(value) && value >= 0) && options.minutes > 0;
  return good && positionals.length === 1 && positionals[0] === "media" ? options : undefined;
}

async function main(): Promise<number> {
  const options = optionsOf(process.argv.slice(2));
  if (options === undefined) {
    console.error(usage);
    return exitUsage;
  }
  return await fuzzMedia(options);
}

process.exitCode = await main();
