import { Worker } from "node:worker_threads";
import { runSeed, type SeedOrder, type SeedResult } from "./seed-result.js";

/** What a campaign runs. */
export interface CampaignOptions {
  readonly first: number;
  readonly seeds: number;
  readonly minutes: number;
  readonly mutant?: string | undefined;
  /** Worlds at one time. With one they run in this thread. */
  readonly jobs: number;
  /** Hears each result as it comes, in no order. */
  readonly onResult?: (result: SeedResult) => void;
}

/** Most of what a tick makes is gone with the next: the less often the young are looked through, the fewer are still alive. */
const youngMb = 64;

/** What a worker thread answers: a result, or the seed on which the simulation itself failed. */
type Answer = { readonly result: SeedResult } | { readonly seed: number; readonly why: string };

/** Runs a range of seeds and gives the results in their order, whoever ran them. */
export async function runCampaign(options: CampaignOptions): Promise<readonly SeedResult[]> {
  const { first, seeds, minutes, mutant, jobs, onResult } = options;
  const results: SeedResult[] = [];
  const orders = Array.from(
    { length: seeds },
    (_, index): SeedOrder => ({ seed: first + index, minutes, mutant }),
  );
  const take = (result: SeedResult) => {
    results.push(result);
    onResult?.(result);
  };
  if (jobs <= 1) {
    for (const order of orders) take(await runSeed(order));
  } else {
    const next = orders.values();
    await Promise.all(Array.from({ length: Math.min(jobs, seeds) }, () => workOff(next, take)));
  }
  return results.sort((a, b) => a.seed - b.seed);
}

/** One thread takes order after order until none is left. */
async function workOff(orders: Iterator<SeedOrder>, take: (result: SeedResult) => void): Promise<void> {
  const worker = new Worker(new URL(import.meta.resolve("#seed-worker")), {
    resourceLimits: { maxYoungGenerationSizeMb: youngMb },
  });
  try {
    await new Promise<void>((resolve, reject) => {
      const give = () => {
        const { value, done } = orders.next();
        if (done === true) resolve();
        else worker.postMessage(value);
      };
      worker.on("error", reject);
      worker.on("message", (answer: Answer) => {
        if ("why" in answer) {
          reject(new Error(`The simulation itself failed on seed ${answer.seed}: ${answer.why}`));
          return;
        }
        take(answer.result);
        give();
      });
      give();
    });
  } finally {
    await worker.terminate();
  }
}
