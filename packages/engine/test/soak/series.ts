import type { EngineSample, ProcessSample } from "./process-samples.ts";
import {
  type BlockValue,
  median,
  type Sample,
  type Slope,
  slopeOf,
  type Verdict,
  verdictOf,
} from "./slope.ts";

/** Something that must not grow. */
export interface Series {
  readonly name: string;
  readonly unit: "MB" | "";
  readonly samples: readonly Sample[];
  /** Growth an hour that is let pass: pages that are touched for the first time late, tables that find their size. */
  readonly perHourMax: number;
  readonly blockValue: BlockValue;
}

/** What is said of one. */
export interface SeriesVerdict extends Series {
  readonly median: number;
  readonly slope: Slope | undefined;
  readonly verdict: Verdict;
}

/**
 * The beginning, in which memory finds its size: a third of the run, and ten minutes at most. By then the ring of 10 000 events is as good as full,
 * each file has been played by each worker, and V8's heaps have their size.
 */
const warmUpShare = 1 / 3;
const warmUpHoursMax = 10 / 60;

/** What is looked at for less than twelve minutes tells of beginnings, not of growth: its slopes are told and not judged. */
const judgedHoursMin = 0.2;

/** A process's own series is looked at where it lived for so much of what remains, and to its end. */
const lifeShare = 0.8;

const megabyte = 1e6;
/** Of a leak in what each segment does, at the 4 000 segments an hour that a channel of a soak plays, 4 KB each. */
const memoryPerHourMax = 16;
const countPerHourMax = 2;

/** The series of a run, without its beginning, and the verdict of each. */
export function verdictsOf(samples: readonly EngineSample[]): SeriesVerdict[] {
  const hours = samples.at(-1)?.hours ?? 0;
  const from = Math.min(hours * warmUpShare, warmUpHoursMax);
  const isLong = hours - from >= judgedHoursMin;
  const kept = samples.filter((sample) => sample.hours >= from);
  return [...processSeries(kept), ...totals(kept)].map((series) => {
    const slope = slopeOf(series.samples, series.blockValue);
    return {
      ...series,
      slope,
      median: median(series.samples.map(({ value }) => value)),
      verdict: isLong ? verdictOf(slope, series.perHourMax) : "too short",
    };
  });
}

function processSeries(samples: readonly EngineSample[]): Series[] {
  const lives = new Map<number, { hours: number; one: ProcessSample }[]>();
  for (const { hours, processes } of samples) {
    for (const one of processes) {
      const life = lives.get(one.pid) ?? [];
      life.push({ hours, one });
      lives.set(one.pid, life);
    }
  }
  const last = samples.at(-1)?.hours;
  const long = [...lives.values()].filter(
    (life) => life.length >= samples.length * lifeShare && life.at(-1)?.hours === last,
  );
  const numbers = new Map<string, number>();
  const each = long.flatMap((life): Series[] => {
    const role = life[0]?.one.role ?? "other";
    const number = (numbers.get(role) ?? 0) + 1;
    numbers.set(role, number);
    const name = role === "engine" ? role : `${role} ${number}`;
    const of = (value: (one: ProcessSample) => number): Sample[] =>
      life.map(({ hours, one }) => ({ hours, value: value(one) }));
    return [
      {
        name: `memory of ${name}`,
        unit: "MB",
        samples: of(({ ownBytes }) => ownBytes / megabyte),
        perHourMax: memoryPerHourMax,
        // Decoders that are open come and go, 20 MB each, and so does garbage; what leaks is under them all.
        blockValue: "least",
      },
      {
        name: `threads of ${name}`,
        unit: "",
        samples: of(({ threads }) => threads),
        perHourMax: countPerHourMax,
        blockValue: "median",
      },
      {
        name: `descriptors of ${name}`,
        unit: "",
        samples: of(({ descriptors }) => descriptors),
        perHourMax: countPerHourMax,
        blockValue: "median",
      },
    ];
  });
  return [...each, ...meanOfWorkers(samples, long)];
}

/** The workers that live through: what leaks in one does so in all of them, and what comes and goes in one does so at other times than in the next. */
function meanOfWorkers(
  samples: readonly EngineSample[],
  lives: readonly (readonly { readonly one: ProcessSample }[])[],
): Series[] {
  const pids = new Set(lives.flatMap(([first]) => (first?.one.role === "worker" ? [first.one.pid] : [])));
  if (pids.size < 2) return [];
  const means = samples.map(({ hours, processes }): Sample => {
    const own = processes.filter(({ pid }) => pids.has(pid)).map(({ ownBytes }) => ownBytes);
    return { hours, value: own.reduce((sum, bytes) => sum + bytes, 0) / own.length / megabyte };
  });
  return [
    {
      name: `memory of a worker, the mean of ${pids.size}`,
      unit: "MB",
      samples: means.filter(({ value }) => Number.isFinite(value)),
      perHourMax: memoryPerHourMax,
      blockValue: "mean",
    },
  ];
}

function totals(samples: readonly EngineSample[]): Series[] {
  const of = (value: (sample: EngineSample) => number): Sample[] =>
    samples.map((sample) => ({ hours: sample.hours, value: value(sample) }));
  return [
    {
      name: "objects in shared memory",
      unit: "",
      samples: of(({ busObjects }) => busObjects),
      perHourMax: countPerHourMax,
      blockValue: "median",
    },
    {
      name: "shared memory",
      unit: "MB",
      samples: of(({ busBytes }) => busBytes / megabyte),
      perHourMax: memoryPerHourMax,
      blockValue: "median",
    },
    {
      name: "processes",
      unit: "",
      samples: of(({ processes }) => processes.length),
      perHourMax: countPerHourMax,
      blockValue: "median",
    },
  ];
}
