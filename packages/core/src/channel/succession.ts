import { orAbort } from "../clock/time-limit.js";
import type { PictureTreatment } from "../conform/conformer.js";
import type { Nanoseconds, Tick } from "../time/units.js";
import type { Engagement } from "./engagement.js";
import { LeadWatch, type LeadWatchOptions } from "./lead-watch.js";
import type { Session } from "./session.js";
import { Understudy } from "./understudy.js";

/** What a succession works with. */
export interface SuccessionOptions extends LeadWatchOptions {
  /** True where there is a decoder that has not failed and is not the one at work. */
  readonly hasOthers: (atWork: number) => boolean;
  /** Opens the next decoder and sets it to work from `tick` on, beside `late`. */
  readonly engage: (late: Session, tick: Tick, signal: AbortSignal) => Promise<Engagement>;
  /** Told of what goes home, for whoever has to wait for all at the end. */
  readonly onClosing: (closing: Promise<void>) => void;
}

/**
 * Sees to it that the next decoder is there before the one at work has cost a tick: when that loses its lead the next is called,
 * and once it has what is waited for, the late one gives way.
 */
export class Succession {
  readonly #options: SuccessionOptions;
  readonly #lead: LeadWatch;
  #understudy: Understudy | undefined;
  /** What the late one had read when the next was called. */
  #progressThen = 0;

  constructor(options: SuccessionOptions) {
    this.#options = options;
    this.#lead = new LeadWatch(options);
  }

  /** Another decoder is at work: it has its own lead to gain. */
  begin(): void {
    this.dismiss();
    this.#lead.begin();
  }

  /**
   * Whoever takes over from one that has failed or given way: who is on the way is waited for, since to call somebody else would
   * take longer. Undefined where nobody was called, or who was has failed. Rejects as `signal` aborts.
   */
  async take(signal: AbortSignal): Promise<Engagement | undefined> {
    const understudy = this.#understudy;
    if (understudy !== undefined) await orAbort(understudy.arrived, signal);
    return understudy?.take();
  }

  want(tick: Tick, how: PictureTreatment): void {
    this.#understudy?.want(tick, how);
  }

  /** A tick aired as it should. */
  delivered(tick: Tick): void {
    if (this.#lead.delivered(tick)) this.dismiss();
  }

  /** When to look after a tick that is waited for, should it not be there by then; undefined where nobody could take over. */
  hasteAt(tick: Tick, session: Session): Nanoseconds | undefined {
    return this.#options.hasOthers(session.decoderIndex) ? this.#lead.hasteAt(tick) : undefined;
  }

  /** The tick is waited for: calls the next decoder where too much of the lead is lost, and lets it take over once it is ready. */
  hasten(tick: Tick, how: PictureTreatment, session: Session): void {
    this.#lead.look(tick);
    if (!this.#lead.isShrinking(tick) || session.isReadyFor(tick, how)) return;
    if (this.#understudy === undefined) this.#call(tick, session);
    else if (this.#understudy.isReadyFor(tick, how)) session.giveWay(session.progress === this.#progressThen);
  }

  /** Sends home who was called. */
  dismiss(): void {
    const understudy = this.#understudy;
    this.#understudy = undefined;
    if (understudy !== undefined) this.#options.onClosing(understudy.close());
  }

  #call(tick: Tick, late: Session): void {
    const { grid, engage, hasOthers } = this.#options;
    if (!hasOthers(late.decoderIndex) || !this.#lead.mayCall()) return;
    this.#lead.called();
    this.#progressThen = late.progress;
    this.#understudy = new Understudy({ grid, engage: (signal) => engage(late, tick, signal) });
  }
}
