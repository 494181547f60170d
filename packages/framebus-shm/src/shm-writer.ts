import {
  type FrameMeta,
  type FrameWriter,
  HouseGrid,
  invariant,
  type PictureBuffer,
  type PicturePlanes,
  PlayoutError,
  type ProgramFormat,
  type Refusal,
  type Tick,
  type TickSound,
} from "@retrovue/core";
import { type NativeWriter, refusalsWait, submitStatus } from "./native.js";
import { throwIfAborted } from "./native-errors.js";
import { PictureViews, planesAt } from "./picture-views.js";
import { refusalWords } from "./shm-committer.js";
import { formatOf, type PictureLayout, pictureLayoutOf } from "./wire/format-codec.js";
import { SubmissionEncoder } from "./wire/meta-codec.js";
import { wire } from "./wire/offsets.js";

/** A buffer index that no pool has: the committer refuses it as it refuses every buffer that is not the lane's. */
const foreignBuffer = 0xffff_fff0;
/** A share that no tick has. */
const foreignShare = 0xffff_ffff;

/** One loan: in force until its last hold is released. */
interface Loan {
  readonly index: number;
  holds: number;
}

/** What a loan's holds need of their writer. */
interface Lender {
  readonly layout: PictureLayout;
  viewsOf(index: number, offsets: readonly number[]): PicturePlanes;
  giveBack(loan: Loan): void;
}

/** One hold on a loan. A new object for each, so that a stale `release()` can never touch the loan after it. */
class ShmPictureBuffer implements PictureBuffer {
  readonly index: number;
  readonly planes: readonly Uint8Array[];
  readonly strides: readonly number[];
  readonly roomRows: readonly number[];
  #isHeld = true;

  constructor(
    private readonly lender: Lender,
    readonly loan: Loan,
    picture: PicturePlanes,
    /** Where each plane begins, from the picture's first byte. */
    readonly offsets: readonly number[],
  ) {
    this.index = loan.index;
    this.planes = picture.planes;
    this.strides = picture.strides;
    this.roomRows = lender.layout.roomRows;
    loan.holds += 1;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.loan.holds -= 1;
    if (this.loan.holds === 0) this.lender.giveBack(this.loan);
  }

  share(offsets: readonly number[] = []): PictureBuffer {
    invariant(this.#isHeld, "a buffer that was released is not shared");
    if (offsets.every((offset) => offset === 0)) {
      return new ShmPictureBuffer(this.lender, this.loan, this, this.offsets);
    }
    const { layout } = this.lender;
    const isWithin = offsets.every((offset, p) => {
      const room = (layout.strides[p] ?? 0) * (layout.roomRows[p] ?? 0);
      return Number.isSafeInteger(offset) && offset >= 0 && offset + (layout.shownBytes[p] ?? 0) <= room;
    });
    if (!isWithin || offsets.length !== layout.offsets.length) {
      throw new PlayoutError("InvalidArgument", "The picture would lie outside of its buffer.");
    }
    const at = layout.offsets.map((offset, p) => offset + (offsets[p] ?? 0));
    return new ShmPictureBuffer(this.lender, this.loan, this.lender.viewsOf(this.index, at), at);
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
  readonly #loans = new Map<number, Loan>();
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
  /** Wakes the committer, after this turn of the event loop: once for all ticks of the turn, and so its readers. */
  readonly #wakeCommitter = () => {
    if (this.#wakes && !this.#disposed) this.#native.wake();
    this.#wakes = false;
  };
  readonly #lender: Lender;
  /** True while the committer is about to be woken. */
  #wakes = false;
  #disposed = false;

  private constructor(open: NativeWriter) {
    const header = new DataView(open.header());
    const layout = pictureLayoutOf(header);
    this.#native = open;
    this.#format = formatOf(header);
    this.#grid = new HouseGrid(this.#format.frameRate, this.#format.sampleRate);
    const memory = open.pictures();
    this.#views = new PictureViews(memory, layout);
    this.#lender = {
      layout,
      viewsOf: (index, offsets) => planesAt(memory, index, layout, offsets),
      giveBack: (loan) => this.#release(loan),
    };
    this.#encoder = new SubmissionEncoder(open.scratch(), layout.offsets);
  }

  /** @param open opens the native end; `onNews` is for it to call when buffers or refusals came, or the end */
  static async open(open: (onNews: () => void) => Promise<NativeWriter>): Promise<ShmWriter> {
    let onNews = () => {};
    const native = await open(() => onNews());
    try {
      const writer = new ShmWriter(native);
      onNews = () => writer.#onNews();
      return writer;
    } catch (thrown) {
      native.close();
      throw thrown;
    }
  }

  async loan(signal: AbortSignal): Promise<PictureBuffer> {
    this.#throwIfDisposed();
    throwIfAborted(signal);
    if (this.#waiters.length === 0) {
      const index = this.#native.loan();
      if (index >= 0) return this.#lend(index);
    }
    if (!this.#native.isOpen()) throw staleLane();
    return this.#waitForBuffer(signal);
  }

  submit(
    tick: Tick,
    picture: PictureBuffer | "slate" | "black",
    sound: TickSound | undefined,
    meta: FrameMeta,
  ): void {
    this.#throwIfDisposed();
    if (!Number.isSafeInteger(tick)) {
      this.#refuseHere({ tick, why: "OutOfOrder" });
      return;
    }
    const isShare = sound !== undefined && this.#isShareOf(tick, sound);
    const samples = sound === undefined ? undefined : isShare ? sound.samples : foreignShare;
    const offsets = picture instanceof ShmPictureBuffer ? picture.offsets : undefined;
    this.#encoder.encode(tick, this.#bufferOf(picture), samples, meta, offsets);
    const said = this.#native.handOver(isShare ? sound.channels : undefined);
    if (!this.#wakes) {
      this.#wakes = true;
      // After all microtasks of a turn, where it is one that submits: what follows at once is handed over by then.
      process.nextTick(this.#wakeCommitter);
    }
    if (said === submitStatus.done) return;
    // Refusals of what went before are told soon, news or no news; never inside this call.
    if ((said & refusalsWait) !== 0) queueMicrotask(this.#tellRefusals);
    // A lane holds the lead and more: one that is full is that far ahead of a committer that sleeps. Nobody listens to one that
    // was replaced.
    if ((said & ~refusalsWait) === submitStatus.full) this.#refuseHere({ tick, why: "TooFar" });
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
    this.#wakeCommitter();
    this.#disposed = true;
    this.#rejectWaiters(closedWriter());
    this.#listeners.clear();
    this.#loans.clear();
    this.#native.close();
  }

  #bufferOf(picture: PictureBuffer | "slate" | "black"): number {
    if (picture === "slate") return wire.slate;
    if (picture === "black") return wire.black;
    const isOurs = picture instanceof ShmPictureBuffer && picture.isHeld;
    return isOurs && this.#loans.get(picture.index) === picture.loan ? picture.index : foreignBuffer;
  }

  #isShareOf(tick: Tick, sound: TickSound): boolean {
    if (tick < 0 || sound.samples !== this.#grid.samplesIn(tick)) return false;
    if (sound.channels.length !== this.#format.channels) return false;
    for (const channel of sound.channels) if (channel.length < sound.samples) return false;
    return true;
  }

  #lend(index: number): PictureBuffer {
    const loan: Loan = { index, holds: 0 };
    this.#loans.set(index, loan);
    return new ShmPictureBuffer(this.#lender, loan, this.#views.of(index), this.#lender.layout.offsets);
  }

  #release(loan: Loan): void {
    if (this.#disposed || this.#loans.get(loan.index) !== loan) return;
    this.#loans.delete(loan.index);
    this.#native.release(loan.index, this.#waiters.length > 0);
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
