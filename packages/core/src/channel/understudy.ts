import type { PictureTreatment } from "../conform/conformer.js";
import type { HouseGrid } from "../time/house-grid.js";
import type { Tick } from "../time/units.js";
import type { Engagement } from "./engagement.js";

/** What an understudy is called with. */
export interface UnderstudyOptions {
  readonly grid: HouseGrid;
  /** Opens the next decoder and sets it to work at the place that is waited for. Rejects where nobody else plays the asset. */
  readonly engage: (signal: AbortSignal) => Promise<Engagement>;
}

/**
 * The next decoder, made ready beside one that is late: opened and sought while the lead still lasts, so that it takes over without
 * a tick being lost, and sent home where the late one comes back.
 */
export class Understudy {
  readonly #options: UnderstudyOptions;
  readonly #stop = new AbortController();
  readonly #arrived: Promise<void>;
  #engagement: Engagement | undefined;
  #hasFailed = false;
  #closed: Promise<void> | undefined;

  constructor(options: UnderstudyOptions) {
    this.#options = options;
    this.#arrived = this.#arrive();
  }

  /** True where nobody came, or who came has failed. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Settles when it is here, or nobody comes. Never rejects. */
  get arrived(): Promise<void> {
    return this.#arrived;
  }

  /** Keeps it at the tick that is waited for, though nothing of it airs yet. */
  want(tick: Tick, how: PictureTreatment): void {
    const session = this.#engagement?.session;
    session?.want(tick, how);
    session?.sound?.skipTo(this.#options.grid.sampleAt(tick));
  }

  isReadyFor(tick: Tick, how: PictureTreatment): boolean {
    return !this.#hasFailed && (this.#engagement?.session?.isReadyFor(tick, how) ?? false);
  }

  /** Hands over who came: the engagement is the caller's now. Undefined where nobody is there (any more). */
  take(): Engagement | undefined {
    const engagement = this.#hasFailed ? undefined : this.#engagement;
    if (engagement !== undefined) this.#engagement = undefined;
    return engagement;
  }

  /** Sends home who came, or is on the way; resolves when that is done. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    this.#stop.abort();
    const here = this.#engagement;
    this.#engagement = undefined;
    await Promise.all([here?.close(), this.#arrived]);
  }

  async #arrive(): Promise<void> {
    try {
      const engagement = await this.#options.engage(this.#stop.signal);
      if (this.#stop.signal.aborted) {
        await engagement.close();
        return;
      }
      this.#engagement = engagement;
      engagement.ended().catch(() => this.#fail(engagement));
    } catch {
      this.#hasFailed = true;
    }
  }

  /** It fails as an understudy: nobody saw it, and the one on air has the stage to itself again. */
  #fail(engagement: Engagement): void {
    if (this.#engagement !== engagement) return;
    this.#hasFailed = true;
    void engagement.close();
  }
}
