import type { Tick } from "@retrovue/core";
import type { SimWorker } from "../world/sim-workers.js";
import { Violation } from "./violation.js";

/** A session shows one picture and conforms another, and the ladder keeps one. */
const buffersPerSource = 2;

/** Holds what a worker has open against what it may have: memory that is sized at start and comes back at the end. */
export class HoldingsChecker {
  readonly #sourcesMax: number;

  constructor(sourcesMax: number) {
    this.#sourcesMax = sourcesMax;
  }

  /** A worker that runs, everything settled. */
  running(worker: SimWorker, head: Tick): void {
    const { decoders, buffers, misuse } = worker.holdings();
    if (decoders > this.#sourcesMax) {
      throw new Violation(
        "memory/decoders-are-bounded",
        head,
        `${decoders} decoders are open; ${this.#sourcesMax} are allowed.`,
      );
    }
    const buffersMax = this.#sourcesMax * buffersPerSource + 1;
    if (buffers > buffersMax) {
      throw new Violation(
        "memory/buffers-are-bounded",
        head,
        `${buffers} picture buffers are on loan; ${buffersMax} are allowed.`,
      );
    }
    if (misuse.length > 0) throw new Violation("decoder/used-as-promised", head, misuse.join("; "));
  }

  /** A worker that has ended cleanly. */
  ended(worker: SimWorker, head: Tick): void {
    const left = worker.holdings();
    for (const what of ["decoders", "pictures", "sounds", "buffers"] as const) {
      if (left[what] > 0) {
        throw new Violation(
          "memory/all-given-back",
          head,
          `${left[what]} ${what} are left after a clean stop.`,
        );
      }
    }
    if (left.misuse.length > 0) throw new Violation("decoder/used-as-promised", head, left.misuse.join("; "));
  }
}
