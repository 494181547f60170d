import type { FrameLease, HouseGrid, SampleIndex, Tick } from "@retrovue/core";

/** What a tick was found to be wrong in. */
export interface TimingFault {
  readonly tick: Tick;
  /**
   * `order`: not after the tick before it. `time`: shown at another time than the grid's. `sound`: another share of samples
   * than the grid's, or not where the tick before it ended.
   */
  readonly what: "order" | "time" | "sound";
}

/** Faults that are kept in words; the rest are only counted. */
const faultsKept = 100;

/** Checks ticks, one after another, against the grid. */
export class TimingReport {
  /** The first of them. */
  readonly faults: TimingFault[] = [];
  /** All of them. */
  faultCount = 0;
  /** Ticks that show the buffer of the tick before them. */
  repeats = 0;
  #tick: Tick | undefined;
  #pictureId = "";
  #samplesEnd: SampleIndex | undefined;

  look(grid: HouseGrid, lease: FrameLease): void {
    const { tick } = lease;
    if (this.#tick !== undefined && tick <= this.#tick) this.#fault(tick, "order");
    if (lease.time !== grid.tickTime(tick)) this.#fault(tick, "time");
    const follows = this.#tick !== undefined && tick === this.#tick + 1;
    const isWhole = lease.sampleStart === grid.sampleAt(tick) && lease.samples === grid.samplesIn(tick);
    if (!isWhole || (follows && lease.sampleStart !== this.#samplesEnd)) this.#fault(tick, "sound");
    if (follows && lease.pictureId === this.#pictureId) this.repeats++;
    this.#tick = tick;
    this.#pictureId = lease.pictureId;
    this.#samplesEnd = (lease.sampleStart + lease.samples) as SampleIndex;
  }

  #fault(tick: Tick, what: TimingFault["what"]): void {
    this.faultCount++;
    if (this.faults.length < faultsKept) this.faults.push({ tick, what });
  }
}
