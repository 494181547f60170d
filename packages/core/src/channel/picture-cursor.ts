import type { FrameWriter, PictureBuffer } from "../bus/frame-bus.js";
import type { Clock } from "../clock/clock.js";
import { cadenceStep, latestTime, targetTime } from "../conform/cadence.js";
import type { Conformer, PictureTreatment } from "../conform/conformer.js";
import type { Decoder, ReadPictureOptions } from "../decoder/decoder.js";
import { type EndOfMedia, endOfMedia, type PictureFrame } from "../media/picture.js";
import type { PictureFormat } from "../media/picture-format.js";
import type { ProgramFormat } from "../media/program-format.js";
import type { MetricsRecorder } from "../metrics/recorder.js";
import type { HouseGrid } from "../time/house-grid.js";
import type { MediaTime, Tick } from "../time/units.js";
import { DecodedPicture } from "./decoded-picture.js";
import { fitsProgram } from "./fits.js";
import { SharedPicture } from "./shared-picture.js";
import { SpareBuffer } from "./spare-buffer.js";
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
  /** Told before each step that others must take, and undefined after it: for the watch over what hangs. */
  readonly onStep: (step: PictureStep | undefined) => void;
  readonly unfinished: Unfinished;
  readonly metrics?: MetricsRecorder | undefined;
}

/** What a cursor waits for: the decoder, a buffer of the bus, the conformer. */
export type PictureStep = "read" | "loan" | "conform";

/** Work of others that may outlast the session that asked for it. Whoever closes them sees to what is left. */
export interface Unfinished {
  /** Buffers of the bus that the decoder may be storing to: to be released when it is gone. */
  readonly reads: Set<PictureBuffer>;
  /** Pictures being conformed; these settle soon after their session's end, or the conformer hangs. */
  readonly conforms: Set<Promise<void>>;
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
 * decided, and conforms only what is shown. Where pictures fit the program and nothing is to be done to them, the decoder
 * is lent a buffer of the bus for each, so that they need not be copied.
 *
 * The channel says what it wants; `run` works towards the latest wish only, so that a decoder that fell behind skips what
 * nobody will see any more.
 */
export class PictureCursor {
  readonly #options: PictureCursorOptions;
  readonly #wake = new Wake();
  #anchorFirst: Tick;
  #snappedIn: MediaTime | undefined;
  readonly #spare: SpareBuffer;
  #current: DecodedPicture | undefined;
  #next: DecodedPicture | EndOfMedia | undefined;
  #wish: { readonly tick: Tick; readonly target: MediaTime; readonly how: PictureTreatment } | undefined;
  #shown: SharedPicture | undefined;
  #isConforming = false;
  #isClosed = false;
  #picturesRead = 0;
  #fit: { readonly of: PictureFormat; readonly fits: boolean } | undefined;
  /** Distance of the last two pictures, for a last picture that does not say how long it is shown. */
  #spacing: bigint;

  constructor(options: PictureCursorOptions) {
    this.#options = options;
    this.#anchorFirst = options.anchorFirst;
    this.#snappedIn = options.snappedIn;
    this.#spare = new SpareBuffer(options.writer);
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

  /** The run begins at another tick than was thought; nothing of it has been asked for yet. */
  moveTo(first: Tick): void {
    this.#anchorFirst = first;
    this.#wish = undefined;
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
    if (this.#next === endOfMedia && cadenceStep(target, this.#end(this.#current.frame)) === "advance")
      return ended;
    const { placed, frame } = this.#current;
    if (placed !== undefined && isUntouched(how)) return { is: "picture", picture: placed };
    const shown = this.#shown;
    if (shown === undefined || shown.from !== frame || !sameTreatment(shown.how, this.#fielded(how, target)))
      return coming;
    return { is: "picture", picture: shown };
  }

  /** Works until the signal aborts; rejects where the decoder or the conformer does. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#read(this.#options.from, signal);
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
    this.#spare.close();
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
    const { grid, from } = this.#options;
    return targetTime(this.#snappedIn ?? from, grid.length(tick - this.#anchorFirst));
  }

  /** True while the picture after the current one may air already. */
  #isStale(target: MediaTime): boolean {
    const next = this.#next;
    return next !== undefined && next !== endOfMedia && cadenceStep(target, next.frame.time) === "advance";
  }

  #answersWish(tick: Tick, how: PictureTreatment): boolean {
    return this.answer(tick, how).is !== "coming";
  }

  /** Lets the next picture take the current one's place, and reads the one after it. */
  async #advance(signal: AbortSignal): Promise<void> {
    const next = this.#next;
    if (next === undefined || next === endOfMedia) return;
    if (this.#current !== undefined) {
      const spacing = next.frame.time - this.#current.frame.time;
      if (spacing > 0n) this.#spacing = spacing;
      this.#current.release();
    }
    this.#shown?.release();
    this.#shown = undefined;
    this.#current = next;
    this.#next = undefined;
    const target = this.#wish?.target ?? next.frame.time;
    await this.#read(latestTime(target), signal);
    this.#options.onProgress();
  }

  /** Reads the next picture. */
  async #read(notBefore: MediaTime, signal: AbortSignal): Promise<void> {
    const { decoder, onStep, clock, unfinished } = this.#options;
    const into = this.#mayBePlaced() ? this.#spare.take(signal) : undefined;
    if (into !== undefined) unfinished.reads.add(into);
    const began = clock.now();
    let isPlaced = false;
    onStep("read");
    try {
      const frame = await decoder.readPicture(notBefore, into === undefined ? nowhere : { into }, signal);
      onStep(undefined);
      this.#picturesRead += 1;
      if (frame !== endOfMedia) this.#options.metrics?.count("framesDecoded");
      // A decoder may overlook its signal; what it gives then is wanted by nobody.
      if (signal.aborted && frame !== endOfMedia) frame.release();
      signal.throwIfAborted();
      const fits = frame !== endOfMedia && this.#fits(frame.format);
      isPlaced = fits && into !== undefined && frame.inPlace;
      // A decoder that works ahead has buffers of its own supply, and this picture may lie in one.
      const buffer = isPlaced ? into : fits ? frame.holdBuffer?.() : undefined;
      if (buffer !== undefined) this.#options.metrics?.count("framesDecodedDirect");
      this.#take(frame, buffer, Number(clock.now() - began));
    } finally {
      // Not before the read has settled: until then a decoder may still store to it.
      if (into !== undefined && unfinished.reads.delete(into) && !isPlaced) this.#spare.giveBack(into);
    }
  }

  #take(frame: PictureFrame | EndOfMedia, buffer: PictureBuffer | undefined, readNs: number): void {
    // A run begins with the picture that its in-point selected, whatever its own time says.
    this.#snappedIn ??= frame === endOfMedia ? this.#options.from : frame.time;
    const { decoderIndex } = this.#options;
    this.#next =
      frame === endOfMedia ? frame : new DecodedPicture(frame, buffer, untouched, decoderIndex, readNs);
  }

  /** True where the next picture can air as it is decoded, as far as one can know before it is. */
  #mayBePlaced(): boolean {
    const { picture } = this.#options.decoder.info;
    if (this.#wish === undefined || !isUntouched(this.#wish.how)) return false;
    return picture !== undefined && this.#fits(picture.format);
  }

  /** Pictures of one run hardly ever differ in format, and then share the object that says it. */
  #fits(format: PictureFormat): boolean {
    if (this.#fit?.of !== format) this.#fit = { of: format, fits: fitsProgram(format, this.#options.format) };
    return this.#fit.fits;
  }

  async #conform(target: MediaTime, how: PictureTreatment, signal: AbortSignal): Promise<void> {
    const { conformer, clock, decoderIndex, onStep } = this.#options;
    const from = this.#current;
    if (from === undefined) return;
    const began = clock.now();
    const treatment = this.#fielded(how, target);
    onStep("loan");
    const buffer = await this.#spare.get(signal);
    if (this.#mayBePlaced()) this.#spare.prepare(signal);
    this.#isConforming = true;
    onStep("conform");
    try {
      // Closed while the buffer was on its way: the picture may be given back by now, so nobody may look at it.
      signal.throwIfAborted();
      await this.#unfinished(conformer.picture(from.source, buffer, treatment, signal));
      signal.throwIfAborted();
    } catch (thrown) {
      buffer.release();
      throw thrown;
    } finally {
      onStep(undefined);
      this.#isConforming = false;
      if (this.#isClosed) this.#giveBack();
    }
    this.#options.metrics?.count("framesConformed");
    this.#shown?.release();
    const decodeNs = from.readNs + Number(clock.now() - began);
    this.#shown = new SharedPicture(buffer, from.frame, treatment, decoderIndex, decodeNs);
    this.#options.onProgress();
  }

  async #unfinished(conforming: Promise<void>): Promise<void> {
    const { conforms } = this.#options.unfinished;
    conforms.add(conforming);
    try {
      await conforming;
    } finally {
      conforms.delete(conforming);
    }
  }

  /** Interlaced pictures that last two ticks or so are shown field by field. */
  #fielded(how: PictureTreatment, target: MediaTime): PictureTreatment {
    const current = this.#current?.frame;
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

/** No buffer of the bus is offered. */
const nowhere: ReadPictureOptions = Object.freeze({});

/** How a picture airs that lies where it was decoded. */
const untouched: PictureTreatment = Object.freeze({ aspect: "preserve", alpha: 1, field: "both" });

/** True where a picture that fits may air as it is: its shape is the program's, whatever the aspect policy. */
const isUntouched = (how: PictureTreatment): boolean => how.alpha === 1;

const sameTreatment = (a: PictureTreatment, b: PictureTreatment): boolean =>
  a === b || (a.alpha === b.alpha && a.aspect === b.aspect && a.field === b.field);
