import { invariant } from "../errors/invariant.js";
import { PlayoutError } from "../errors/playout-error.js";
import type { PicturePlanes } from "../media/picture.js";
import type { ProgramFormat } from "../media/program-format.js";
import type { PictureBuffer } from "./frame-bus.js";
import { allocatePicture, fillBlack, type MemoryLayout } from "./memory-layout.js";

interface Waiter {
  readonly lane: number;
  readonly resolve: (buffer: MemoryPictureBuffer) => void;
  readonly reject: (error: PlayoutError) => void;
}

/** One loan: in force until its last hold is released, or until its lane is retired. */
interface Loan {
  readonly lane: number;
  holds: number;
}

/** One hold on a loan. A new object for each, so that a stale `release()` can never touch the loan after it. */
export class MemoryPictureBuffer implements PictureBuffer {
  readonly planes: readonly Uint8Array[];
  readonly strides: readonly number[];
  readonly #pool: MemoryPool;
  #isHeld = true;

  constructor(
    pool: MemoryPool,
    readonly index: number,
    readonly loan: Loan,
    picture: PicturePlanes,
  ) {
    this.#pool = pool;
    this.planes = picture.planes;
    this.strides = picture.strides;
    loan.holds += 1;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.loan.holds -= 1;
    if (this.loan.holds === 0) this.#pool.giveBack(this.index, this.loan);
  }

  share(offsets: readonly number[] = []): PictureBuffer {
    invariant(this.#isHeld, "a buffer that was released is not shared");
    // Pictures have no room around them here.
    if (offsets.some((offset) => offset !== 0)) {
      throw new PlayoutError("InvalidArgument", "The picture would lie outside of its buffer.");
    }
    return new MemoryPictureBuffer(this.#pool, this.index, this.loan, this);
  }
}

/**
 * The picture buffers of a bus. A buffer is free when no lane has it on loan and no slot refers to it; its
 * generation rises at each loan, before the first pixel can be written.
 *
 * The last two are the reserved pictures, never lent.
 */
export class MemoryPool {
  readonly slate: number;
  readonly black: number;
  readonly #pictures: readonly PicturePlanes[];
  readonly #generations: number[];
  readonly #references: number[];
  readonly #loans: (Loan | undefined)[];
  readonly #free: number[] = [];
  readonly #waiters: Waiter[] = [];

  constructor(layout: MemoryLayout, format: ProgramFormat) {
    const { bufferCount } = layout;
    this.slate = bufferCount;
    this.black = bufferCount + 1;
    this.#pictures = Array.from({ length: bufferCount + 2 }, () => allocatePicture(layout));
    this.#generations = new Array<number>(bufferCount + 2).fill(0);
    this.#references = new Array<number>(bufferCount + 2).fill(0);
    this.#loans = new Array<Loan | undefined>(bufferCount + 2).fill(undefined);
    for (let index = bufferCount - 1; index >= 0; index--) this.#free.push(index);
    fillBlack(this.picture(this.slate), format);
    fillBlack(this.picture(this.black), format);
  }

  picture(index: number): PicturePlanes {
    const picture = this.#pictures[index];
    invariant(picture, "a slot refers to a buffer of the pool");
    return picture;
  }

  generation(index: number): number {
    return this.#generations[index] ?? 0;
  }

  /** Pending while all buffers are in use. First come, first served. */
  loan(lane: number, signal: AbortSignal): Promise<MemoryPictureBuffer> {
    if (signal.aborted) return Promise.reject(PlayoutError.from(signal.reason, "Cancelled"));
    const index = this.#free.pop();
    if (index !== undefined) return Promise.resolve(this.#lend(index, lane));
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        lane,
        resolve: (buffer) => {
          signal.removeEventListener("abort", onAbort);
          resolve(buffer);
        },
        reject: (error) => {
          signal.removeEventListener("abort", onAbort);
          reject(error);
        },
      };
      const onAbort = () => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        waiter.reject(PlayoutError.from(signal.reason, "Cancelled"));
      };
      signal.addEventListener("abort", onAbort);
      this.#waiters.push(waiter);
    });
  }

  /** True while `buffer` is a hold on the loan in force and `lane` has it. */
  isLent(buffer: MemoryPictureBuffer, lane: number): boolean {
    return buffer.isHeld && buffer.loan.lane === lane && this.#loans[buffer.index] === buffer.loan;
  }

  giveBack(index: number, loan: Loan): void {
    if (this.#loans[index] !== loan) return;
    this.#loans[index] = undefined;
    if (this.#references[index] === 0) this.#reuse(index);
  }

  /** Takes back all loans of a lane whose worker is gone. */
  takeBack(lane: number): void {
    this.rejectWaiters(lane);
    this.#loans.forEach((loan, index) => {
      if (loan?.lane === lane) this.giveBack(index, loan);
    });
  }

  /** Ends the waits of a lane that may borrow no more; of all lanes where none is named. */
  rejectWaiters(lane?: number): void {
    for (const waiter of [...this.#waiters]) {
      if (lane !== undefined && waiter.lane !== lane) continue;
      this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
      waiter.reject(
        new PlayoutError("BusStale", "The lane was replaced or its bus is gone; open a new one."),
      );
    }
  }

  /** A slot (or a submission that waits for its turn) refers to the buffer. */
  refer(index: number): void {
    this.#references[index] = (this.#references[index] ?? 0) + 1;
  }

  unrefer(index: number): void {
    const left = (this.#references[index] ?? 0) - 1;
    invariant(left >= 0, "a buffer loses only references that it had");
    this.#references[index] = left;
    if (left === 0 && index < this.slate && this.#loans[index] === undefined) this.#reuse(index);
  }

  #reuse(index: number): void {
    const waiter = this.#waiters.shift();
    if (waiter) waiter.resolve(this.#lend(index, waiter.lane));
    else this.#free.push(index);
  }

  #lend(index: number, lane: number): MemoryPictureBuffer {
    this.#generations[index] = this.generation(index) + 1;
    const loan: Loan = { lane, holds: 0 };
    this.#loans[index] = loan;
    return new MemoryPictureBuffer(this, index, loan, this.picture(index));
  }
}
