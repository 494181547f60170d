import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Tick } from "@retrovue/core";

/** What stands before the bytes of a record: length, flags, tick (core: `Renderer.pipeTo`). */
const headBytes = 16;

/** A record as a renderer writes it. */
export interface PipedRecord {
  readonly tick: Tick;
  readonly flags: number;
  readonly bytes: Buffer;
}

/** A pipe of the system and its reading end, which takes nothing until it is told to. */
export class HeardPipe implements Disposable {
  /** The writing end, non-blocking. Closed by disposal: a renderer that writes to it goes first. */
  readonly descriptor: number;
  #reading: number | Socket | undefined;
  #filledBytes = 0;
  readonly #pieces: Buffer[] = [];

  constructor() {
    const folder = mkdtempSync(join(tmpdir(), "retrovue-pipe-"));
    try {
      const path = join(folder, "pipe");
      execFileSync("mkfifo", [path]);
      this.#reading = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      this.descriptor = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    } finally {
      // Both ends stay what they are.
      rmSync(folder, { recursive: true });
    }
  }

  /** Fills it up, so that nothing more goes in until somebody takes. */
  fill(): void {
    const piece = Buffer.alloc(4_096);
    for (;;) {
      try {
        this.#filledBytes += writeSync(this.descriptor, piece);
      } catch (thrown) {
        if ((thrown as NodeJS.ErrnoException).code === "EAGAIN") return;
        throw thrown;
      }
    }
  }

  /** Takes whatever comes from now on. */
  listen(): void {
    if (typeof this.#reading !== "number") return;
    const socket = new Socket({ fd: this.#reading, readable: true, writable: false });
    socket.on("data", (piece) => this.#pieces.push(piece));
    this.#reading = socket;
  }

  /** Closes the reading end: whoever writes is told that nobody reads. */
  leave(): void {
    if (typeof this.#reading === "number") closeSync(this.#reading);
    else this.#reading?.destroy();
    this.#reading = undefined;
  }

  /** What came, without what filled it; a last record that is not whole yet is left out. */
  records(): readonly PipedRecord[] {
    const all = Buffer.concat(this.#pieces).subarray(this.#filledBytes);
    const records: PipedRecord[] = [];
    for (let at = 0; at + headBytes <= all.length; ) {
      const length = all.readUInt32LE(at);
      const end = at + headBytes + length;
      if (end > all.length) break;
      const tick = Number(all.readBigInt64LE(at + 8)) as Tick;
      records.push({ tick, flags: all.readUInt32LE(at + 4), bytes: all.subarray(at + headBytes, end) });
      at = end;
    }
    return records;
  }

  [Symbol.dispose](): void {
    this.leave();
    closeSync(this.descriptor);
  }
}
