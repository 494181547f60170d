import type { SeedResult } from "../campaign/seed-result.js";
import type { Tally } from "../campaign/tally.js";
import type { HeapReport, HeapSample } from "../heap/heap-run.js";

/** What a campaign was run with, as far as a report tells it. */
interface RunWith {
  readonly minutes: number;
  readonly mutant: string | undefined;
}

/** A campaign's report, for people. */
export function reportLines(tally: Tally, run: RunWith & { readonly elapsedMs: number }): string[] {
  const { seeds, ticks, seams, samples, repeats, standIns, broken } = tally;
  const seconds = run.elapsedMs / 1_000;
  const lines = [
    `seeds       ${seeds} of ${run.minutes} minutes${run.mutant === undefined ? "" : `, mutant ${run.mutant}`}`,
    `ticks       ${ticks} checked, ${repeats} repeats, ${standIns} stand-ins`,
    `seams       ${seams}`,
    `samples     ${samples} compared with the plan`,
    `stand-ins   ${counts(tally.reasons)}`,
    `met         ${counts(tally.faults)}`,
    `took        ${seconds.toFixed(1)} s, ${Math.round(ticks / seconds)} ticks a second`,
    `fingerprint ${tally.fingerprint}`,
  ];
  for (const result of broken) lines.push("", ...brokenLines(result, run));
  lines.push(
    "",
    broken.length === 0 ? "No promise was broken." : `${broken.length} of ${seeds} seeds broke a promise.`,
  );
  return lines;
}

/** A broken promise and the line that replays it. Nothing where none was broken. */
export function brokenLines({ seed, broken }: SeedResult, { minutes, mutant }: RunWith): string[] {
  if (broken === undefined) return [];
  const { rule, tick, offset, what } = broken;
  return [
    `seed ${seed}: ${rule} at tick #${offset} (${tick})`,
    `  ${what}`,
    `  pnpm sim --seed ${seed} --minutes ${minutes}${mutant === undefined ? "" : ` --mutant ${mutant}`} --trace`,
  ];
}

/** The report for programs. Times are milliseconds. */
export function jsonOf(tally: Tally, elapsedMs: number): object {
  return {
    ...tally,
    broken: tally.broken.map(({ seed, broken }) => ({ seed, ...broken })),
    elapsedMs: Math.round(elapsedMs),
    ticksPerSecond: Math.round((tally.ticks / elapsedMs) * 1_000),
  };
}

/** One look at the heap. */
export const heapSampleLine = ({ tick, objects, heapBytes, externalBytes }: HeapSample): string =>
  `tick ${String(tick).padStart(10)}  ${String(objects).padStart(8)} objects  heap ${kib(heapBytes)}  outside ${kib(externalBytes)}`;

/** What became of the heap. */
export const heapLines = ({ ticks, growth, perMillionTicks, isFlat }: HeapReport): string[] => [
  `${ticks} ticks. In the later half a million of them add ${perMillionTicks.objects.toFixed(1)} objects and ${Math.round(perMillionTicks.bytes)} bytes;`,
  `all of it added ${growth.objects.toFixed(1)} objects and ${Math.round(growth.bytes)} bytes.`,
  isFlat ? "The heap is flat." : "The heap grows.",
];

const kib = (bytes: number): string => `${String(Math.round(bytes / 1_024)).padStart(8)} KiB`;

const counts = (of: Readonly<Record<string, number>>): string =>
  Object.entries(of)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
