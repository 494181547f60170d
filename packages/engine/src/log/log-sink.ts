import { write } from "node:fs";
import { nanosecondsFromMs, type Timer } from "@retrovue/core";

/** Bytes that wait for a slow reader at most; lines beyond are dropped and counted. */
const waitingBytesMax = 1_048_576;

/** A full pipe that does not block is tried again after this long. */
const retryNs = nanosecondsFromMs(20);

/**
 * Writes log lines to a file descriptor from Node's thread pool. `process.stdout` would not do: to a pipe it writes
 * synchronously, so that whoever reads the log slowly would stop the engine. (pino's own destination does not either: at exit
 * it tries for ever to write to a reader that has gone.)
 */
export class LogSink {
  readonly #fd: number;
  readonly #timer: Timer;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #isWriting = false;
  /** True when nobody reads any more. */
  #isBroken = false;
  #dropped = 0;
  readonly #idle: (() => void)[] = [];

  /** @param fd 1 for stdout; stays open */
  constructor(fd: number, timer: Timer) {
    this.#fd = fd;
    this.#timer = timer;
  }

  /** Takes one line. Never throws, never waits. */
  readonly write = (line: string): void => {
    const bytes = Buffer.from(line);
    if (this.#isBroken || this.#waitingBytes + bytes.length > waitingBytesMax) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#writeNext();
  };

  /** Lines that were dropped since the start; a batch that failed counts as one. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Resolves when all is written, or nobody takes it any more. Pending while a reader stalls. */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      this.#idle.push(resolve);
      this.#writeNext();
    });
  }

  #writeNext(): void {
    if (this.#isWriting) return;
    if (this.#waiting.length === 0) {
      for (const resolve of this.#idle.splice(0)) resolve();
      return;
    }
    const batch = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#isWriting = true;
    write(this.#fd, batch, (error, written) => this.#wrote(batch, error, written));
  }

  #wrote(batch: Buffer, error: NodeJS.ErrnoException | null, written: number): void {
    this.#isWriting = false;
    if (error !== null && error.code !== "EAGAIN") {
      // A full disk may have room again; a reader that went away does not come back.
      this.#isBroken = error.code !== "ENOSPC";
      this.#dropped += 1;
      this.#waitingBytes -= batch.length;
      if (this.#isBroken) this.#waiting = [];
      this.#writeNext();
      return;
    }
    const done = error === null ? written : 0;
    this.#waitingBytes -= done;
    if (done < batch.length) this.#waiting.unshift(batch.subarray(done));
    if (error === null) {
      this.#writeNext();
      return;
    }
    this.#isWriting = true;
    this.#timer.after(retryNs, () => {
      this.#isWriting = false;
      this.#writeNext();
    });
  }
}
