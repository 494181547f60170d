import type { Clock } from "../clock/clock.js";
import { orAbort } from "../clock/time-limit.js";
import { PlayoutError } from "../errors/playout-error.js";
import type { Nanoseconds } from "../time/units.js";
import type { Candidate } from "./candidate.js";
import type { PassedOver } from "./decoder-change.js";

/** The best that a decoder can say of itself (see `ProbeResult.score`). */
const scoreMax = 100;

/** What an inquiry is about. */
export interface InquiryOptions {
  /** Who was asked, by the decoder's index: settles with its answer and never rejects. */
  readonly asked: ReadonlyMap<number, Promise<Candidate>>;
  readonly clock: Clock;
  /** How long a usable answer waits for better ones. */
  readonly graceNs: Nanoseconds;
}

/**
 * The answers of several decoders to one question, best first, as they come: who would be best is waited for only as long as
 * somebody better may still answer, and no longer than a short grace once somebody can.
 */
export class Inquiry {
  readonly #options: InquiryOptions;
  readonly #pending: Set<number>;
  readonly #answers: Candidate[] = [];
  #news = Promise.withResolvers<void>();
  /** Pending until the grace is over, from the first usable answer on. */
  #grace: Promise<void> | undefined;
  #isGraceOver = false;

  constructor(options: InquiryOptions) {
    this.#options = options;
    this.#pending = new Set(options.asked.keys());
    for (const [index, answer] of options.asked) {
      void answer.then((candidate) => {
        this.#pending.delete(index);
        this.#answers.push(candidate);
        this.#answers.sort(better);
        this.#news.resolve();
        this.#news = Promise.withResolvers();
      });
    }
  }

  /** The best that can play the asset and was not taken before; undefined when nobody is left. Rejects as `signal` aborts. */
  async take(signal: AbortSignal): Promise<Candidate | undefined> {
    for (;;) {
      signal.throwIfAborted();
      const best = this.#answers.find(({ probe }) => probe.score > 0);
      if (best !== undefined && (this.#isGraceOver || !this.#mayBeBettered(best))) {
        this.#answers.splice(this.#answers.indexOf(best), 1);
        return best;
      }
      if (best === undefined && this.#pending.size === 0) return undefined;
      if (best !== undefined) this.#grace ??= this.#letGracePass(signal);
      const next = this.#news.promise;
      await orAbort(
        this.#grace === undefined || this.#isGraceOver ? next : Promise.race([next, this.#grace]),
        signal,
      );
    }
  }

  /** Those who answered that they cannot, best first. */
  get declined(): readonly Candidate[] {
    return this.#answers.filter(({ probe }) => probe.score <= 0);
  }

  /** Those who cannot now what they would play at other times, and those who have not answered within the grace. */
  get passedOver(): readonly Omit<PassedOver, "name">[] {
    const refused = this.#answers.flatMap(({ index, probe: { score, refusal: reason, reason: why } }) => {
      if (score > 0 || reason === undefined) return [];
      const code = reason === "unsupported" ? "UnsupportedMedia" : "DeviceUnavailable";
      return [{ index, reason, error: new PlayoutError(code, why) }];
    });
    if (!this.#isGraceOver) return refused;
    const silent = new PlayoutError("Timeout", "It did not answer in time whether it plays this.");
    return [
      ...refused,
      ...[...this.#pending].map((index) => ({ index, reason: "hung" as const, error: silent })),
    ];
  }

  #mayBeBettered(best: Candidate): boolean {
    for (const index of this.#pending) {
      if (best.probe.score < scoreMax || index < best.index) return true;
    }
    return false;
  }

  async #letGracePass(signal: AbortSignal): Promise<void> {
    const { clock, graceNs } = this.#options;
    await clock.sleepUntil((clock.now() + graceNs) as Nanoseconds, signal).catch(() => {});
    this.#isGraceOver = true;
  }
}

/** By score, then by the order of the configuration. */
export const better = (a: Candidate, b: Candidate): number =>
  b.probe.score - a.probe.score || a.index - b.index;
