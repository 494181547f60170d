import { closeSync, openSync, writeSync } from "node:fs";
import { breadcrumbLayout as layout } from "./breadcrumb-table.js";

/** What a call to a decoder is at: the activities of the table. */
export const activities = Object.freeze({ opening: 1, reading: 2, seeking: 4, closing: 5 } as const);
export type Activity = keyof typeof activities;

/** Calls that are under way at one time, and streams that are open; those beyond leave no crumb. */
const linesMax = 127;

/** One asset that a decoder is at work on, or may be. */
export interface BreadcrumbLine extends Disposable {
  /** Notes the activity for as long as the call lasts, and that its first, synchronous part is what runs now. */
  during<T>(activity: Activity, call: () => Promise<T>): Promise<T>;
}

/**
 * A table of breadcrumbs as native decoders leave them, written by the process's own thread around calls of a decoder that leaves
 * none. Each change is one small write to a file: what is written is there whatever becomes of the process. A disk that takes no
 * more costs crumbs and nothing else.
 *
 * In such a table the "thread that faulted" is the line whose call has been entered and has not given its promise yet: whatever ends
 * the process meanwhile happened in there.
 */
export class BreadcrumbFile implements Disposable {
  readonly #fd: number;
  readonly #free = Array.from({ length: linesMax }, (_, index) => linesMax - 1 - index);
  /** 1 + the line that runs now; 0 for none. */
  #inside = 0;
  #isClosed = false;

  /** @param path made anew. Throws what `openSync` does. */
  constructor(path: string) {
    this.#fd = openSync(path, "w", 0o600);
    const table = Buffer.alloc(layout.headBytes + linesMax * layout.lineBytes);
    table.write(layout.magic, 0, "latin1");
    table.writeUInt32LE(linesMax, layout.linesAt);
    table.writeUInt32LE(layout.lineBytes, layout.lineBytesAt);
    writeSync(this.#fd, table);
  }

  /** A line for an asset, until it is disposed. */
  line(uri: string): BreadcrumbLine {
    const index = this.#free.pop();
    if (index === undefined) return lineless;
    const at = layout.headBytes + index * layout.lineBytes;
    const name = Buffer.alloc(layout.lineBytes - layout.assetAt);
    // One that fills its place is taken for cut, and names nobody.
    if (Buffer.byteLength(uri) < name.length) name.write(uri, "utf8");
    else name.fill("x", 0, name.length - 1);
    // Idle first: whatever was left of the one before must not be put down to this one.
    this.#words(at + layout.activityAt, 0, 0);
    this.#write(name, at + layout.assetAt);
    let calls = 0;
    let isGone = false;
    const during = async <T>(activity: Activity, call: () => Promise<T>): Promise<T> => {
      // The place may be another's by now.
      if (isGone) return await call();
      const outer = this.#inside;
      calls += 1;
      this.#words(at + layout.activityAt, activities[activity], process.pid);
      this.#enter(index + 1);
      try {
        let given: Promise<T>;
        try {
          given = call();
        } finally {
          this.#enter(outer);
        }
        return await given;
      } finally {
        calls -= 1;
        if (calls === 0 && !isGone) this.#words(at + layout.activityAt, 0, 0);
      }
    };
    return {
      during,
      [Symbol.dispose]: () => {
        if (isGone) return;
        isGone = true;
        // A call that never came to an end is nobody's any more.
        if (calls > 0) this.#words(at + layout.activityAt, 0, 0);
        this.#free.push(index);
      },
    };
  }

  /** Nothing is written any more; the file stays. Idempotent. */
  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#fd);
  }

  #enter(line: number): void {
    this.#inside = line;
    this.#words(layout.faultLineAt, line);
  }

  #words(at: number, ...values: readonly number[]): void {
    this.#write(Buffer.from(Uint32Array.from(values).buffer), at);
  }

  #write(bytes: Buffer, at: number): void {
    if (this.#isClosed) return;
    try {
      writeSync(this.#fd, bytes, 0, bytes.length, at);
    } catch {
      // Nobody is to lose a picture because its crumb cannot be noted.
      this[Symbol.dispose]();
    }
  }
}

const lineless: BreadcrumbLine = { during: (_, call) => call(), [Symbol.dispose]: () => {} };
