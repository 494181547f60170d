import { type Nanoseconds, nanosecondsFromMs, type StreamChunk } from "@retrovue/core";
import { GroupQueue } from "./group-queue.js";
import type { StreamSink } from "./stream-hub.js";

/** The writing end of a connection. */
export interface ViewerSocket {
  /** False where it is full: `drain` follows. */
  write(bytes: Uint8Array): boolean;
  /** Nothing follows, and the other side is told so. */
  end(): void;
  /** Breaks off. */
  destroy(): void;
  on(event: "drain" | "close", listener: () => void): unknown;
}

/** What a viewer is served with. */
export interface ViewerOptions {
  readonly socket: ViewerSocket;
  /** What may wait for it beyond what the system's own buffers hold, bytes. */
  readonly bytesMax: number;
  /** Any time that never steps. */
  readonly now: () => Nanoseconds;
  readonly onBytes: (bytes: number) => void;
  readonly onDropped: (groups: number) => void;
  /** It is gone, whoever ended it. Called once. */
  readonly onGone: (why: "left" | "stalled" | "ended") => void;
}

/** A viewer that took nothing for this long is not watching. Players that pause keep their place far shorter. */
const stallNsMax = nanosecondsFromMs(10_000);

/** Small pieces are joined up to this, so that a wake of the receiver is worth it (field lesson 33). */
const writeBytesMin = 64 * 1_024;

/**
 * One viewer of a channel. It takes the stream at its own pace: what it does not take waits within a bound, then whole groups are
 * dropped for it, and when it takes nothing at all for ten seconds it is disconnected. Nobody else notices.
 */
export class Viewer implements StreamSink {
  readonly #options: ViewerOptions;
  readonly #queue: GroupQueue;
  #isFull = false;
  #fullSince: Nanoseconds = 0n as Nanoseconds;
  #isGone = false;
  #why: "left" | "stalled" | "ended" = "left";

  constructor(options: ViewerOptions) {
    this.#options = options;
    this.#queue = new GroupQueue(options.bytesMax);
    options.socket.on("drain", () => {
      this.#isFull = false;
      this.#send();
    });
    options.socket.on("close", () => this.#leave());
  }

  write(chunk: StreamChunk): void {
    if (this.#isGone) return;
    const before = this.#queue.dropped;
    if (!this.#queue.push(chunk)) this.#options.onDropped(this.#queue.dropped - before);
    if (!this.#isFull) this.#send();
    else if (this.#options.now() - this.#fullSince > stallNsMax) this.#cut();
  }

  end(): void {
    if (this.#isGone) return;
    this.#why = "ended";
    // What a stalled viewer has not taken by now it would never take.
    if (this.#isFull) this.#options.socket.destroy();
    else this.#options.socket.end();
    this.#leave();
  }

  #send(): void {
    const { socket, now, onBytes } = this.#options;
    while (!this.#isGone && !this.#isFull) {
      const piece = this.#take();
      if (piece === undefined) return;
      onBytes(piece.length);
      if (socket.write(piece)) continue;
      this.#isFull = true;
      this.#fullSince = now();
    }
  }

  #take(): Uint8Array | undefined {
    const first = this.#queue.take();
    if (first === undefined || first.bytes.length >= writeBytesMin || this.#queue.bytes === 0)
      return first?.bytes;
    const pieces = [first.bytes];
    let bytes = first.bytes.length;
    for (let next = this.#queue.take(); next !== undefined; next = this.#queue.take()) {
      pieces.push(next.bytes);
      bytes += next.bytes.length;
      if (bytes >= writeBytesMin) break;
    }
    return Buffer.concat(pieces, bytes);
  }

  #cut(): void {
    this.#why = "stalled";
    this.#options.socket.destroy();
    this.#leave();
  }

  #leave(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#queue.clear();
    this.#options.onGone(this.#why);
  }
}
