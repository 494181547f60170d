import type { FrameWriter } from "../bus/frame-bus.js";
import type { Clock } from "../clock/clock.js";
import { cadenceStep, latestTime, targetTime } from "../conform/cadence.js";
import type { Conformer, PictureTreatment } from "../conform/conformer.js";
import type { Decoder } from "../decoder/decoder.js";
import { type EndOfMedia, endOfMedia, type PictureFrame } from "../media/picture.js";
import type { ProgramFormat } from "../media/program-format.js";
import type { HouseGrid } from "../time/house-grid.js";
import type { MediaTime, Tick } from "../time/units.js";
import { SharedPicture } from "./shared-picture.js";
import { Wake } from "./wake.js";

/** What a cursor works with. */
export interface PictureCursorOptions {
  readonly decoder: Decoder;
  readonly decoderIndex: number;
  readonly conformer: Conformer;
  readonly format: ProgramFormat;
  readonly writer: FrameWriter;
  readonly grid: HouseGrid;
  readonly clock: Clock;
  /** The run's first tick, where media is at `snappedIn`. */
  readonly anchorFirst: Tick;
  /** Time of the picture that the run's in-point selects; undefined: the first picture that comes is it. */
  readonly snappedIn: MediaTime | undefined;
  /** Earliest media time that will be asked for. */
  readonly from: MediaTime;
  /** Called when there is something new to look at. */
  readonly onProgress: () => void;
  /** Brackets each read, for the watch over hanging decoders. */
  readonly onRead: (reading: boolean) => void;
}

/** What a cursor has for a tick. */
export type PictureAnswer =
  | { readonly is: "picture"; readonly picture: SharedPicture }
  /** It is being decoded or conformed. */
  | { readonly is: "coming" }
  /** The first picture is shown later than this tick. */
  | { readonly is: "not-yet" }
  /** The media's last picture has had its time. */
  | { readonly is: "ended" };

/**
 * Walks through a decoder's pictures: always knows the one that airs and the one after it, so that the cadence can be
 * decided, and conforms only what is shown.
 *
 * The channel says what it wants; `run` works towards the latest wish only, so that a decoder that fell behind skips what
 * nobody will see any more.
 */
export class PictureCursor {
  readonly #options: PictureCursorOptions;
  readonly #wake = new Wake();
  #snappedIn: MediaTime | undefined;
  #current: PictureFrame | undefined;
  #next: PictureFrame | EndOfMedia | undefined;
  #wish: { readonly tick: Tick; readonly target: MediaTime; readonly how: PictureTreatment } | undefined;
  #shown: SharedPicture | undefined;
  #isConforming = false;
  #isClosed = false;
  #picturesRead = 0;
  /** Distance of the last two pictures, for a last picture that does not say how long it is shown. */
  #spacing: bigint;

  constructor(options: PictureCursorOptions) {
    this.#options = options;
    this.#snappedIn = options.snappedIn;
    this.#spacing = options.grid.length(1);
  }

  /** Undefined until the first picture of the run is known. */
  get snappedIn(): MediaTime | undefined {
    return this.#snappedIn;
  }

  /** True once the first picture is decoded, or it is known that there is none. */
  get primed(): boolean {
    return this.#next !== undefined;
  }

  get picturesRead(): number {
    return this.#picturesRead;
  }

  /** Asks for the picture of `tick`; what was asked for before is forgotten. */
  want(tick: Tick, how: PictureTreatment): void {
    if (this.#snappedIn === undefined) return;
    if (this.#wish?.tick === tick && sameTreatment(this.#wish.how, how)) return;
    this.#wish = { tick, target: this.#targetAt(tick), how };
    this.#wake.notify();
  }

  /** What there is for `tick` now. A picture given stays the cursor's: hold it to keep it. */
  answer(tick: Tick, how: PictureTreatment): PictureAnswer {
    if (this.#snappedIn === undefined || this.#next === undefined) return coming;
    const target = this.#targetAt(tick);
    if (this.#isStale(target)) return coming;
    if (this.#current === undefined) {
      // Sought ahead past the end, it has nothing to say of what it jumped over.
      return this.#next === endOfMedia && target >= this.#options.from ? ended : notYet;
    }
    if (this.#next === endOfMedia && cadenceStep(target, this.#end(this.#current)) === "advance")
      return ended;
    const shown = this.#shown;
    if (
      shown === undefined ||
      shown.from !== this.#current ||
      !sameTreatment(shown.how, this.#fielded(how, target))
    )
      return coming;
    return { is: "picture", picture: shown };
  }

  /** Works until the signal aborts; rejects where the decoder or the conformer does. */
  async run(signal: AbortSignal): Promise<void> {
    this.#next = await this.#read(this.#options.from, signal);
    // A run begins with the picture that its in-point selected, whatever its own time says.
    this.#snappedIn ??= this.#next === endOfMedia ? this.#options.from : this.#next.time;
    this.#options.onProgress();
    while (!signal.aborted) {
      const wish = this.#wish;
      if (wish === undefined) await this.#wake.wait();
      else if (this.#isStale(wish.target)) await this.#advance(signal);
      else if (this.#answersWish(wish.tick, wish.how)) await this.#wake.wait();
      else await this.#conform(wish.target, wish.how, signal);
    }
  }

  /** Gives everything back, as soon as nobody works on it. The signal of `run` must have been aborted before. */
  close(): void {
    this.#isClosed = true;
    this.#wake.notify();
    if (!this.#isConforming) this.#giveBack();
  }

  #giveBack(): void {
    if (this.#next !== endOfMedia) this.#next?.release();
    this.#current?.release();
    this.#shown?.release();
    this.#next = endOfMedia;
    this.#current = undefined;
    this.#shown = undefined;
  }

  #targetAt(tick: Tick): MediaTime {
    const { grid, anchorFirst } = this.#options;
    return targetTime(this.#snappedIn ?? this.#options.from, grid.length(tick - anchorFirst));
  }

  /** True while the picture after the current one may air already. */
  #isStale(target: MediaTime): boolean {
    const next = this.#next;
    return next !== undefined && next !== endOfMedia && cadenceStep(target, next.time) === "advance";
  }

  #answersWish(tick: Tick, how: PictureTreatment): boolean {
    return this.answer(tick, how).is !== "coming";
  }

  /** Lets the next picture take the current one's place, and reads the one after it. */
  async #advance(signal: AbortSignal): Promise<void> {
    const next = this.#next;
    if (next === undefined || next === endOfMedia) return;
    if (this.#current !== undefined) {
      if (next.time > this.#current.time) this.#spacing = next.time - this.#current.time;
      this.#current.release();
    }
    this.#current = next;
    this.#next = undefined;
    const target = this.#wish?.target ?? next.time;
    this.#next = await this.#read(latestTime(target), signal);
    this.#options.onProgress();
  }

  async #read(notBefore: MediaTime, signal: AbortSignal): Promise<PictureFrame | EndOfMedia> {
    const { decoder, onRead } = this.#options;
    onRead(true);
    const picture = await decoder.readPicture(notBefore, {}, signal);
    onRead(false);
    this.#picturesRead += 1;
    // A decoder may overlook its signal; what it gives then is wanted by nobody.
    if (signal.aborted && picture !== endOfMedia) picture.release();
    signal.throwIfAborted();
    return picture;
  }

  async #conform(target: MediaTime, how: PictureTreatment, signal: AbortSignal): Promise<void> {
    const { writer, conformer, clock, decoderIndex } = this.#options;
    const from = this.#current;
    if (from === undefined) return;
    const began = clock.now();
    const treatment = this.#fielded(how, target);
    const buffer = await writer.loan(signal);
    this.#isConforming = true;
    try {
      await conformer.picture(from, buffer, treatment, signal);
      signal.throwIfAborted();
    } catch (thrown) {
      buffer.release();
      throw thrown;
    } finally {
      this.#isConforming = false;
      if (this.#isClosed) this.#giveBack();
    }
    this.#shown?.release();
    this.#shown = new SharedPicture(buffer, from, treatment, decoderIndex, Number(clock.now() - began));
    this.#options.onProgress();
  }

  /** Interlaced pictures that last two ticks or so are shown field by field. */
  #fielded(how: PictureTreatment, target: MediaTime): PictureTreatment {
    const current = this.#current;
    if (current === undefined || current.format.fieldOrder === "progressive") return how;
    const length = current.duration ?? this.#spacing;
    if (length * 2n < this.#options.grid.length(3)) return how;
    const isSecond = (latestTime(target) - current.time) * 2n >= length;
    return { ...how, field: isSecond ? "second" : "first" };
  }

  /**
   * When the last picture has had its time: there a next one would begin. What the container claims for the whole asset is
   * not asked, since a file that ends before that is cut short. A still has time without end.
   */
  #end(last: PictureFrame): MediaTime {
    if (this.#options.decoder.info.picture?.still === true) return endless;
    return (last.time + (last.duration ?? this.#spacing)) as MediaTime;
  }
}

const coming: PictureAnswer = Object.freeze({ is: "coming" });
const notYet: PictureAnswer = Object.freeze({ is: "not-yet" });
const ended: PictureAnswer = Object.freeze({ is: "ended" });

/** Later than any media time. */
const endless = (1n << 62n) as MediaTime;

const sameTreatment = (a: PictureTreatment, b: PictureTreatment): boolean =>
  a === b || (a.alpha === b.alpha && a.aspect === b.aspect && a.field === b.field);
