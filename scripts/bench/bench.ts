/**
 * One benchmark: the same work done by us and by a peer, measured in interleaved pairs.
 *
 * A bench file, `packages/<package>/bench/<name>.bench.ts`, exports
 * `part` (what `pnpm bench PART` asks for) and `benches`. It runs with the pinned Node directly: types are stripped,
 * nothing is compiled, so it imports built packages by name (`@retrovue/core`) and this file as a type only.
 *
 * @example
 * import type { Bench } from "../../../scripts/bench/bench.ts";
 * export const part = "core";
 * export const benches: Bench[] = [
 *   { bench: "timeline-at", unit: "ns", lowerIsBetter: true, peerName: "linear scan", ours, peer },
 * ];
 */
export interface Bench {
  /** Kebab-case and stable: results are compared over time by this name. */
  readonly bench: string;
  /** Unit of what `ours` and `peer` return: `ns`, `µs`, `ms`, `fps`, `MB/s`, `%`. */
  readonly unit: string;
  /** Who we are compared with, by a name that a reader knows: `ffmpeg`, `bare futex`. */
  readonly peerName: string;
  /** True for times and costs, false for rates. Decides which way round the ratio is: above 1 we are better. */
  readonly lowerIsBetter: boolean;
  /** Pairs to measure after one unmeasured pair. Default 7. */
  readonly pairs?: number;
  /** Measures our side once and returns the figure in `unit`. */
  readonly ours: () => number | Promise<number>;
  /** Measures the peer once and returns the figure in `unit`. */
  readonly peer: () => number | Promise<number>;
  /** A product target, printed beside the result and never asserted: `1 µs`. */
  readonly target?: string;
  /** Why this bench cannot run here (a tool or device is missing); undefined where it can. */
  readonly unavailable?: () => string | undefined | Promise<string | undefined>;
  /** Runs once after the last pair, whatever happened. */
  readonly close?: () => void | Promise<void>;
}

/** What a bench file exports. */
export interface BenchFile {
  readonly part: BenchPart;
  readonly benches: readonly Bench[];
}

/** The parts of the product that are measured, in the order that they are run. */
export const benchParts = ["core", "bus", "decode", "engine", "control", "render", "hw"] as const;

/** One of `benchParts`. */
export type BenchPart = (typeof benchParts)[number];
