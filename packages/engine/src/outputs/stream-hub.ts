import type { StreamChunk, StreamTap, Tick } from "@retrovue/core";
import { withoutBreaks } from "./continuity-mark.js";

/** Somewhere that a channel's bytes go. */
export interface StreamSink {
  /** Never blocks and never throws. The bytes stay as they are, for as long as anyone holds them. */
  write(chunk: StreamChunk): void;
  /** The channel was stopped: nothing follows. */
  end(): void;
}

/** What is kept for those who come later: a second at 100 Mbit/s and more than any group that is worth waiting for. */
const keptBytesMax = 16 * 1_024 * 1_024;

/**
 * Hands one channel's bytes to everyone who wants them. Who comes later begins with the last random access point, whose group is
 * kept: a player shows a picture at once instead of waiting for the next key frame.
 */
export class StreamHub implements StreamTap {
  readonly #sinks = new Set<StreamSink>();
  #kept: StreamChunk[] = [];
  #keptBytes = 0;
  #bytes = 0;
  #lastTick: Tick | undefined;
  #isClosed = false;
  /** True at the start and after a break, until something comes that can be decoded by itself. */
  #waitsForGroup = true;
  /** Random access points since the renderer began: it marks its first packets, all of which lie in the first group. */
  #groups = 0;
  /** True once a renderer was followed by another: then its marks are true for those who watched. */
  #hasBroken = false;

  /** Bytes that came in, ever. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The tick of the newest chunk; undefined before the first. */
  get lastTick(): Tick | undefined {
    return this.#lastTick;
  }

  /** Takes a chunk whose bytes nobody will change any more. */
  write(chunk: StreamChunk): void {
    if (this.#isClosed || (this.#waitsForGroup && !chunk.randomAccess)) return;
    this.#waitsForGroup = false;
    this.#bytes += chunk.bytes.length;
    this.#lastTick = chunk.tick;
    if (chunk.randomAccess) this.#groups += 1;
    const joined = this.#groups === 1 ? { ...chunk, bytes: withoutBreaks(chunk.bytes) } : chunk;
    this.#keep(joined);
    for (const sink of this.#sinks) sink.write(this.#hasBroken ? chunk : joined);
  }

  /** Gives a sink the kept group at once and everything from now on, until disposed. After `close` it is ended at once. */
  join(sink: StreamSink): Disposable {
    if (this.#isClosed) sink.end();
    else {
      for (const chunk of this.#kept) sink.write(chunk);
      this.#sinks.add(sink);
    }
    return { [Symbol.dispose]: () => void this.#sinks.delete(sink) };
  }

  /** The stream breaks off. What is kept is of no use any more, and what follows begins with a random access point. */
  interrupt(): void {
    this.#forget();
    this.#waitsForGroup = true;
    this.#hasBroken = this.#lastTick !== undefined;
    this.#groups = 0;
  }

  /** Ends all sinks. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#forget();
    const sinks = [...this.#sinks];
    this.#sinks.clear();
    for (const sink of sinks) sink.end();
  }

  #keep(chunk: StreamChunk): void {
    if (chunk.randomAccess) this.#forget();
    else if (this.#kept.length === 0) return;
    this.#kept.push(chunk);
    this.#keptBytes += chunk.bytes.length;
    // A group that never ends: those who come later wait for the next one.
    if (this.#keptBytes > keptBytesMax) this.#forget();
  }

  #forget(): void {
    this.#kept = [];
    this.#keptBytes = 0;
  }
}
