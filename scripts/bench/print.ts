import type { BenchResult, Spread } from "./harness.ts";

/** Three significant digits, whole numbers kept whole, no exponent. */
export function figure(value: number): string {
  if (value >= 100) return String(Math.round(value));
  return String(Number(value.toPrecision(3)));
}

const spread = ({ median, min, max }: Spread) => `${figure(median)} (${figure(min)}–${figure(max)})`;

/** One line of JSON: medians, and how far the ratio scattered. */
export function jsonLine(result: BenchResult): string {
  const { bench, ours, peer, unit, ratio, peerName } = result;
  return JSON.stringify({
    bench,
    ours: ours.median,
    peer: peer.median,
    unit,
    ratio: ratio.median,
    peerName,
    ratioMin: ratio.min,
    ratioMax: ratio.max,
  });
}

/** One line for a person who waits: which bench of how many is done, and its medians. */
export function progressLine(
  { bench, ours, peer, unit, ratio }: BenchResult,
  done: number,
  of: number,
): string {
  return `${done}/${of} ${bench}: ${figure(ours.median)} against ${figure(peer.median)} ${unit}, ratio ${figure(ratio.median)}`;
}

const headings = ["bench", "ours", "peer", "unit", "ratio", "against", "target"];

/** A table for people: medians with least and greatest; a ratio above 1 means that ours is better. */
export function table(results: readonly BenchResult[]): string {
  const rows = results.map((result) => [
    result.bench,
    spread(result.ours),
    spread(result.peer),
    result.unit,
    spread(result.ratio),
    result.peerName,
    result.target ?? "",
  ]);
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return [headings, ...rows].map(line).join("\n");
}
