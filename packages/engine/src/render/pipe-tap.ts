import type { Writable } from "node:stream";
import type { StreamChunk, StreamTap } from "@retrovue/core";
import { frameOf } from "./chunk-frames.js";

/** What may wait in the process: two seconds at 30 Mbit/s. An engine that takes nothing for that long has other worries. */
const waitingBytesMax = 8 * 1_024 * 1_024;

/**
 * Writes chunks to the engine's pipe within a bound. When that is reached whole groups are dropped, until a random access point
 * comes while there is room again: the encoder never waits, and what arrives can be decoded.
 */
export class PipeTap implements StreamTap {
  readonly #pipe: Writable;
  readonly #onDropped: (groups: number) => void;
  #isSkipping = false;

  /** @param onDropped told once for each group of which something was dropped */
  constructor(pipe: Writable, onDropped: (groups: number) => void) {
    this.#pipe = pipe;
    this.#onDropped = onDropped;
  }

  write(chunk: StreamChunk): void {
    const hasRoom = this.#pipe.writableLength + chunk.bytes.length <= waitingBytesMax;
    if (this.#isSkipping && chunk.randomAccess && hasRoom) this.#isSkipping = false;
    else if (!hasRoom && (!this.#isSkipping || chunk.randomAccess)) {
      this.#isSkipping = true;
      this.#onDropped(1);
    }
    if (!this.#isSkipping) this.#pipe.write(frameOf(chunk));
  }
}
