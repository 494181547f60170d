import { type Nanoseconds, nanoseconds } from "../time/units.js";
import { midpoint } from "./mapped-clock.js";
import { slewPpbMax } from "./mapping.js";
import { percentile95, scatterWindow } from "./scatter.js";

/**
 * One question and answer between the master and this host: four timestamps, two of each clock. The host's are of
 * CLOCK_MONOTONIC, not of house time, so that the clock's own corrections never look like drift of the master.
 */
export interface Exchange {
  /** The master's time when it asked. */
  readonly masterSent: Nanoseconds;
  /** CLOCK_MONOTONIC when the question came in. */
  readonly received: Nanoseconds;
  /** CLOCK_MONOTONIC when the answer went out. */
  readonly sent: Nanoseconds;
  /** The master's time when it had the answer. */
  readonly masterReceived: Nanoseconds;
}

/** What became of an exchange: taken, unlike the others and set aside, or the third such, which proves a step. */
export type ExchangeVerdict = "taken" | "set-aside" | "stepped" | "impossible";

/** Where the master's clock is, as a line over CLOCK_MONOTONIC. */
export interface MasterEstimate {
  /** The master's time at an instant of CLOCK_MONOTONIC. */
  masterAt(mono: Nanoseconds): Nanoseconds;
  /** The master's rate against CLOCK_MONOTONIC, parts per billion; within ±500 000. */
  readonly driftPpb: number;
  /** Exchanges that it rests on, 1 to 64. */
  readonly exchanges: number;
  /** Shortest round trip among them: half of it bounds what asymmetry can hide. */
  readonly delayNsMin: Nanoseconds;
  /** 95th percentile of their distance from the line. */
  readonly jitterNsP95: Nanoseconds;
}

interface Sample {
  /** Middle of the exchange by CLOCK_MONOTONIC. */
  readonly mono: bigint;
  /** The master's middle minus ours. */
  readonly offset: bigint;
  /** Time on the way, both ways together. */
  readonly delayNs: number;
}

/** A line through samples: offset(x) = meanNs + slope · (x − meanAtNs), relative to `origin`. */
interface Line {
  readonly origin: Sample;
  readonly meanAtNs: number;
  readonly meanNs: number;
  readonly slope: number;
  /** One standard deviation of the slope. */
  readonly slopeError: number;
}

/** No path of ours takes this long; a caller that says so has mixed up its timestamps. */
const delayNsMax = 10e9;

/** Two good clocks may disagree on a long exchange by 500 ppm of it; that much less than nothing is no fault. */
const delayNsMin = -1e6;

/** What scheduling adds to the best of round trips; it keeps single lucky ones from ruling alone. */
const unevennessNs = 50_000;

/** Crystals are within 100 ppm of each other at one standard deviation, before anything is known of them. */
const driftErrorAtFirst = 100e-6;

/** How far a crystal's rate wanders with temperature in the time of one window, at one standard deviation. */
const driftWander = 1e-6;

/** So many exchanges in a row that contradict the line are no longer a mishap of the network. */
const stepProof = 3;

/**
 * Estimates the master's clock from exchanges. Pure: it reads no clock and depends on nothing but what is added.
 *
 * Half the delay bounds an offset's error, since all of it may lie on one way; so of the last 64 exchanges the half with the
 * shortest delays is kept, each weighted by how much longer than the best it took, and a line is laid through them by
 * least squares. An exchange that the line cannot explain is set aside; three in a row that agree with each other mean that the
 * master has stepped, and the line begins anew with them, keeping the drift.
 */
export class MasterEstimator {
  #samples: Sample[] = [];
  #contradicting: Sample[] = [];
  /** What earlier windows say of the drift, and its standard deviation. */
  #drift = 0;
  #driftError = driftErrorAtFirst;
  #takenSinceLearnt = 0;
  #line: Line | undefined;

  /** Adds one exchange and says what it was worth. Exchanges come in the order in which they were made. */
  add(exchange: Exchange): ExchangeVerdict {
    const sample = measure(exchange);
    if (sample === undefined || this.#isOutOfOrder(sample)) return "impossible";
    if (this.#line && !this.#explains(this.#line, sample)) {
      this.#contradicting.push(sample);
      if (this.#contradicting.length < stepProof) return "set-aside";
      if (!agree(this.#contradicting)) {
        this.#contradicting.shift();
        return "set-aside";
      }
      this.#learnDrift(this.#line);
      this.#samples = this.#contradicting;
      this.#contradicting = [];
      this.#fit();
      return "stepped";
    }
    this.#contradicting = [];
    this.#samples.push(sample);
    if (this.#samples.length > scatterWindow) this.#samples.shift();
    this.#fit();
    // Once in a window, so that no exchange is learnt from twice.
    if (this.#line && ++this.#takenSinceLearnt >= scatterWindow) this.#learnDrift(this.#line);
    return "taken";
  }

  /** Undefined before the first exchange. */
  estimate(): MasterEstimate | undefined {
    const line = this.#line;
    if (line === undefined) return undefined;
    return {
      masterAt: (mono) => nanoseconds(mono + offsetAt(line, mono)),
      driftPpb: clampPpb(line.slope * 1e9),
      exchanges: this.#samples.length,
      delayNsMin: nanoseconds(BigInt(Math.round(bestDelay(this.#samples)))),
      jitterNsP95: percentile95(this.#samples.map((sample) => Math.abs(residual(line, sample)))),
    };
  }

  #learnDrift({ slope, slopeError }: Line): void {
    this.#drift = slope;
    this.#driftError = Math.hypot(slopeError, driftWander);
    this.#takenSinceLearnt = 0;
  }

  #isOutOfOrder(sample: Sample): boolean {
    const last = this.#contradicting.at(-1) ?? this.#samples.at(-1);
    return last !== undefined && sample.mono <= last.mono;
  }

  /** True if the sample lies where the line, its own delay and theirs allow it to lie. */
  #explains(line: Line, sample: Sample): boolean {
    const away = Math.abs(Number(sample.mono - line.origin.mono) - line.meanAtNs);
    const allowed =
      (sample.delayNs + bestDelay(this.#samples)) / 2 + 10 * unevennessNs + 5 * line.slopeError * away;
    return Math.abs(residual(line, sample)) <= allowed;
  }

  #fit(): void {
    const [origin] = this.#samples;
    if (origin === undefined) return;
    const byDelay = [...this.#samples].sort((a, b) => a.delayNs - b.delayNs);
    const best = byDelay.slice(0, Math.max(stepProof, Math.ceil(byDelay.length / 2)));
    const floor = bestDelay(best);
    const points = best.map((sample) => ({
      x: Number(sample.mono - origin.mono),
      y: Number(sample.offset - origin.offset),
      weight: 1 / ((sample.delayNs - floor) / 2 + unevennessNs) ** 2,
    }));
    const sum = (of: (point: (typeof points)[number]) => number) =>
      points.reduce((total, point) => total + of(point), 0);
    const weights = sum((p) => p.weight);
    const meanAtNs = sum((p) => p.weight * p.x) / weights;
    const meanNs = sum((p) => p.weight * p.y) / weights;
    // The drift known before counts like one more observation of the slope: it keeps the line level while exchanges are
    // few, and lets the drift sharpen from window to window while the offset stays fresh.
    const prior = 1 / this.#driftError ** 2;
    const spread = sum((p) => p.weight * (p.x - meanAtNs) ** 2) + prior;
    const moment = sum((p) => p.weight * (p.x - meanAtNs) * (p.y - meanNs)) + prior * this.#drift;
    this.#line = { origin, meanAtNs, meanNs, slope: moment / spread, slopeError: 1 / Math.sqrt(spread) };
  }
}

function measure({ masterSent, received, sent, masterReceived }: Exchange): Sample | undefined {
  const delayNs = Number(masterReceived - masterSent - (sent - received));
  if (sent < received || delayNs < delayNsMin || delayNs > delayNsMax) return undefined;
  const mono = midpoint(received, sent);
  return { mono, offset: midpoint(masterSent, masterReceived) - mono, delayNs: Math.max(0, delayNs) };
}

/** True if one clock, however it drifts, can have given all of them. */
const agree = (samples: readonly Sample[]): boolean =>
  samples.every((a) =>
    samples.every((b) => {
      const allowed = (a.delayNs + b.delayNs) / 2 + 10 * unevennessNs + Number(abs(a.mono - b.mono)) * 500e-6;
      return Number(abs(a.offset - b.offset)) <= allowed;
    }),
  );

const abs = (value: bigint): bigint => (value < 0n ? -value : value);

const bestDelay = (samples: readonly Sample[]): number =>
  samples.reduce((best, { delayNs }) => Math.min(best, delayNs), Number.POSITIVE_INFINITY);

function offsetAt(line: Line, mono: bigint): bigint {
  const x = Number(mono - line.origin.mono);
  return line.origin.offset + BigInt(Math.round(line.meanNs + line.slope * (x - line.meanAtNs)));
}

const residual = (line: Line, sample: Sample): number => Number(sample.offset - offsetAt(line, sample.mono));

const clampPpb = (ppb: number): number => Math.round(Math.max(-slewPpbMax, Math.min(slewPpbMax, ppb)));
