import { mediaTime, type Nanoseconds, nanosecondsFromMs, type Plan, type Segment } from "@retrovue/core";
import type { Random } from "../random.js";
import type { Actor, FaultName } from "./cast.js";

/** Gains as schedulers set them, dB. */
const gains = [-60, -20, -6, -3, 1.5, 6] as const;

const aspects = ["preserve", "stretch", "crop"] as const;

/** Faults that keep an asset off air for long where nothing else plays it. */
const lasting: ReadonlySet<FaultName> = new Set([
  "open-rejected",
  "open-rejected-often",
  "read-rejected",
  "seek-rejected",
]);

/** A day full of short pieces: what a plan of a simulated world is written from. */
export class PlanWriter {
  readonly #random: Random;
  readonly #actors: readonly Actor[];
  #written = 0;
  /** The segment, if there is one, that is to be left alone until all retries are used up. */
  siegeId: string | undefined;

  constructor(random: Random, actors: readonly Actor[]) {
    this.#random = random;
    this.#actors = actors;
  }

  /** A plan that lasts at least `length` from `start` on. */
  plan(start: Nanoseconds, length: bigint): Plan {
    const end = this.#random.chance(90) ? "pad" : "loop";
    const segments = this.segments(length);
    if (this.#random.chance(12)) this.#besiege(segments);
    // What loops has no starts of its own.
    return { revision: 1, start, segments: end === "pad" ? this.#started(segments, start) : segments, end };
  }

  /** A long segment of something that fails for long: all retries are used up, and later ones come every 30 s. */
  #besiege(segments: Segment[]): void {
    const failing = this.#actors.filter((actor) => lasting.has(actor.fault) && !actor.hasFallback);
    if (failing.length === 0) return;
    const long = this.#make(
      this.#random.pick(failing),
      0n,
      nanosecondsFromMs(this.#random.int(70_000, 110_000)),
    );
    this.siegeId = long.id;
    segments.splice(Math.min(segments.length, this.#random.int(1, 3)), 0, {
      ...long,
      fadeInNs: 0n as Nanoseconds,
      fadeOutNs: 0n as Nanoseconds,
    });
  }

  /** Some segments begin at a time of their own: at the end of the one before, or after a gap. */
  #started(segments: readonly Segment[], from: Nanoseconds): Segment[] {
    const random = this.#random;
    let cursor: bigint = from;
    return segments.map((segment) => {
      const isStarted = random.chance(8);
      if (isStarted && random.chance(60)) cursor += BigInt(random.int(1, 1_500)) * 1_000_000n;
      const start = isStarted ? (cursor as Nanoseconds) : undefined;
      cursor += segment.duration;
      return { ...segment, start };
    });
  }

  /** Segments that last at least `length` together. `first`: who the first of them is of. */
  segments(length: bigint, first?: Actor): Segment[] {
    const segments: Segment[] = first === undefined ? [] : [this.segment(first)];
    for (let total = segments[0]?.duration ?? 0n; total < length; ) {
      const next = this.#random.chance(6) ? this.#slowRun() : [this.#following(segments.at(-1))];
      for (const segment of next) {
        segments.push(segment);
        total += segment.duration;
      }
    }
    return segments;
  }

  /** One segment of a chance kind, of this actor if one is named. */
  segment(wantedActor?: Actor): Segment {
    const random = this.#random;
    const wanted = this.#duration();
    if (wantedActor === undefined && random.chance(5)) return this.#make(undefined, 0n, wanted);
    const actor = wantedActor ?? random.pick(this.#actors);
    const isShorter = wanted > actor.length && random.chance(80);
    const duration = (isShorter ? (actor.length / 1_000_000n) * 1_000_000n : wanted) as Nanoseconds;
    // Mostly inside of the media; now and then past its end, which must not shift anything.
    const room = actor.length - duration;
    const latest = room > 0n && random.chance(92) ? room : actor.length;
    const inPoint = random.chance(40) ? 0n : (BigInt(random.int(0, 1_000)) * latest) / 1_000n;
    // In-points as schedulers send them: whole milliseconds.
    return this.#make(actor, (inPoint / 1_000_000n) * 1_000_000n, duration);
  }

  #following(before: Segment | undefined): Segment {
    return before?.asset !== undefined && this.#random.chance(12) ? this.#continued(before) : this.segment();
  }

  /** Short pieces of what is slow to open, one after another, and then something good that must not wait for them. */
  #slowRun(): Segment[] {
    const random = this.#random;
    const slow = this.#actors.filter(({ fault }) => fault === "slow-open");
    const good = this.#actors.filter(({ fault }) => fault === "none");
    if (slow.length === 0) return [this.segment()];
    const run = Array.from({ length: random.int(2, 3) }, () => ({
      ...this.segment(random.pick(slow)),
      duration: nanosecondsFromMs(random.int(200, 900)),
      fadeInNs: 0n as Nanoseconds,
      fadeOutNs: 0n as Nanoseconds,
    }));
    return [...run, this.segment(random.pick(good))];
  }

  /** The same asset goes on at the exact out-point. */
  #continued(before: Segment): Segment {
    const next = this.#make(undefined, before.inPoint + before.duration, this.#duration());
    return { ...next, kind: "content", asset: before.asset };
  }

  #duration(): Nanoseconds {
    const random = this.#random;
    const ms = random.weighted([
      [15, random.int(1, 120)],
      [45, random.int(150, 1_500)],
      [30, random.int(1_500, 4_000)],
      [10, random.int(4_000, 12_000)],
    ]);
    return nanosecondsFromMs(ms);
  }

  #make(actor: Actor | undefined, inPoint: bigint, duration: Nanoseconds): Segment {
    const random = this.#random;
    this.#written += 1;
    const fades = actor !== undefined && duration > nanosecondsFromMs(1_000) && random.chance(10);
    const fade = nanosecondsFromMs(fades ? random.int(40, 450) : 0);
    return {
      id: this.#written.toString(16).padStart(32, "0"),
      kind: actor === undefined ? "pad" : random.chance(80) ? "content" : "filler",
      asset: actor && { uri: actor.uri, title: actor.fault },
      inPoint: mediaTime(inPoint),
      duration,
      start: undefined,
      gainDb: actor !== undefined && random.chance(15) ? random.pick(gains) : 0,
      fadeInNs: fade,
      fadeOutNs: fade,
      aspect: random.chance(20) ? random.pick(aspects) : undefined,
      labels: {},
    };
  }
}
