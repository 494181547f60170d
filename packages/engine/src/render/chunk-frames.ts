import { PlayoutError, type StreamChunk, type Tick } from "@retrovue/core";

/*
 * How chunks cross the pipe from a render process, written here or by the renderer itself (core: `Renderer.pipeTo`): a head of 16
 * bytes, little-endian, then the chunk's bytes.
 *
 *   0  uint32  length of the bytes that follow
 *   4  uint32  bit 0: random access
 *   8  int64   tick
 */
const headBytes = 16;

/** No group of pictures is larger; a length beyond it says that the pipe is out of step. */
const chunkBytesMax = 32 * 1_024 * 1_024;

/** A chunk as it goes into the pipe. Copies the bytes, which are lent. */
export function frameOf(chunk: StreamChunk): Buffer {
  const { bytes } = chunk;
  const frame = Buffer.allocUnsafe(headBytes + bytes.length);
  frame.writeUInt32LE(bytes.length, 0);
  frame.writeUInt32LE(chunk.randomAccess ? 1 : 0, 4);
  frame.writeBigInt64LE(BigInt(chunk.tick), 8);
  frame.set(bytes, headBytes);
  return frame;
}

/** Takes what comes out of the pipe, cut anywhere, and gives whole chunks. */
export class ChunkReader {
  readonly #onChunk: (chunk: StreamChunk) => void;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #head: { readonly length: number; readonly randomAccess: boolean; readonly tick: Tick } | undefined;

  /** @param onChunk its bytes are the receiver's to keep */
  constructor(onChunk: (chunk: StreamChunk) => void) {
    this.#onChunk = onChunk;
  }

  /** `InvalidArgument` where what comes is no frame; nothing can be read after that. */
  push(piece: Buffer): void {
    this.#waiting.push(piece);
    this.#waitingBytes += piece.length;
    for (;;) {
      this.#head ??= this.#readHead();
      if (this.#head === undefined || this.#waitingBytes < this.#head.length) return;
      const { length, randomAccess, tick } = this.#head;
      this.#head = undefined;
      this.#onChunk({ bytes: this.#take(length), randomAccess, tick });
    }
  }

  #readHead() {
    if (this.#waitingBytes < headBytes) return undefined;
    const head = this.#take(headBytes);
    const length = head.readUInt32LE(0);
    const flags = head.readUInt32LE(4);
    const tick = head.readBigInt64LE(8);
    if (length === 0 || length > chunkBytesMax || flags > 1 || !Number.isSafeInteger(Number(tick)))
      throw new PlayoutError("InvalidArgument", "A render process sends what is no chunk of a stream.");
    return { length, randomAccess: flags === 1, tick: Number(tick) as Tick };
  }

  #take(length: number): Buffer {
    const first = this.#waiting[0];
    this.#waitingBytes -= length;
    if (first !== undefined && first.length >= length) {
      if (first.length === length) this.#waiting.shift();
      else this.#waiting[0] = first.subarray(length);
      return first.subarray(0, length);
    }
    const all = Buffer.concat(this.#waiting);
    this.#waiting = all.length === length ? [] : [all.subarray(length)];
    return all.subarray(0, length);
  }
}
