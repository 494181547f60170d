import type { Committer } from "@retrovue/core";
import type { AssetLengths } from "../media/media-inspector.js";

/**
 * The bus of a channel that is about to start. Making one takes as long as looking at the plan's media, so both are done at once; a
 * plan that is refused without a look costs none. Disposing of it removes a bus that nobody took.
 */
export class BusInMaking implements AsyncDisposable {
  readonly #make: () => Promise<Committer>;
  #making: Promise<Committer> | undefined;
  #isTaken = false;

  constructor(make: () => Promise<Committer>) {
    this.#make = make;
  }

  /** Asks `look`, and begins to make the bus with the first question. */
  begunBy(look: AssetLengths): AssetLengths {
    return {
      lengthOf: (uri, signal) => {
        const length = look.lengthOf(uri, signal);
        // What keeps the bus from being made is told to whoever takes it.
        this.#begun().catch(() => {});
        return length;
      },
    };
  }

  /** The bus, which is the caller's from now on. Rejects as making it does. */
  take(): Promise<Committer> {
    this.#isTaken = true;
    return this.#begun();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isTaken) return;
    this.#isTaken = true;
    const made = await this.#making?.catch(() => undefined);
    await made?.[Symbol.asyncDispose]();
  }

  #begun(): Promise<Committer> {
    this.#making ??= this.#make();
    return this.#making;
  }
}
