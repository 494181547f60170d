import type { FrameLease, HouseGrid, Place, Tick } from "@retrovue/core";
import type { WorldOpening } from "../world/world.js";
import { AsRun } from "./as-run.js";
import { describeTick } from "./describe-tick.js";

/** What a story is told with. */
export interface StoryOptions {
  readonly write: (line: string) => void;
  /** Ticks, counted from the channel's first, that are told one by one. */
  readonly ticks?: { readonly from: number; readonly to: number } | undefined;
}

/** Ticks that are told one by one before a broken promise. */
const beforeViolation = 12;

/** Tells what happens in a world: what is done to it, how it answers, and what airs, in lines that a person can follow. */
export class Story {
  readonly #options: StoryOptions;
  readonly #asRun = new AsRun();
  readonly #recent: string[] = [];
  #grid: HouseGrid | undefined;
  #first = 0 as Tick;

  constructor(options: StoryOptions) {
    this.#options = options;
  }

  begin({ grid, firstTick, clock, actors }: WorldOpening): void {
    const { write } = this.#options;
    this.#grid = grid;
    this.#first = firstTick;
    const { num, den } = grid.frameRate;
    write(`${num}/${den} frames a second after the ${clock === "utc" ? "host's UTC" : "clock of a master"}.`);
    write(`Tick #0 is house tick ${firstTick}. Times are minutes:seconds of house time since it aired.`);
    write("Not as it should be:");
    for (const actor of actors) {
      if (actor.fault === "none") continue;
      const traits = [
        actor.isTransient ? "passes" : "",
        actor.hasFallback ? "a second decoder plays it" : "",
      ].filter((trait) => trait !== "");
      write(`  ${actor.uri}${traits.length > 0 ? ` (${traits.join("; ")})` : ""}`);
    }
    write("");
  }

  /** Something happened. */
  event(what: string, now: Tick): void {
    // The as-run says it better.
    if (what.startsWith("segment ") && !what.endsWith("(not ready)")) return;
    this.#tell(now, `* ${what}`);
  }

  /** A tick is on the bus. */
  tick(lease: FrameLease, place: Place, now: Tick): void {
    const grid = this.#grid;
    if (grid === undefined) return;
    const at = lease.tick - this.#first;
    const ended = this.#asRun.add(lease, at);
    if (ended !== undefined) this.#tell(now, `  ${ended}`);
    const line = describeTick(lease, place, at, lease.time - grid.tickTime(now));
    const { ticks, write } = this.#options;
    if (ticks !== undefined && at >= ticks.from && at <= ticks.to) {
      write(`            | ${line}`);
      return;
    }
    this.#recent.push(line);
    if (this.#recent.length > beforeViolation) this.#recent.shift();
  }

  /** @param violation the promise that was broken, if one was */
  end(violation: { readonly rule: string; readonly tick: number; readonly what: string } | undefined): void {
    const { write } = this.#options;
    const last = this.#asRun.end();
    if (last !== undefined) write(`              ${last}`);
    if (violation === undefined) return;
    write("");
    write("The last ticks, one by one:");
    for (const line of this.#recent) write(`  ${line}`);
    write("");
    write(`Broken: ${violation.rule} at tick #${violation.tick - this.#first} (${violation.tick})`);
    write(`  ${violation.what}`);
  }

  #tell(now: Tick, line: string): void {
    this.#options.write(`${this.#timeOf(now).padStart(10)}  ${line}`);
  }

  /** Minutes, seconds and milliseconds since the first tick. */
  #timeOf(now: Tick): string {
    const ms = Number((this.#grid?.length(Math.max(0, now - this.#first)) ?? 0n) / 1_000_000n);
    const seconds = Math.floor(ms / 1_000);
    const pad = (value: number, width: number) => String(value).padStart(width, "0");
    return `${Math.floor(seconds / 60)}:${pad(seconds % 60, 2)}.${pad(ms % 1_000, 3)}`;
  }
}
