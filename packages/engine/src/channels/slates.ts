import {
  type Nanoseconds,
  nanosecondsFromMs,
  orAbort,
  type PicturePlanes,
  PlayoutError,
  type ProgramFormat,
  type Timer,
} from "@retrovue/core";
import type { ChannelConfig } from "../config/playout-config.js";
import type { Log } from "../log/log.js";
import { blankPicture } from "../media/still-picture.js";
import { drawSlateCard } from "./slate-card.js";

/** Makes a still of an asset in program format, wherever it is decoded. */
export type StillMaker = (uri: string, format: ProgramFormat, signal: AbortSignal) => Promise<PicturePlanes>;

/** What of a channel its slate follows from. */
export type SlateOrder = Pick<ChannelConfig, "id" | "name" | "format" | "slate">;

/** How long one still may take to be made: two opens of the process that decodes it, one of which began it (media-worker.ts). */
const makeNsMax = nanosecondsFromMs(15_000);

/** How long a channel's start waits for its still: a process that decodes a picture takes half a second, on a cold disk a few. */
const waitNsMax = nanosecondsFromMs(5_000);

/** Stills kept at one time, the oldest is forgotten when one more comes: 3 MB each at 1080p. */
const stillsMax = 64;

/** One file in one format. */
interface Still {
  readonly made: Promise<PicturePlanes>;
  /** There, from this making or from the one before. */
  picture: PicturePlanes | undefined;
  /** True once a start waited for it in vain: the next one does not. */
  isSlow: boolean;
  /** True where it could not be made: the next start tries again. */
  hasFailed: boolean;
  /** Channels that were told of what became of it. */
  readonly told: Set<number>;
}

/**
 * The slates of an engine's channels: configured stills, each decoded once for a format, and the built-in card for everyone else, and
 * for whoever's still cannot be had in time. No channel waits for another one's.
 */
export class Slates implements Disposable {
  readonly #still: StillMaker;
  readonly #timer: Timer;
  readonly #log: Log;
  readonly #stills = new Map<string, Still>();
  readonly #closing = new AbortController();

  constructor(still: StillMaker, { timer, log }: { readonly timer: Timer; readonly log: Log }) {
    this.#still = still;
    this.#timer = timer;
    this.#log = log;
  }

  /**
   * Makes the stills of these channels anew, so that their starts find them, and forgets those of others. Files may have other content
   * than before; until the new still is there the old one serves. Resolves when each is made or failed, which is told; never rejects.
   */
  async prepare(channels: readonly SlateOrder[]): Promise<void> {
    const before = new Map(this.#stills);
    this.#stills.clear();
    await Promise.all(
      channels.map(async ({ id, slate, format }) => {
        if (slate.kind === "card") return;
        const key = keyOf(slate.path, format);
        const still = this.#stills.get(key) ?? this.#begin(slate.path, format, before.get(key));
        await still.made.catch((thrown: unknown) => this.#tell(still, id, slate.path, thrown));
      }),
    );
  }

  /**
   * The slate of a channel that starts, in its format and not to be written to. Waits for 5 s at most, and only once for each that
   * is not had in that time; then, and where it fails, it is the built-in card, which is told. Rejects where `signal` aborts.
   */
  async of({ id, name, format, slate }: SlateOrder, signal: AbortSignal): Promise<PicturePlanes> {
    if (slate.kind !== "card") {
      const known = this.#stills.get(keyOf(slate.path, format));
      const still = known === undefined || known.hasFailed ? this.#begin(slate.path, format, known) : known;
      try {
        return still.picture ?? (await this.#inTime(still, slate.path, signal));
      } catch (thrown) {
        if (signal.aborted) throw PlayoutError.from(signal.reason, "Cancelled");
        this.#tell(still, id, slate.path, thrown);
      }
    }
    const card = blankPicture(format);
    drawSlateCard(card, format, name);
    return card;
  }

  /** Ends what is being made. Idempotent. */
  [Symbol.dispose](): void {
    this.#closing.abort(new PlayoutError("Closed", "The engine is closing."));
  }

  /** @param before the making before, whose picture serves until this one is there */
  #begin(path: string, format: ProgramFormat, before: Still | undefined): Still {
    const key = keyOf(path, format);
    const made = this.#within(
      makeNsMax,
      `The slate ${path} took longer than 15 s.`,
      this.#closing.signal,
      (signal) => this.#still(path, format, signal),
    );
    const { picture, isSlow = false } = before ?? {};
    const still: Still = { made, picture, isSlow, hasFailed: false, told: new Set() };
    this.#stills.set(key, still);
    const [oldest] = this.#stills.keys();
    if (this.#stills.size > stillsMax && oldest !== undefined) this.#stills.delete(oldest);
    made.then(
      (one) => {
        still.picture = one;
        still.isSlow = false;
      },
      () => {
        still.hasFailed = true;
      },
    );
    return still;
  }

  #inTime(still: Still, path: string, signal: AbortSignal): Promise<PicturePlanes> {
    const late = `The slate ${path} was not there within 5 s.`;
    if (still.isSlow) throw new PlayoutError("Timeout", late);
    return this.#within(waitNsMax, late, signal, async (limit) => {
      try {
        return await orAbort(still.made, limit);
      } catch (thrown) {
        if (limit.aborted && !signal.aborted) still.isSlow = true;
        throw thrown;
      }
    });
  }

  async #within<T>(
    length: Nanoseconds,
    late: string,
    outer: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const limit = new AbortController();
    const follow = () => limit.abort(outer.reason);
    outer.addEventListener("abort", follow, { once: true });
    if (outer.aborted) follow();
    using _timer = this.#timer.after(length, () => limit.abort(new PlayoutError("Timeout", late)));
    try {
      return await orAbort(work(limit.signal), limit.signal);
    } finally {
      outer.removeEventListener("abort", follow);
    }
  }

  /** Each channel once of each making. */
  #tell({ told }: Still, channel: number, path: string, thrown: unknown): void {
    if (this.#closing.signal.aborted || told.has(channel)) return;
    told.add(channel);
    this.#log.error(
      { channel, slate: path, err: PlayoutError.from(thrown) },
      "the slate cannot be shown; the built-in card stands in for it",
    );
  }
}

/** A picture fits nothing but the very size and sampling that it was made for. */
const keyOf = (path: string, format: ProgramFormat): string => JSON.stringify([path, format]);
