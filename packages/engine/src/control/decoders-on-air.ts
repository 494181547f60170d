import type { Tick } from "@retrovue/core";

/** Changes that are kept: what is handed over ahead of its time, and some for those who ask late. */
const keptMax = 64;

/** Whose pictures air, by tick: told as ticks are handed over, which is before they have their time. */
export class DecodersOnAir {
  /** In the order of their ticks. */
  readonly #since: { readonly tick: Tick; readonly index: number | undefined }[] = [];

  /** From this tick on pictures are this decoder's; undefined: nobody's. */
  began(tick: Tick, index: number | undefined): void {
    // A worker that goes on where another was lost tells again of ticks that the other had told of.
    while ((this.#since.at(-1)?.tick ?? -1) >= tick) this.#since.pop();
    this.#since.push({ tick, index });
    if (this.#since.length > keptMax) this.#since.shift();
  }

  /** The index of the decoder whose picture airs at a tick; undefined where none does, or nobody remembers. */
  at(tick: Tick): number | undefined {
    return this.#since.findLast((change) => change.tick <= tick)?.index;
  }
}
