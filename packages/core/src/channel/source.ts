import type { StandInReason } from "../bus/frame-meta.js";
import type { PictureTreatment } from "../conform/conformer.js";
import type { Choice, DecoderChooser } from "../decoder/choice.js";
import { changeReasonOf, type DecoderName, type PassedOver } from "../decoder/decoder-change.js";
import { invariant } from "../errors/invariant.js";
import { PlayoutError } from "../errors/playout-error.js";
import type { AssetRef } from "../media/asset.js";
import type { Anchor, SegmentPlace } from "../plan/place.js";
import { type Retry, retryAfter } from "../supervision/backoff.js";
import { type MediaTime, type Nanoseconds, nanosecondsFromMs, type Tick } from "../time/units.js";
import { Engagement } from "./engagement.js";
import { wantedFormat } from "./fits.js";
import { Lateness } from "./lateness.js";
import type { PictureAnswer } from "./picture-cursor.js";
import { Preparation, type PreparationTold } from "./preparation.js";
import { FellBehind, Hung, Overtaken, type Session, type SessionTools, Unserved } from "./session.js";
import type { SoundPump } from "./sound-pump.js";
import { Succession } from "./succession.js";

/** A failure of a source, told once each. */
export interface SourceFailure {
  readonly asset: AssetRef;
  readonly error: PlayoutError;
  readonly reason: StandInReason;
  /** Undefined where none could be opened. */
  readonly decoderIndex: number | undefined;
  /** Undefined where another decoder is tried at once. */
  readonly retry: Retry | undefined;
}

/** Another decoder plays than the one that would have, or did. Told once each, when it is known who plays instead. */
export interface DecoderChange {
  readonly asset: AssetRef;
  /** What it was opened for: its first place. */
  readonly place: SegmentPlace;
  readonly from: PassedOver;
  readonly to: DecoderName;
  /** True where `from` was at work; else it was never opened. */
  readonly wasAtWork: boolean;
}

/** What a source is made with. */
export interface SourceOptions {
  readonly tools: SessionTools;
  readonly chooser: DecoderChooser;
  /** The place it is prepared for; any place of the same run may use it. One whose tick is not known yet is moved there. */
  readonly place: SegmentPlace;
  /** True while its tick is not known: it stays at its in-point. */
  readonly isShadow?: boolean;
  /** The next tick to be submitted: where a session joins that begins now. */
  readonly nextTick: () => Tick;
  /** True where the plan's edit came too late to prepare this. */
  readonly lateTake: boolean;
  readonly languages: readonly string[];
  readonly onProgress: () => void;
  /** Told of failures from when its tick is known. */
  readonly onFailure: (failure: SourceFailure) => void;
  readonly onPreparation: (told: PreparationTold) => void;
  readonly onChange: (change: DecoderChange) => void;
  /** Told when a late decoder is sought ahead. */
  readonly onCorrection: (asset: AssetRef) => void;
  /** A decoder that does not close in time, or its pictures are not let go: a thread or device is lost until the process ends. */
  readonly onStuck: (asset: AssetRef, decoderIndex: number) => void;
}

/** Delivering for this long wipes out earlier failures. The longest quick retry, so that flapping still backs off. */
const settledNs = nanosecondsFromMs(16_000);

/**
 * How a tick's picture came: as it should; not yet, though the decoder is at work on it; or not at all, since the media has none
 * here.
 */
export type PictureTiming = "on-time" | "late" | "none";

/** One for all sources, since it is told to nobody outside: a stack for each costs more than all else that closing does. */
const closed = new PlayoutError("Closed", "The source was closed.");

/** Identifies a run of media: equal keys can be served by one open decoder. */
export const runKey = (uri: string, anchor: Anchor): string => `${anchor.first} ${anchor.inPoint} ${uri}`;

/**
 * Whatever it takes to have one run of media on air: opens it with the best decoder, joins where the plan is by then, takes
 * the next decoder at the same place when one fails, retries with back-off, seeks ahead when a decoder is late. It
 * never rejects and never blocks the tick; it only has a picture or has a true reason why not.
 */
export class Source {
  readonly #options: SourceOptions;
  readonly #asset: AssetRef;
  readonly #stop = new AbortController();
  readonly #finished: Promise<void>;
  readonly #failedDecoders = new Set<number>();
  readonly #lateness: Lateness;
  readonly #preparation: Preparation;
  #place: SegmentPlace;
  #isShadow: boolean;
  #session: Session | undefined;
  #snappedIn: MediaTime | undefined;
  #failures = 0;
  #isBackingOff = false;
  #reason: StandInReason;
  /** Ticks ahead of the next one to join at, after a seek ahead. */
  #joinAhead = 0;
  readonly #succession: Succession;
  /** Whom the next decoder takes over from. */
  #followed: PassedOver | undefined;
  /** Decoders on their way out; each has a deadline of its own. */
  readonly #closing = new Set<Promise<void>>();
  /** Ticks in a row that aired as they should. */
  #onTimeTicks = 0;
  #hasAired = false;
  #readyAt: Nanoseconds | undefined;

  constructor(options: SourceOptions) {
    const { asset } = options.place.segment;
    invariant(asset !== undefined, "a pad needs no source");
    this.#options = options;
    this.#asset = asset;
    this.#place = options.place;
    this.#isShadow = options.isShadow ?? false;
    const { segment, first } = options.place;
    this.#preparation = new Preparation(
      segment.id,
      this.#isShadow ? undefined : first,
      options.onPreparation,
    );
    this.#reason = options.lateTake ? "lateTake" : "opening";
    const { grid, settings, clock, turns } = options.tools;
    this.#lateness = new Lateness(grid, settings.reseekAfterNs);
    this.#succession = new Succession({
      grid,
      settings,
      clock,
      turns,
      hasOthers: (atWork) => options.chooser.hasOthers(this.#asset, this.#failedDecoders, atWork),
      engage: (late, tick, signal) => this.#engageBeside(late, tick, signal),
      onClosing: (closing) => this.#closeLater(closing),
    });
    this.#finished = this.#live();
  }

  /** Why there is no picture, when there is none. */
  get reason(): StandInReason {
    return this.#reason;
  }

  /** True while it waits for a retry: nothing will come in the next moment. */
  get isWaiting(): boolean {
    return this.#isBackingOff;
  }

  /** True once it is ready for its first tick: its first picture and enough sound, or all there is. */
  get primed(): boolean {
    return this.#session?.primed ?? false;
  }

  /** House time at which it was first ready for its first tick. */
  get readyAt(): Nanoseconds | undefined {
    return this.#readyAt;
  }

  /** True once something of it was on air. */
  get hasAired(): boolean {
    return this.#hasAired;
  }

  /** False for media known to have no sound: its silence is as planned. */
  get expectsSound(): boolean {
    return this.#session?.hasSound ?? true;
  }

  /** False for media known to have no picture. */
  get expectsPictures(): boolean {
    return this.#session?.hasPictures ?? true;
  }

  get sound(): SoundPump | undefined {
    return this.#session?.sound;
  }

  /** Its tick is known now, and nothing of it has aired: it plays the run that begins there. */
  moveTo(place: SegmentPlace, isLateTake: boolean): void {
    this.#place = place;
    this.#isShadow = false;
    if (isLateTake && this.#reason === "opening") this.#reason = "lateTake";
    this.#session?.moveTo(place.anchor);
    this.#preparation.placed(place.first);
  }

  want(tick: Tick, how: PictureTreatment): void {
    this.#session?.want(tick, how);
    this.#succession.want(tick, how);
  }

  /** When a tick that is waited for is to be hastened; undefined where that would not help. */
  hasteAt(tick: Tick): Nanoseconds | undefined {
    return this.#session && this.#succession.hasteAt(tick, this.#session);
  }

  /** The tick is waited for: where that has used up too much of the lead, the next decoder is made ready, and takes over. */
  hasten(tick: Tick, how: PictureTreatment): void {
    if (this.#session !== undefined) this.#succession.hasten(tick, how, this.#session);
  }

  isReadyFor(tick: Tick, how: PictureTreatment): boolean {
    return this.#session?.isReadyFor(tick, how) ?? false;
  }

  picture(tick: Tick, how: PictureTreatment): PictureAnswer {
    return this.#session?.picture(tick, how) ?? { is: "coming" };
  }

  /** The channel has made this tick. What is late for long is sought ahead. */
  aired(tick: Tick, picture: PictureTiming, isSoundLate: boolean): void {
    if (picture === "on-time") this.#reason = "late";
    if (picture !== "late" && !isSoundLate) {
      this.#lateness.clear();
      this.#succession.delivered(tick);
      this.#airedOnTime(picture);
      return;
    }
    this.#onTimeTicks = 0;
    const session = this.#session;
    if (session === undefined) return;
    const progress = picture === "late" ? session.picturesRead : session.blocksRead;
    const ahead = this.#lateness.at(tick, progress);
    if (ahead === undefined) return;
    this.#joinAhead = ahead;
    session.fallBehind();
  }

  #airedOnTime(picture: PictureTiming): void {
    if (picture === "none" && this.expectsPictures) return;
    this.#hasAired = true;
    this.#onTimeTicks += 1;
    if (this.#options.tools.grid.length(this.#onTimeTicks) >= settledNs) this.#failures = 0;
  }

  /** Closes the decoder; resolves when all is given back, or when it is given up as stuck. Idempotent. */
  close(): Promise<void> {
    if (!this.#stop.signal.aborted) this.#stop.abort(closed);
    this.#session?.close();
    return this.#finished;
  }

  async #live(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      let engaged: Engagement | undefined;
      try {
        engaged = (await this.#succession.take(signal)) ?? (await this.#engage(this.#failedDecoders, signal));
        this.#tellChanges(engaged.choice);
        await this.#serve(engaged, signal);
      } catch (thrown) {
        if (!signal.aborted) await this.#recover(thrown, engaged?.choice, signal);
      }
    }
    this.#succession.dismiss();
    while (this.#closing.size > 0) await Promise.all(this.#closing);
  }

  /** Opens the asset with the best decoder that has not failed on it. */
  async #engage(failed: ReadonlySet<number>, signal: AbortSignal): Promise<Engagement> {
    const { chooser, languages, tools } = this.#options;
    const { format, supply } = tools;
    const options = {
      languages,
      picturesHeldMax: 4,
      wanted: wantedFormat(format),
      ...(supply && { supply }),
    };
    const choice = await chooser.open(this.#asset, options, failed, signal, this.#onStuck);
    return new Engagement({ tools, choice, onProgress: this.#onProgress, onStuck: this.#onStuck });
  }

  /** Runs sessions on an open decoder until one fails for another reason than being behind. */
  async #serve(engaged: Engagement, signal: AbortSignal): Promise<void> {
    const { onCorrection } = this.#options;
    this.#lateness.clear();
    this.#succession.begin();
    try {
      while (!signal.aborted) {
        const session = engaged.session ?? this.#begin(engaged, this.#joinAt(), this.#snappedIn);
        this.#session = session;
        this.#onProgress();
        try {
          await engaged.ended();
        } catch (thrown) {
          if (!(thrown instanceof FellBehind) || signal.aborted) {
            // At once: the next decoder may take its time, and ticks go by meanwhile.
            if (!signal.aborted)
              this.#reason = reasonFor(PlayoutError.from(thrown, "DecodeFailed"), engaged.choice);
            throw thrown;
          }
          onCorrection(this.#asset);
        } finally {
          this.#snappedIn ??= session.snappedIn;
          this.#session = undefined;
          engaged.endSession();
        }
      }
    } finally {
      // Nobody waits for it: what follows may be on air long before a lost device has let go.
      this.#closeLater(engaged.close());
    }
  }

  /** The tick to join at now. */
  #joinAt(): Tick {
    const { anchor, first } = this.#place;
    if (this.#isShadow) return anchor.first;
    const at = this.#options.nextTick() + this.#joinAhead;
    this.#joinAhead = 0;
    return Math.max(anchor.first, first, at) as Tick;
  }

  #begin(engaged: Engagement, joinAt: Tick, snappedIn: MediaTime | undefined): Session {
    return engaged.begin({ anchor: this.#place.anchor, joinAt, snappedIn });
  }

  /** Makes the next decoder ready for the tick that the one at work is late with. */
  async #engageBeside(late: Session, tick: Tick, signal: AbortSignal): Promise<Engagement> {
    const engaged = await this.#engage(new Set([...this.#failedDecoders, late.decoderIndex]), signal);
    this.#begin(engaged, tick, this.#snappedIn ?? late.snappedIn);
    return engaged;
  }

  #closeLater(closing: Promise<void>): void {
    this.#closing.add(closing);
    void closing.finally(() => this.#closing.delete(closing));
  }

  #tellChanges({ index, name, passedOver }: Choice): void {
    const { onChange } = this.#options;
    const change = { asset: this.#asset, place: this.#place, to: { index, name } };
    const followed = this.#followed;
    this.#followed = undefined;
    if (followed !== undefined) onChange({ ...change, from: followed, wasAtWork: true });
    for (const from of passedOver) onChange({ ...change, from, wasAtWork: false });
  }

  async #recover(thrown: unknown, choice: Choice | undefined, signal: AbortSignal): Promise<void> {
    const { onProgress, tools } = this.#options;
    const asset = this.#asset;
    const error = PlayoutError.from(thrown, "DecodeFailed");
    const hadFailed = this.#failedDecoders.size > 0;
    this.#onTimeTicks = 0;
    // Running out of decoders after one has failed is still that one's failure.
    if (choice !== undefined || !hadFailed) this.#reason = reasonFor(error, choice);
    if (choice !== undefined && !isOfTheBus(error)) {
      // The next decoder takes over at the same place, at once; only when none is left is there anything to wait for.
      this.#failedDecoders.add(choice.index);
      const { index, name } = choice;
      this.#followed = { index, name, reason: changeReasonOf(error, "play"), error };
      this.#tellFailure({
        asset,
        error,
        reason: this.#reason,
        decoderIndex: choice.index,
        retry: undefined,
      });
      onProgress();
      return;
    }
    this.#failedDecoders.clear();
    this.#followed = undefined;
    this.#failures += 1;
    const retry = retryAfter(this.#failures);
    this.#tellFailure({ asset, error, reason: this.#reason, decoderIndex: undefined, retry });
    this.#isBackingOff = true;
    onProgress();
    const at = (tools.clock.now() + retry.afterNs) as Nanoseconds;
    await tools.clock.sleepUntil(at, signal).catch(() => {});
    this.#isBackingOff = false;
  }

  #tellFailure(failure: SourceFailure): void {
    if (!this.#isShadow) this.#options.onFailure(failure);
    if (!this.#hasAired) this.#preparation.failed(failure);
  }

  readonly #onStuck = (decoderIndex: number): void => this.#options.onStuck(this.#asset, decoderIndex);

  readonly #onProgress = (): void => {
    if (this.#readyAt === undefined && this.primed) this.#readyAt = this.#options.tools.clock.now();
    if (!this.#hasAired) this.#preparation.look(this);
    this.#options.onProgress();
  };
}

/** True for what no decoder can help: its lane was replaced, or gave no buffer. */
const isOfTheBus = (error: PlayoutError): boolean => error instanceof Unserved || error.code === "BusStale";

function reasonFor(error: PlayoutError, choice: Choice | undefined): StandInReason {
  if (error instanceof Hung || error instanceof Overtaken || error instanceof Unserved) return "hung";
  if (choice !== undefined) return "decodeFailed";
  return error.code === "MediaQuarantined" ? "quarantined" : "openFailed";
}
