import { stat } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { fileURLToPath } from "node:url";
import { type Nanoseconds, nanosecondsFromMs, PlayoutError, type Timer } from "@retrovue/core";
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
  /** House time, by which bars lapse. */
  readonly now: () => Nanoseconds;
  readonly log: Log;
}

/** How often barred files are looked at, while there are any: an operator who has put another one there does not wait for long. */
const lookNs = nanosecondsFromMs(5_000);

/** Looks in a row that must find the same other file: one that is still being written, or copied there, is not tried yet. */
const steadyLooksMin = 2;

/** A file that is barred again after each lift is tried again every 10 min at most. */
const steadyLooksMax = 120;

/** Files of which it is remembered how often their bars were lifted: the quarantine's own bound (core: quarantine.ts). */
const filesMax = 1_024;

interface Watched {
  /** What it was when it was barred; undefined as long as nobody could say. */
  was: string | undefined;
  /** What the last look found in its place, and how many in a row found the same. */
  other: string | undefined;
  looks: number;
}

/**
 * Lifts the bars of a file once it is another one than when it was barred, and stays so: its size, its time of modification or its
 * inode differs, and two looks in a row found the same. Each time that it is barred again, twice as many must. A file that is gone
 * stays barred until something is there again. Assets that are no files keep their bars.
 */
export class BarredFiles implements Disposable {
  readonly #options: BarredFilesOptions;
  /** By URI. */
  readonly #barred = new Map<string, Watched>();
  /** How often the bars of each were lifted, by URI, the last one lifted at the end. */
  readonly #lifts = new Map<string, number>();
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
    const watched: Watched = { was: undefined, other: undefined, looks: 0 };
    this.#barred.set(uri, watched);
    void this.#identify(uri).then((is) => {
      watched.was ??= is;
    });
    this.#lookLater();
  }

  #lookLater(): void {
    if (this.#isLooking || this.#closing.signal.aborted || this.#barred.size === 0) return;
    this.#timer?.[Symbol.dispose]();
    this.#timer = this.#options.timer.after(lookNs, () => void this.#look());
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    const inForce = this.#inForce();
    await Promise.all(
      [...this.#barred].map(async ([uri, watched]) => {
        if (!inForce.has(uri)) this.#barred.delete(uri);
        else if (isSteadilyOther(watched, await this.#identify(uri), this.#looksFor(uri))) {
          // Barred anew meanwhile, it is what that bar found.
          if (this.#barred.get(uri) === watched) this.#lift(uri);
        }
      }),
    );
    this.#isLooking = false;
    this.#lookLater();
  }

  /** Those whose bars have not lapsed. */
  #inForce(): ReadonlySet<string> {
    const now = this.#options.now();
    const bars = this.#options.quarantine.bars();
    return new Set(bars.filter(({ until }) => until === undefined || now < until).map(({ uri }) => uri));
  }

  #looksFor(uri: string): number {
    return Math.min(steadyLooksMin * 2 ** (this.#lifts.get(uri) ?? 0), steadyLooksMax);
  }

  #lift(uri: string): void {
    const before = this.#lifts.get(uri) ?? 0;
    this.#lifts.delete(uri);
    this.#lifts.set(uri, before + 1);
    const [oldest] = this.#lifts.keys();
    if (this.#lifts.size > filesMax && oldest !== undefined) this.#lifts.delete(oldest);
    this.#barred.delete(uri);
    this.#options.quarantine.clear(uri);
    this.#options.log.info({ asset: uri }, "a barred file was replaced: it may be tried again");
  }

  /** Undefined where nobody can say now: it is gone, or its file system does not answer. */
  async #identify(uri: string): Promise<string | undefined> {
    const path = pathOf(uri);
    if (path === undefined) return undefined;
    try {
      const ask = () => stat(path, { bigint: true });
      // Not its device: a share that is mounted again has another number.
      const { ino, size, mtimeNs } = await this.#options.files.ask(path, ask, this.#closing.signal);
      return `${ino} ${size} ${mtimeNs}`;
    } catch {
      return undefined;
    }
  }
}

/** Takes down what a look found, and says whether enough of them found the same other file. */
function isSteadilyOther(watched: Watched, is: string | undefined, looks: number): boolean {
  watched.was ??= is;
  if (is === undefined || is === watched.was) {
    watched.other = undefined;
    watched.looks = 0;
    return false;
  }
  watched.looks = is === watched.other ? watched.looks + 1 : 1;
  watched.other = is;
  return watched.looks >= looks;
}

function pathOf(uri: string): string | undefined {
  if (isAbsolute(uri)) return uri;
  try {
    return uri.startsWith("file:") ? fileURLToPath(uri) : undefined;
  } catch {
    return undefined;
  }
}
