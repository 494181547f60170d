import {
  type FrameMeta,
  type FrameWriter,
  HouseGrid,
  type PictureBuffer,
  type PicturePlanes,
  PlayoutError,
  type ProgramFormat,
  type Refusal,
  type Tick,
  type TickSound,
} from "@retrovue/core";
import type { NativeWriter } from "./native.js";
import { throwIfAborted } from "./native-errors.js";
import { PictureViews } from "./picture-views.js";
import { refusalWords } from "./shm-committer.js";
import { formatOf, pictureLayoutOf } from "./wire/format-codec.js";
import { SubmissionEncoder } from "./wire/meta-codec.js";
import { wire } from "./wire/offsets.js";

/** A buffer index that no pool has: the committer refuses it as it refuses every buffer that is not the lane's. */
const foreignBuffer = 0xffff_fff0;
/** A share that no tick has. */
const foreignShare = 0xffff_ffff;

/** One loan. A new object for each, so that a stale `release()` can never touch the loan after it. */
class ShmPictureBuffer implements PictureBuffer {
  readonly planes: readonly Uint8Array[];
  readonly strides: readonly number[];

  constructor(
    readonly index: number,
    picture: PicturePlanes,
    private readonly giveBack: (buffer: ShmPictureBuffer) => void,
  ) {
    this.planes = picture.planes;
    this.strides = picture.strides;
  }

  release(): void {
    this.giveBack(this);
  }
}

interface LoanWaiter {
  resolve(buffer: PictureBuffer): void;
  reject(error: PlayoutError): void;
}

/** The worker's end of a lane in shared memory. */
export class ShmWriter implements FrameWriter {
  readonly #native: NativeWriter;
  readonly #format: ProgramFormat;
  readonly #grid: HouseGrid;
  readonly #views: PictureViews;
  readonly #encoder: SubmissionEncoder;
  /** Loans in force, by buffer. */
  readonly #loans = new Map<number, ShmPictureBuffer>();
  /** Bounded by the callers' own signals. */
  readonly #waiters: LoanWaiter[] = [];
  readonly #listeners = new Set<(refusal: Refusal) => void>();
  readonly #tellRefusals = () => {
    // A listener may dispose the writer.
    while (!this.#disposed) {
      const raw = this.#native.nextRefusal();
      if (raw === undefined) return;
      const [tick = 0, why = 0] = raw;
      this.#tell({ tick: tick as Tick, why: refusalWords[why - 1] ?? "BadPicture" });
    }
  };
  readonly #giveBack = (buffer: ShmPictureBuffer) => this.#release(buffer);
  #disposed = false;

  private constructor(open: NativeWriter) {
    const header = new DataView(open.header());
    const layout = pictureLayoutOf(header);
    this.#native = open;
    this.#format = formatOf(header);
    this.#grid = new HouseGrid(this.#format.frameRate, this.#format.sampleRate);
    this.#views = new PictureViews(open.pictures(), layout);
    this.#encoder = new SubmissionEncoder(open.scratch(), layout.offsets);
  }

  /** @param open opens the native end; `onNews` is for it to call when buffers or refusals came, or the end */
  static async open(open: (onNews: () => void) => Promise<NativeWriter>): Promise<ShmWriter> {
    let onNews = () => {};
    const writer = new ShmWriter(await open(() => onNews()));
    onNews = () => writer.#onNews();
    return writer;
  }

  async loan(signal: AbortSignal): Promise<PictureBuffer> {
    this.#throwIfDisposed();
    if (!this.#native.isOpen()) throw staleLane();
    throwIfAborted(signal);
    if (this.#waiters.length === 0) {
      const index = this.#native.loan();
      if (index >= 0) return this.#lend(index);
    }
    return this.#waitForBuffer(signal);
  }

  submit(
    tick: Tick,
    picture: PictureBuffer | "slate" | "black",
    sound: TickSound | undefined,
    meta: FrameMeta,
  ): void {
    this.#throwIfDisposed();
    // Refusals of what went before are told soon, news or no news; never inside this call.
    queueMicrotask(this.#tellRefusals);
    // Nobody listens to a lane that was replaced.
    if (!this.#native.isOpen()) return;
    if (!Number.isSafeInteger(tick)) {
      this.#refuseHere({ tick, why: "OutOfOrder" });
      return;
    }
    const isShare = sound !== undefined && this.#isShareOf(tick, sound);
    const samples = sound === undefined ? undefined : isShare ? sound.samples : foreignShare;
    this.#encoder.encode(tick, this.#bufferOf(picture), samples, meta);
    // A lane holds the lead and more: one that is full is that far ahead of a committer that sleeps.
    if (!this.#native.submit(isShare ? sound.channels : undefined)) this.#refuseHere({ tick, why: "TooFar" });
  }

  onRefused(listener: (refusal: Refusal) => void): Disposable {
    this.#throwIfDisposed();
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  head(): Tick {
    this.#throwIfDisposed();
    return this.#native.head() as Tick;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#rejectWaiters(closedWriter());
    this.#listeners.clear();
    this.#loans.clear();
    this.#native.close();
  }

  #bufferOf(picture: PictureBuffer | "slate" | "black"): number {
    if (picture === "slate") return wire.slate;
    if (picture === "black") return wire.black;
    return this.#loans.get(picture.index) === picture ? picture.index : foreignBuffer;
  }

  #isShareOf(tick: Tick, sound: TickSound): boolean {
    if (tick < 0 || sound.samples !== this.#grid.samplesIn(tick)) return false;
    if (sound.channels.length !== this.#format.channels) return false;
    for (const channel of sound.channels) if (channel.length < sound.samples) return false;
    return true;
  }

  #lend(index: number): PictureBuffer {
    const buffer = new ShmPictureBuffer(index, this.#views.of(index), this.#giveBack);
    this.#loans.set(index, buffer);
    return buffer;
  }

  #release(buffer: ShmPictureBuffer): void {
    if (this.#disposed || this.#loans.get(buffer.index) !== buffer) return;
    this.#loans.delete(buffer.index);
    this.#native.release(buffer.index, this.#waiters.length > 0);
  }

  #waitForBuffer(signal: AbortSignal): Promise<PictureBuffer> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        const at = this.#waiters.indexOf(waiter);
        if (at >= 0) this.#waiters.splice(at, 1);
        this.#settleWanting();
        waiter.reject(PlayoutError.from(signal.reason, "Cancelled"));
      };
      const waiter: LoanWaiter = {
        resolve: (buffer) => {
          signal.removeEventListener("abort", onAbort);
          resolve(buffer);
        },
        reject: (error) => {
          signal.removeEventListener("abort", onAbort);
          reject(error);
        },
      };
      signal.addEventListener("abort", onAbort);
      this.#waiters.push(waiter);
      this.#settleWanting();
      // Whatever came between the look and the wish is taken up now; what comes later is news.
      this.#serveWaiters();
    });
  }

  /** Says on the lane whether a buffer is waited for, and keeps the process alive meanwhile. */
  #settleWanting(): void {
    const wanting = this.#waiters.length > 0;
    this.#native.wantBuffer(wanting);
    this.#native.keepAlive(wanting);
  }

  #serveWaiters(): void {
    if (this.#waiters.length === 0) return;
    while (this.#waiters.length > 0) {
      const index = this.#native.loan();
      if (index < 0) return;
      this.#waiters.shift()?.resolve(this.#lend(index));
    }
    this.#settleWanting();
  }

  #rejectWaiters(error: PlayoutError): void {
    if (this.#waiters.length === 0) return;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
    this.#settleWanting();
  }

  #onNews(): void {
    this.#tellRefusals();
    if (this.#disposed) return;
    if (this.#native.isOpen()) this.#serveWaiters();
    else this.#rejectWaiters(staleLane());
  }

  /** As the other side would: never inside the call that caused it. */
  #refuseHere(refusal: Refusal): void {
    queueMicrotask(() => this.#tell(refusal));
  }

  #tell(refusal: Refusal): void {
    for (const listener of [...this.#listeners]) listener(refusal);
  }

  #throwIfDisposed(): void {
    if (this.#disposed) throw closedWriter();
  }
}

const closedWriter = () => new PlayoutError("Closed", "The frame writer was used after it was closed.");
const staleLane = () =>
  new PlayoutError("BusStale", "The lane was replaced or its bus is gone; open a new one.");
