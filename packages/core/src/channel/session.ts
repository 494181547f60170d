import type { FrameWriter } from "../bus/frame-bus.js";
import type { Clock } from "../clock/clock.js";
import type { SteadyTime } from "../clock/steady-time.js";
import { Watch } from "../clock/watch.js";
import type { Conformer, PictureTreatment } from "../conform/conformer.js";
import type { Choice } from "../decoder/choice.js";
import type { PictureSupply } from "../decoder/picture-supply.js";
import { PlayoutError } from "../errors/playout-error.js";
import { endOfMedia } from "../media/picture.js";
import type { ProgramFormat } from "../media/program-format.js";
import type { MetricsRecorder } from "../metrics/recorder.js";
import type { Anchor } from "../plan/place.js";
import type { HouseGrid } from "../time/house-grid.js";
import {
  type MediaTime,
  mediaTime,
  nsPerSecond,
  type SampleIndex,
  type Tick,
  tickAfter,
} from "../time/units.js";
import { type PictureAnswer, PictureCursor, type PictureStep, type Unfinished } from "./picture-cursor.js";
import type { ChannelSettings } from "./settings.js";
import { SoundPump } from "./sound-pump.js";
import type { Turns } from "./turns.js";

/** What all sessions of a channel share. */
export interface SessionTools {
  readonly grid: HouseGrid;
  readonly format: ProgramFormat;
  readonly settings: ChannelSettings;
  readonly clock: Clock;
  readonly turns: Turns;
  /** Time as it passes, for watches over work. */
  readonly time: SteadyTime;
  readonly writer: FrameWriter;
  readonly conformer: Conformer;
  /** Where decoders get buffers of the bus to work ahead in; undefined where the bus has none to spare. */
  readonly supply?: PictureSupply | undefined;
  readonly metrics?: MetricsRecorder | undefined;
}

/** What one session is for. */
export interface SessionOptions {
  readonly choice: Choice;
  readonly anchor: Anchor;
  /** The tick to begin at: the run's first, or the current one when joining in its middle. */
  readonly joinAt: Tick;
  /** The time of the picture that the run's in-point selects, where an earlier session found it. */
  readonly snappedIn: MediaTime | undefined;
  /** What the decoder and the conformer may still be at when the session has ended: shared by all sessions on a decoder. */
  readonly unfinished: Unfinished;
  readonly onProgress: () => void;
}

/** One for all sessions, since it is told to nobody outside: a stack for each costs more than all else that closing does. */
const closed = new PlayoutError("Closed", "The session was closed.");

/** Ends a session whose decoder is so late that seeking ahead is quicker than decoding on. */
export class FellBehind extends Error {
  override readonly name = "FellBehind";
}

/** Ends a session whose decoder (or the conformer with its pictures) made no progress in time. */
export class Hung extends PlayoutError {}

/** Ends a session whose decoder was overtaken by the next one, which has the tick that this one is late for. */
export class Overtaken extends PlayoutError {}

/** Ends a session that got no buffer from the bus: nothing that its decoder could help. */
export class Unserved extends PlayoutError {}

/**
 * One decoder at work on one run of media, from a tick on: the picture cursor and the sound pump over it, and the watch that
 * ends both when the decoder hangs. It ends by failing or by being closed, and is not used again.
 */
export class Session {
  readonly #tools: SessionTools;
  readonly #options: SessionOptions;
  readonly #stop = new AbortController();
  readonly #failed = Promise.withResolvers<never>();
  readonly #pictureWatch: Watch;
  readonly #soundWatch: Watch;
  /** What the picture watch is over. */
  #step: PictureStep | "seek" = "seek";
  #anchor: Anchor;
  /** House samples from the run's start to the first that is decoded. */
  #heardAfter = 0;
  #cursor: PictureCursor | undefined;
  #pump: SoundPump | undefined;

  constructor(tools: SessionTools, options: SessionOptions) {
    this.#tools = tools;
    this.#options = options;
    this.#anchor = options.anchor;
    // A session that ends well leaves this promise without anyone to hear its rejection.
    this.#failed.promise.catch(() => {});
    const { stallTimeoutNs } = tools.settings;
    this.#pictureWatch = new Watch(tools.time, stallTimeoutNs, () => this.#hang(this.#step));
    this.#soundWatch = new Watch(tools.time, stallTimeoutNs, () => this.#hang("sound"));
  }

  get decoderIndex(): number {
    return this.#options.choice.index;
  }

  /** Undefined until known, and for media without pictures. */
  get snappedIn(): MediaTime | undefined {
    return this.#cursor?.snappedIn;
  }

  /** Undefined until the session stands at its first tick, and for media without sound. */
  get sound(): SoundPump | undefined {
    return this.#pump;
  }

  get hasPictures(): boolean {
    return this.#options.choice.decoder.info.picture !== undefined;
  }

  get hasSound(): boolean {
    return this.#options.choice.decoder.info.sound !== undefined;
  }

  /** True once the first picture and enough sound (or all there is) are ready. */
  get primed(): boolean {
    const pictures = !this.hasPictures || (this.#cursor?.primed ?? false);
    return pictures && (!this.hasSound || (this.#pump?.primed ?? false));
  }

  /** The run begins at another tick than was thought. Only for one that stands at its in-point, and of which nothing was taken. */
  moveTo(anchor: Anchor): void {
    this.#anchor = anchor;
    this.#cursor?.moveTo(anchor.first);
    this.#pump?.moveTo(this.#heardAt());
  }

  want(tick: Tick, how: PictureTreatment): void {
    this.#cursor?.want(tick, how);
  }

  /** Pictures and blocks of sound read so far. */
  get progress(): number {
    return this.picturesRead + this.blocksRead;
  }

  /** Pictures read so far: tells a slow decoder from one that hangs. */
  get picturesRead(): number {
    return this.#cursor?.picturesRead ?? 0;
  }

  /** Blocks of sound read so far. */
  get blocksRead(): number {
    return this.#pump?.blocksRead ?? 0;
  }

  /** What there is for a tick; "ended" at once for media without pictures. */
  picture(tick: Tick, how: PictureTreatment): PictureAnswer {
    return this.#cursor?.answer(tick, how) ?? { is: this.hasPictures ? "coming" : "ended" };
  }

  /** True where picture and sound of a tick are there, or it is known that there are none. */
  isReadyFor(tick: Tick, how: PictureTreatment): boolean {
    // A first picture that is shown later will not come earlier by waiting.
    if (this.picture(tick, how).is === "coming") return false;
    if (!this.hasSound) return true;
    const sound = this.#pump;
    if (sound === undefined) return false;
    return sound.ended || sound.at + sound.available >= this.#tools.grid.sampleAt(tickAfter(tick, 1));
  }

  /** Goes to its place and works until it fails; rejects with what ended it. */
  async run(): Promise<never> {
    const { signal } = this.#stop;
    const at = await Promise.race([this.#goToPlace(signal), this.#failed.promise]);
    signal.throwIfAborted();
    const { decoder, index } = this.#options.choice;
    const { snappedIn, unfinished, onProgress } = this.#options;
    if (this.hasPictures) {
      this.#cursor = new PictureCursor({
        ...this.#tools,
        decoder,
        decoderIndex: index,
        anchorFirst: this.#anchor.first,
        snappedIn: this.#snapped ?? snappedIn,
        from: at,
        unfinished,
        onProgress,
        onStep: (step) => this.#watchPicture(step),
      });
      this.#cursor.run(signal).catch(this.#fail);
    }
    const { sound } = decoder.info;
    if (sound !== undefined) {
      const { conformer, settings, format } = this.#tools;
      const heardAt = this.#heardAt();
      this.#pump = new SoundPump({
        decoder,
        conformer: conformer.openSound(sound.sampleRate, sound.channels, sound.layout, heardAt),
        startAt: heardAt,
        aheadSamples: Number((settings.soundAheadNs * BigInt(format.sampleRate)) / nsPerSecond),
        channels: format.channels,
        onProgress,
        onRead: (reading) => this.#watchSound(reading),
      });
      this.#pump.run(signal).catch(this.#fail);
    }
    onProgress();
    return this.#failed.promise;
  }

  /** Ends the session because seeking ahead is quicker than decoding on. */
  fallBehind(): void {
    this.#fail(new FellBehind());
  }

  /** Ends the session because the next decoder has what this one is late with. */
  giveWay(isHanging: boolean): void {
    const [refusal, what] = isHanging
      ? (["hung", "The decoder gave nothing more"] as const)
      : (["slow", "The decoder is slower than the clock"] as const);
    const message = `${what}, and the next one is ready in its place.`;
    this.#fail(new Overtaken("Timeout", message, { details: { refusal } }));
  }

  /** Ends the work and gives all back but the decoder, which is the caller's. Idempotent. */
  close(): void {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort(closed);
    this.#pictureWatch[Symbol.dispose]();
    this.#soundWatch[Symbol.dispose]();
    this.#cursor?.close();
    this.#pump?.[Symbol.dispose]();
    this.#failed.reject(this.#stop.signal.reason);
  }

  #snapped: MediaTime | undefined;

  #heardAt(): SampleIndex {
    return (this.#tools.grid.sampleAt(this.#anchor.first) + this.#heardAfter) as SampleIndex;
  }

  /**
   * Seeks to where the run is at the tick joined, and tells from which media time pictures are wanted; notes when the next decoded
   * sample is heard.
   */
  async #goToPlace(signal: AbortSignal): Promise<MediaTime> {
    const { decoder } = this.#options.choice;
    const { anchor, joinAt } = this.#options;
    const { grid, format } = this.#tools;
    if (joinAt <= anchor.first) {
      if (anchor.inPoint > 0n) await this.#watched("seek", () => decoder.seek(anchor.inPoint, signal));
      return anchor.inPoint;
    }
    this.#snapped = this.#options.snappedIn ?? (await this.#findSnappedIn(signal));
    // Sound is addressed by whole house samples from the run's start, so that joining finds the very samples that would
    // have been heard; the seek goes to the last one not after the picture that is wanted.
    const pictureAt = this.#snapped + grid.length(joinAt - anchor.first);
    const toward = pictureAt < anchor.inPoint ? 0n : pictureAt - anchor.inPoint;
    const heard = grid.sampleAt(joinAt) - grid.sampleAt(anchor.first);
    const samples = Math.min(heard, Number((toward * BigInt(format.sampleRate)) / nsPerSecond));
    // Rounded up: a time just below the sample's own would select the one before it.
    const after =
      (BigInt(samples) * nsPerSecond + BigInt(format.sampleRate) - 1n) / BigInt(format.sampleRate);
    const to = mediaTime(anchor.inPoint + after);
    await this.#watched("seek", () => decoder.seek(to, signal));
    this.#heardAfter = samples;
    return to;
  }

  /** The time of the picture that the in-point selects: zero is the first picture's, else one has to look. */
  async #findSnappedIn(signal: AbortSignal): Promise<MediaTime> {
    const { inPoint } = this.#options.anchor;
    if (inPoint === 0n || !this.hasPictures) return inPoint;
    const { decoder } = this.#options.choice;
    await this.#watched("seek", () => decoder.seek(inPoint, signal));
    const picture = await this.#watched("read", () => decoder.readPicture(inPoint, {}, signal));
    if (picture === endOfMedia) return inPoint;
    picture.release();
    return picture.time;
  }

  /** Takes one step on the way to the first place, which has all the time of a step. */
  async #watched<T>(step: "seek" | "read", work: () => Promise<T>): Promise<T> {
    // Given up between two steps.
    this.#stop.signal.throwIfAborted();
    this.#watchPicture(step);
    try {
      return await work();
    } finally {
      this.#watchPicture(undefined);
    }
  }

  #watchPicture(step: PictureStep | "seek" | undefined): void {
    if (this.#stop.signal.aborted) return;
    if (step === undefined) {
      this.#pictureWatch.end();
      return;
    }
    this.#step = step;
    this.#pictureWatch.begin();
  }

  #watchSound(isReading: boolean): void {
    if (this.#stop.signal.aborted) return;
    if (isReading) this.#soundWatch.begin();
    else this.#soundWatch.end();
  }

  #hang(step: PictureStep | "seek" | "sound"): void {
    const after = `for ${this.#tools.settings.stallTimeoutNs / 1_000_000n} ms`;
    if (step === "loan") this.#fail(new Unserved("Timeout", `The bus lent no picture buffer ${after}.`));
    else this.#fail(new Hung("Timeout", `${hanging[step]} ${after}.`));
  }

  readonly #fail = (thrown: unknown): void => {
    this.#failed.reject(thrown);
  };
}

const hanging = Object.freeze({
  seek: "The decoder did not find its place",
  read: "The decoder gave no picture",
  sound: "The decoder gave no sound",
  conform: "A picture of the decoder was not conformed",
});
