import type { StreamChunk } from "@retrovue/core";

/**
 * What one peer has still to be sent, within a bound of bytes. A group is a random access point and all up to the next one.
 * When the bound is reached whole groups are dropped: everything before the newest random access point, or all that waits where
 * there is none, and then whatever comes until the next one. So a peer that is slow sees a jump, never a broken picture.
 */
export class GroupQueue {
  readonly #bytesMax: number;
  #chunks: StreamChunk[] = [];
  #bytes = 0;
  /** True until something comes that can be decoded without what came before. */
  #waitsForGroup = true;
  #dropped = 0;

  /** @param bytesMax a single chunk may exceed it: then it waits alone */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Groups of which something was dropped, ever. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes a chunk, which must not change any more. False where something had to be dropped for it. */
  push(chunk: StreamChunk): boolean {
    if (this.#waitsForGroup && !chunk.randomAccess) return true;
    this.#waitsForGroup = false;
    this.#chunks.push(chunk);
    this.#bytes += chunk.bytes.length;
    if (this.#bytes <= this.#bytesMax || this.#chunks.length === 1) return true;
    this.#drop();
    return false;
  }

  /** The oldest chunk; undefined where none waits. */
  take(): StreamChunk | undefined {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) this.#bytes -= chunk.bytes.length;
    return chunk;
  }

  /** Forgets all that waits; goes on with the next group. */
  clear(): void {
    this.#chunks = [];
    this.#bytes = 0;
    this.#waitsForGroup = true;
  }

  #drop(): void {
    const newest = this.#chunks.findLastIndex(({ randomAccess }) => randomAccess);
    if (newest <= 0) {
      // All that waits is the rest of one group, some of which may be sent already.
      this.clear();
      this.#dropped += 1;
      return;
    }
    const gone = this.#chunks.splice(0, newest);
    const begun = gone.filter(({ randomAccess }) => randomAccess).length;
    this.#dropped += gone[0]?.randomAccess === true ? begun : begun + 1;
    this.#bytes -= gone.reduce((sum, { bytes }) => sum + bytes.length, 0);
    if (this.#bytes > this.#bytesMax && this.#chunks.length > 1) {
      this.clear();
      this.#dropped += 1;
    }
  }
}
