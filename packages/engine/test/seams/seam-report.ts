import type { ExpectedTick } from "./expected-air.ts";

/** Faults told in full, of all and of one segment in one place; the rest are counted. */
const toldMax = 60;
const toldMaxOfSegment = 4;

/** What was looked at, and what was found wrong. */
export class SeamReport {
  readonly #faults: string[] = [];
  readonly #bySegment = new Map<string, number>();
  #count = 0;
  ticks = 0;
  samples = 0;
  /** Ticks that showed a picture of each decoder, by its index in the configuration. */
  readonly ticksOf = new Map<number, number>();
  pictures = 0;

  /** How many faults there are. */
  get count(): number {
    return this.#count;
  }

  /** The first of them, in words. */
  get faults(): readonly string[] {
    const untold = this.#count - this.#faults.length;
    return untold > 0 ? [...this.#faults, `and ${untold} more`] : [...this.#faults];
  }

  /** At a tick: what was expected and what was found. */
  tick(where: "bus" | "stream", expected: ExpectedTick, what: string): void {
    const { tick, segment, clip } = expected;
    const key = `${where} ${segment}`;
    const before = this.#bySegment.get(key) ?? 0;
    this.#bySegment.set(key, before + 1);
    const seam = segment < 0 ? "outside of the plan" : `segment ${segment} (${clip?.name})`;
    this.#tell(`${where}, tick ${tick}, ${seam}: expected ${what}`, before < toldMaxOfSegment);
  }

  /** Of the run as a whole. */
  add(what: string): void {
    this.#tell(what, true);
  }

  #tell(what: string, isNews: boolean): void {
    this.#count += 1;
    if (isNews && this.#faults.length < toldMax) this.#faults.push(what);
  }
}
