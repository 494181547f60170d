import type { EngineSample, ProcessSample } from "./process-samples.ts";
import { median, type Sample, type Slope, slopeOf, verdictOf } from "./slope.ts";

/** Something that must not grow. */
export interface Series {
  readonly name: string;
  readonly unit: "MB" | "";
  readonly samples: readonly Sample[];
  /** Growth an hour that is let pass: pages that are touched for the first time late, tables that find their size. */
  readonly perHourMax: number;
}

/** What is said of one. */
export interface SeriesVerdict extends Series {
  readonly median: number;
  readonly slope: Slope | undefined;
  readonly verdict: "flat" | "grows" | "too short";
}

/** The beginning, in which memory finds its size: this share of the run, and five minutes at most. */
const warmUpShare = 0.2;
const warmUpHoursMax = 5 / 60;

/** What is looked at for less than a quarter of an hour tells of beginnings, not of growth: its slopes are told and not judged. */
const judgedHoursMin = 0.25;

/** A process's own series is looked at where it lived for so much of what remains, and to its end. */
const lifeShare = 0.8;

const megabyte = 1e6;
const memoryPerHourMax = 16;
const countPerHourMax = 2;

/** The series of a run, without its beginning, and the verdict of each. */
export function verdictsOf(samples: readonly EngineSample[]): SeriesVerdict[] {
  const hours = samples.at(-1)?.hours ?? 0;
  const from = Math.min(hours * warmUpShare, warmUpHoursMax);
  const isLong = hours - from >= judgedHoursMin;
  const kept = samples.filter((sample) => sample.hours >= from);
  return [...processSeries(kept), ...totals(kept)].map((series) => {
    const slope = slopeOf(series.samples);
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
  return long.flatMap((life): Series[] => {
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
      },
      {
        name: `threads of ${name}`,
        unit: "",
        samples: of(({ threads }) => threads),
        perHourMax: countPerHourMax,
      },
      {
        name: `descriptors of ${name}`,
        unit: "",
        samples: of(({ descriptors }) => descriptors),
        perHourMax: countPerHourMax,
      },
    ];
  });
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
    },
    {
      name: "shared memory",
      unit: "MB",
      samples: of(({ busBytes }) => busBytes / megabyte),
      perHourMax: memoryPerHourMax,
    },
    {
      name: "processes",
      unit: "",
      samples: of(({ processes }) => processes.length),
      perHourMax: countPerHourMax,
    },
  ];
}
