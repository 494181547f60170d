import { DefaultSerializer, deserialize } from "node:v8";
import { PlayoutError } from "@retrovue/core";

/*
 * How messages cross the pipe between the engine and a process: 4 bytes, little-endian, that say how many follow, then the message
 * as V8 clones it.
 */
const headBytes = 4;

/** A message as it goes into the pipe. Throws where it holds what cannot be cloned. */
export function messageFrameOf(message: object): Buffer {
  const serializer = new DefaultSerializer();
  serializer.writeRawBytes(Buffer.alloc(headBytes));
  serializer.writeHeader();
  serializer.writeValue(message);
  const frame = serializer.releaseBuffer();
  frame.writeUInt32LE(frame.length - headBytes, 0);
  return frame;
}

/** Takes what comes out of the pipe, cut anywhere, and gives whole messages. */
export class MessageReader {
  readonly #bytesMax: number;
  readonly #onMessage: (message: unknown) => void;
  readonly #head = Buffer.alloc(headBytes);
  /** Room for the message that is under way: memory is taken as its bytes come. */
  #body: Buffer | undefined;
  #filled = 0;

  /**
   * @param bytesMax of one message
   * @param onMessage told of anything that can be cloned; what it holds is the receiver's to keep
   */
  constructor(bytesMax: number, onMessage: (message: unknown) => void) {
    this.#bytesMax = bytesMax;
    this.#onMessage = onMessage;
  }

  /** `InvalidArgument` where what comes is no message or a larger one; nothing can be read after that. */
  push(piece: Buffer): void {
    for (let at = 0; at < piece.length; ) {
      const into = this.#body ?? this.#head;
      const taken = piece.copy(into, this.#filled, at);
      at += taken;
      this.#filled += taken;
      if (this.#filled < into.length) return;
      this.#filled = 0;
      if (this.#body === undefined) this.#body = this.#roomFor(this.#head.readUInt32LE(0));
      else {
        this.#body = undefined;
        this.#onMessage(read(into));
      }
    }
  }

  #roomFor(bytes: number): Buffer {
    if (bytes === 0 || bytes > this.#bytesMax)
      throw new PlayoutError(
        "InvalidArgument",
        `A message of ${bytes} bytes was announced, and ${this.#bytesMax} are the most.`,
      );
    // Not from Node's pool: what the message holds may be views of it.
    return Buffer.allocUnsafeSlow(bytes);
  }
}

function read(body: Buffer): unknown {
  try {
    return deserialize(body);
  } catch (cause) {
    throw new PlayoutError("InvalidArgument", "What was sent is no message.", { cause });
  }
}
