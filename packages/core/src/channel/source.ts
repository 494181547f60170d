import type { PictureBuffer } from "../bus/frame-bus.js";
import type { StandInReason } from "../bus/frame-meta.js";
import type { PictureTreatment } from "../conform/conformer.js";
import type { Choice, DecoderChooser } from "../decoder/choice.js";
import type { Decoder } from "../decoder/decoder.js";
import { invariant } from "../errors/invariant.js";
import { PlayoutError } from "../errors/playout-error.js";
import type { AssetRef } from "../media/asset.js";
import type { Anchor, SegmentPlace } from "../plan/place.js";
import { type Retry, retryAfter } from "../supervision/backoff.js";
import { type MediaTime, type Nanoseconds, nanosecondsFromMs, type Tick } from "../time/units.js";
import { wantedFormat } from "./fits.js";
import { Lateness } from "./lateness.js";
import type { PictureAnswer } from "./picture-cursor.js";
import { FellBehind, Hung, Session, type SessionTools } from "./session.js";
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
  /** The place it is prepared for; any place of the same run may use it. */
  readonly place: SegmentPlace;
  /** The next tick to be submitted: where a session joins that begins now. */
  readonly nextTick: () => Tick;
  /** True where the plan's edit came too late to prepare this. */
  readonly lateTake: boolean;
  readonly languages: readonly string[];
  readonly onProgress: () => void;
  readonly onFailure: (failure: SourceFailure) => void;
  /** Told when a late decoder is sought ahead. */
  readonly onCorrection: (asset: AssetRef) => void;
  /** A decoder that does not close in time: its thread or device is lost until the process ends. */
  readonly onStuck: (asset: AssetRef, decoderIndex: number) => void;
}

/** Delivering for this long wipes out earlier failures. The longest quick retry, so that flapping still backs off. */
const settledNs = nanosecondsFromMs(16_000);

/** How long a decoder may take to close before it counts as stuck. */
const closeTimeoutNs = nanosecondsFromMs(2_000);

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
  #session: Session | undefined;
  #snappedIn: MediaTime | undefined;
  #failures = 0;
  #isBackingOff = false;
  #reason: StandInReason;
  /** Ticks ahead of the next one to join at, after a seek ahead. */
  #joinAhead = 0;

  constructor(options: SourceOptions) {
    const { asset } = options.place.segment;
    invariant(asset !== undefined, "a pad needs no source");
    this.#options = options;
    this.#asset = asset;
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

  /** True once it is ready for its first tick. */
  get primed(): boolean {
    return this.#session?.primed ?? false;
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

  want(tick: Tick, how: PictureTreatment): void {
    this.#session?.want(tick, how);
  }

  picture(tick: Tick, how: PictureTreatment): PictureAnswer {
    return this.#session?.picture(tick, how) ?? { is: "coming" };
  }

  /** The channel aired this tick as it should. */
  wasOnTime(): void {
    this.#lateness.clear();
    this.#reason = "late";
  }

  /** The channel had to stand in for this tick while the decoder was at work. */
  wasLate(tick: Tick): void {
    const session = this.#session;
    if (session === undefined) return;
    const ahead = this.#lateness.at(tick, session.picturesRead);
    if (ahead === undefined) return;
    this.#joinAhead = ahead;
    session.fallBehind();
  }

  /** Closes the decoder; resolves when all is given back, or when it is given up as stuck. Idempotent. */
  close(): Promise<void> {
    if (!this.#stop.signal.aborted) this.#stop.abort(new PlayoutError("Closed", "The source was closed."));
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
    const options = { languages, picturesHeldMax: 4, wanted: wantedFormat(tools.format) };
    return chooser.open(this.#asset, options, this.#failedDecoders, signal);
  }

  /** Runs sessions on an open decoder until one fails for another reason than being behind. */
  async #serve(choice: Choice, signal: AbortSignal): Promise<void> {
    const { tools, place, nextTick, onProgress, onCorrection } = this.#options;
    const began = tools.clock.now();
    const lent = new Set<PictureBuffer>();
    this.#lateness.clear();
    try {
      while (!signal.aborted) {
        const at = nextTick() + this.#joinAhead;
        this.#joinAhead = 0;
        const session = new Session(tools, {
          choice,
          anchor: place.anchor,
          joinAt: Math.max(place.anchor.first, place.first, at) as Tick,
          snappedIn: this.#snappedIn,
          lent,
          onProgress,
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
      if (tools.clock.now() - began >= settledNs) this.#failures = 0;
      // A decoder that is gone stores nothing any more, whatever has become of its reads.
      if (await this.#dispose(choice.decoder, choice.index)) {
        for (const buffer of lent) buffer.release();
        lent.clear();
      }
    }
  }

  async #recover(thrown: unknown, choice: Choice | undefined, signal: AbortSignal): Promise<void> {
    const { onFailure, onProgress, tools } = this.#options;
    const asset = this.#asset;
    const error = PlayoutError.from(thrown, "DecodeFailed");
    const hadFailed = this.#failedDecoders.size > 0;
    // Running out of decoders after one has failed is still that one's failure.
    if (choice !== undefined || !hadFailed) this.#reason = reasonFor(error, choice);
    if (choice !== undefined) {
      // The next decoder takes over at the same place, at once; only when none is left is there anything to wait for.
      this.#failedDecoders.add(choice.index);
      onFailure({ asset, error, reason: this.#reason, decoderIndex: choice.index, retry: undefined });
      onProgress();
      return;
    }
    this.#failedDecoders.clear();
    this.#failures += 1;
    const retry = retryAfter(this.#failures);
    onFailure({ asset, error, reason: this.#reason, decoderIndex: undefined, retry });
    this.#isBackingOff = true;
    onProgress();
    const at = (tools.clock.now() + retry.afterNs) as Nanoseconds;
    await tools.clock.sleepUntil(at, signal).catch(() => {});
    this.#isBackingOff = false;
  }

  /** Closes a decoder under a deadline: one that hangs in its own code must not keep the run from going on. False: it does. */
  async #dispose(decoder: Decoder, index: number): Promise<boolean> {
    const { tools, onStuck } = this.#options;
    const done = new AbortController();
    const closed = decoder[Symbol.asyncDispose]().then(
      () => true,
      () => true,
    );
    const late = tools.clock
      .sleepUntil((tools.clock.now() + closeTimeoutNs) as Nanoseconds, done.signal)
      .then(() => false)
      .catch(() => true);
    const isGone = await Promise.race([closed, late]);
    if (!isGone) onStuck(this.#asset, index);
    done.abort();
    return isGone;
  }
}

function reasonFor(error: PlayoutError, choice: Choice | undefined): StandInReason {
  if (error instanceof Hung) return "hung";
  if (choice !== undefined) return "decodeFailed";
  return error.code === "MediaQuarantined" ? "quarantined" : "openFailed";
}
