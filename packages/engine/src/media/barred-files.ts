import { stat } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { fileURLToPath } from "node:url";
import { nanosecondsFromMs, PlayoutError, type Timer } from "@retrovue/core";
import type { Log } from "../log/log.js";
import type { SharedQuarantine } from "../workers/shared-quarantine.js";

/** What barred files are watched with, all borrowed. */
export interface BarredFilesOptions {
  readonly quarantine: Pick<SharedQuarantine, "bars" | "onBar" | "clear">;
  /** Asks file systems that may not answer, off the event loop and with a deadline. */
  readonly files: {
    ask<T>(path: string, call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T>;
  };
  readonly timer: Timer;
  readonly log: Log;
}

/** How often barred files are looked at, while there are any: an operator who has put another one there does not wait for long. */
const lookNs = nanosecondsFromMs(5_000);

/**
 * Lifts the bars of a file once it is another one than when it was barred: its size, its time of modification or its inode differs. A
 * file that is gone stays barred until something is there again. Assets that are no files keep their bars.
 */
export class BarredFiles implements Disposable {
  readonly #options: BarredFilesOptions;
  /** What each file was when it was barred; undefined as long as nobody could say. By URI. */
  readonly #barred = new Map<string, string | undefined>();
  readonly #closing = new AbortController();
  readonly #listening: Disposable;
  #timer: Disposable | undefined;
  #isLooking = false;

  constructor(options: BarredFilesOptions) {
    this.#options = options;
    this.#listening = options.quarantine.onBar(({ uri, isLifted }) => {
      if (isLifted !== true && pathOf(uri) !== undefined) this.#note(uri);
    });
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
    this.#timer?.[Symbol.dispose]();
    this.#closing.abort(new PlayoutError("Closed", "The engine is closing."));
  }

  #note(uri: string): void {
    this.#barred.set(uri, undefined);
    void this.#identify(uri).then((is) => {
      if (is !== undefined && this.#barred.has(uri)) this.#barred.set(uri, is);
    });
    this.#lookLater();
  }

  #lookLater(): void {
    if (this.#isLooking || this.#closing.signal.aborted || this.#barred.size === 0) return;
    this.#timer?.[Symbol.dispose]();
    this.#timer = this.#options.timer.after(lookNs, () => void this.#look());
  }

  async #look(): Promise<void> {
    const { quarantine, log } = this.#options;
    this.#isLooking = true;
    const known = new Set(quarantine.bars().map(({ uri }) => uri));
    await Promise.all(
      [...this.#barred].map(async ([uri, was]) => {
        if (!known.has(uri)) this.#barred.delete(uri);
        else {
          const is = await this.#identify(uri);
          if (is === undefined || this.#barred.get(uri) !== was) return;
          if (was === undefined) this.#barred.set(uri, is);
          else if (is !== was) {
            this.#barred.delete(uri);
            quarantine.clear(uri);
            log.info({ asset: uri }, "a barred file was replaced: it may be tried again");
          }
        }
      }),
    );
    this.#isLooking = false;
    this.#lookLater();
  }

  /** Undefined where nobody can say now: it is gone, or its file system does not answer. */
  async #identify(uri: string): Promise<string | undefined> {
    const path = pathOf(uri);
    if (path === undefined) return undefined;
    try {
      const ask = () => stat(path, { bigint: true });
      const { dev, ino, size, mtimeNs } = await this.#options.files.ask(path, ask, this.#closing.signal);
      return `${dev} ${ino} ${size} ${mtimeNs}`;
    } catch {
      return undefined;
    }
  }
}

function pathOf(uri: string): string | undefined {
  if (isAbsolute(uri)) return uri;
  try {
    return uri.startsWith("file:") ? fileURLToPath(uri) : undefined;
  } catch {
    return undefined;
  }
}
