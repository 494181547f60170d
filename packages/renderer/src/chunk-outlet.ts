import type { StreamTap, Tick } from "@retrovue/core";
import { type NativeLine, portionNumbers } from "./native.js";

/** What is fetched in one call: more than any tick of 50 Mbit/s. */
const scratchBytes = 188 * 4_096;
const portionsPerFetch = 64;

/** Hands what has left the pacer to the taps, without allocating anything per chunk but its view. */
export class ChunkOutlet {
  readonly #taps = new Set<StreamTap>();
  readonly #scratch = new Uint8Array(scratchBytes);
  readonly #table = new Float64Array(portionsPerFetch * portionNumbers);

  tap(tap: StreamTap): Disposable {
    this.#taps.add(tap);
    return { [Symbol.dispose]: () => void this.#taps.delete(tap) };
  }

  /** Fetches until nothing is left; without taps too, so that nothing piles up. */
  drain(line: NativeLine): void {
    for (;;) {
      const count = line.fetch(this.#scratch, this.#table);
      if (count === 0) return;
      for (let portion = 0; portion < count; portion++) this.#deliver(portion * portionNumbers);
    }
  }

  #deliver(at: number): void {
    const [offset = 0, bytes = 0, randomAccess = 0, tick = 0] = this.#table.subarray(at, at + portionNumbers);
    const chunk = {
      bytes: this.#scratch.subarray(offset, offset + bytes),
      randomAccess: randomAccess === 1,
      tick: tick as Tick,
    };
    for (const tap of [...this.#taps]) {
      try {
        tap.write(chunk);
      } catch {
        // A tap that cannot take bytes has no say over the others.
        this.#taps.delete(tap);
      }
    }
  }
}
