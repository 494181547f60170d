import type { StandInReason } from "../bus/frame-meta.js";
import { called, settlesWithin } from "../clock/time-limit.js";
import type { PictureTreatment } from "../conform/conformer.js";
import { type Choice, closeTimeoutNs, type DecoderChooser } from "../decoder/choice.js";
import { invariant } from "../errors/invariant.js";
import { PlayoutError } from "../errors/playout-error.js";
import type { AssetRef } from "../media/asset.js";
import type { Anchor, SegmentPlace } from "../plan/place.js";
import { type Retry, retryAfter } from "../supervision/backoff.js";
import { type MediaTime, type Nanoseconds, nanosecondsFromMs, type Tick } from "../time/units.js";
import { wantedFormat } from "./fits.js";
import { Lateness } from "./lateness.js";
import type { PictureAnswer, Unfinished } from "./picture-cursor.js";
import { Preparation, type PreparationTold } from "./preparation.js";
import { FellBehind, Hung, Session, type SessionTools, Unserved } from "./session.js";
import type { SoundPump } from "./sound-pump.js";

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
    this.#lateness = new Lateness(options.tools.grid, options.tools.settings.reseekAfterNs);
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
  }

  picture(tick: Tick, how: PictureTreatment): PictureAnswer {
    return this.#session?.picture(tick, how) ?? { is: "coming" };
  }

  /** The channel has made this tick. What is late for long is sought ahead. */
  aired(tick: Tick, picture: PictureTiming, isSoundLate: boolean): void {
    if (picture === "on-time") this.#reason = "late";
    if (picture !== "late" && !isSoundLate) {
      this.#lateness.clear();
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
      let choice: Choice | undefined;
      try {
        choice = await this.#open(signal);
        await this.#serve(choice, signal);
      } catch (thrown) {
        if (!signal.aborted) await this.#recover(thrown, choice, signal);
      }
    }
  }

  #open(signal: AbortSignal): Promise<Choice> {
    const { chooser, languages, tools } = this.#options;
    const { format, supply } = tools;
    const options = {
      languages,
      picturesHeldMax: 4,
      wanted: wantedFormat(format),
      ...(supply && { supply }),
    };
    return chooser.open(this.#asset, options, this.#failedDecoders, signal, this.#onStuck);
  }

  /** Runs sessions on an open decoder until one fails for another reason than being behind. */
  async #serve(choice: Choice, signal: AbortSignal): Promise<void> {
    const { tools, nextTick, onCorrection } = this.#options;
    const unfinished: Unfinished = { reads: new Set(), conforms: new Set() };
    this.#lateness.clear();
    try {
      while (!signal.aborted) {
        const place = this.#place;
        const at = this.#isShadow ? place.first : nextTick() + this.#joinAhead;
        this.#joinAhead = 0;
        const session = new Session(tools, {
          choice,
          anchor: place.anchor,
          joinAt: Math.max(place.anchor.first, place.first, at) as Tick,
          snappedIn: this.#snappedIn,
          unfinished,
          onProgress: this.#onProgress,
        });
        this.#session = session;
        try {
          await session.run();
        } catch (thrown) {
          if (!(thrown instanceof FellBehind) || signal.aborted) {
            // At once: closing the decoder may take its time, and ticks go by meanwhile.
            if (!signal.aborted) this.#reason = reasonFor(PlayoutError.from(thrown, "DecodeFailed"), choice);
            throw thrown;
          }
          onCorrection(this.#asset);
        } finally {
          this.#snappedIn ??= session.snappedIn;
          this.#session = undefined;
          session.close();
        }
      }
    } finally {
      await this.#dispose(choice, unfinished);
    }
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

  /**
   * Closes a decoder under a deadline: one that hangs in its own code must not keep the run from going on, nor a conformer that
   * hangs on its pictures.
   */
  async #dispose({ decoder, index }: Choice, { reads, conforms }: Unfinished): Promise<void> {
    const all = Promise.allSettled([
      called(() => Promise.resolve(decoder[Symbol.asyncDispose]())),
      ...conforms,
    ]);
    if (!(await settlesWithin(all, closeTimeoutNs, this.#options.tools.clock))) {
      this.#onStuck(index);
      return;
    }
    // A decoder that is gone stores nothing any more, whatever has become of its reads.
    for (const buffer of reads) buffer.release();
    reads.clear();
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
  if (error instanceof Hung || error instanceof Unserved) return "hung";
  if (choice !== undefined) return "decodeFailed";
  return error.code === "MediaQuarantined" ? "quarantined" : "openFailed";
}
