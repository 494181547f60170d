import { PlayoutError } from "../../errors/playout-error.js";

/**
 * A fixed number of slots that are lent one by one. When all are out a taker waits; there is at most one waiting taker,
 * because a decoder allows one read of a kind at a time.
 */
export class Lending<Slot> {
  readonly #free: Slot[];
  readonly #size: number;
  #waiting: ((slot: Slot) => void) | undefined;

  constructor(slots: readonly Slot[]) {
    this.#free = [...slots];
    this.#size = slots.length;
  }

  /** Slots that are out. */
  get lent(): number {
    return this.#size - this.#free.length;
  }

  /** A free slot at once, or undefined. */
  take(): Slot | undefined {
    return this.#free.pop();
  }

  /** A slot as soon as one comes back; rejects with the signal's reason, and has then lent nothing. */
  whenFree(signal: AbortSignal): Promise<Slot> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiting = undefined;
        reject(PlayoutError.from(signal.reason, "Cancelled"));
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting = (slot) => {
        signal.removeEventListener("abort", onAbort);
        resolve(slot);
      };
    });
  }

  /** Takes a slot back, or hands it straight to who waits. */
  giveBack(slot: Slot): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) waiting(slot);
    else this.#free.push(slot);
  }
}
