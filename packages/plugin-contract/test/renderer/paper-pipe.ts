import { writeSync } from "node:fs";
import type { StreamChunk } from "@retrovue/core";

/** Writes records into a pipe as long as it takes them; what it does not take is kept, for a test is short. */
export class PaperPipe {
  #waiting: Buffer[] = [];
  #isGone = false;

  constructor(
    private readonly descriptor: number,
    private readonly onGone: () => void,
  ) {}

  get isFull(): boolean {
    this.#flush();
    return this.#waiting.length > 0;
  }

  write({ bytes, randomAccess, tick }: StreamChunk, isBare: boolean): void {
    const head = Buffer.alloc(isBare ? 0 : 16);
    if (!isBare) {
      head.writeUInt32LE(bytes.length, 0);
      head.writeUInt32LE(randomAccess ? 1 : 0, 4);
      head.writeBigInt64LE(BigInt(tick), 8);
    }
    this.#waiting.push(Buffer.concat([head, bytes]));
    this.#flush();
  }

  #flush(): void {
    for (let [first] = this.#waiting; first !== undefined && !this.#isGone; [first] = this.#waiting) {
      try {
        const written = writeSync(this.descriptor, first);
        if (written === first.length) this.#waiting.shift();
        else this.#waiting[0] = first.subarray(written);
      } catch (thrown) {
        if ((thrown as NodeJS.ErrnoException).code === "EAGAIN") return;
        this.#isGone = true;
        this.onGone();
      }
    }
    if (this.#isGone) this.#waiting = [];
  }
}
