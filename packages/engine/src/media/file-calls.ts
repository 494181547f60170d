import { sep } from "node:path";
import { type Nanoseconds, nanosecondsFromMs, PlayoutError, type Timer } from "@retrovue/core";
import { NodeHostTime } from "../clock/node-host-time.js";
import { remoteMounts } from "./remote-mounts.js";

/** How files are asked for. */
export interface FileCallsOptions {
  /** Folders that may hang each for itself: media roots, and where plans lie. */
  readonly places: readonly string[];
  /** Default: that of the host. */
  readonly timer?: Timer;
  /** Where file systems are mounted that hang as a whole. */
  readonly mounts?: () => readonly string[];
}

/** How long one call may take, its turn included: a disk that has to spin up takes longer than this only once. */
export const fileCallNsMax: Nanoseconds = nanosecondsFromMs(5_000);

/**
 * Calls at once. Each holds one of the four threads that Node has for files, names of hosts and more, and one on a share whose
 * server is gone holds it for ever: half of them is left to everyone else.
 */
const atOnceMax = 2;

/** Calls that wait for their turn: beyond, nobody would get theirs in time. */
const waitingMax = 1_000;

interface Call {
  readonly path: string;
  /** Where it is asked by the mounts that are known now: one that was mounted late may become known while it waits or runs. */
  place: string;
  /** True once it has run for too long. */
  isOverdue: boolean;
  readonly begin: () => void;
}

/**
 * Asks file systems that may not answer (a share whose server is gone, a disk that hangs). Each call has a deadline, one runs for
 * each place, and as long as one is overdue there, further ones for the same place are refused at once. A place is a mount that may hang as a whole, or else
 * the innermost known folder; what lies beneath none of these is one place by itself.
 */
export class FileCalls {
  readonly #places: Set<string>;
  readonly #timer: Timer;
  readonly #waiting: Call[] = [];
  readonly #running = new Set<Call>();

  readonly #lookForMounts: () => readonly string[];
  #mounts: readonly string[];

  constructor({ places, timer = new NodeHostTime().timer, mounts = remoteMounts }: FileCallsOptions) {
    this.#places = new Set(places);
    this.#timer = timer;
    this.#lookForMounts = mounts;
    this.#mounts = mounts();
  }

  /** Another folder that may hang for itself. */
  know(place: string): void {
    this.#places.add(place);
  }

  /**
   * What `call` gives. `Timeout` where it takes longer than 5 s or one before it still does, `QueueFull`, `Cancelled`, and what it
   * rejects with. Its signal is aborted once nobody waits for it any more.
   *
   * @param path absolute; decides which place is asked
   */
  ask<T>(path: string, call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    const refused = this.#refusal(path, signal);
    if (refused !== undefined) return Promise.reject(refused);
    return new Promise((resolve, reject) => {
      const unwanted = new AbortController();
      let deadline: Disposable | undefined;
      const leave = (why: PlayoutError) => {
        signal.removeEventListener("abort", onAbort);
        unwanted.abort(why);
        reject(why);
        deadline?.[Symbol.dispose]();
        const at = this.#waiting.indexOf(asked);
        if (at >= 0) this.#waiting.splice(at, 1);
      };
      const onAbort = () => leave(PlayoutError.from(signal.reason, "Cancelled"));
      const asked: Call = {
        path,
        place: this.#placeOf(path),
        isOverdue: false,
        begin: () => {
          // Counted from here: who had to wait for a turn says nothing of the place.
          const overdue = this.#timer.after(fileCallNsMax, () => {
            this.#hang(asked);
            leave(unanswered(path));
          });
          const done = () => {
            signal.removeEventListener("abort", onAbort);
            deadline?.[Symbol.dispose]();
            overdue[Symbol.dispose]();
            this.#running.delete(asked);
            this.#beginNext();
          };
          const answer = async () => await call(unwanted.signal);
          answer().then(
            (given) => {
              done();
              resolve(given);
            },
            (thrown: unknown) => {
              done();
              reject(thrown);
            },
          );
        },
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting.push(asked);
      this.#beginNext();
      if (this.#waiting.includes(asked))
        deadline = this.#timer.after(fileCallNsMax, () => leave(unanswered(path)));
    });
  }

  #refusal(path: string, signal: AbortSignal): PlayoutError | undefined {
    if (signal.aborted) return PlayoutError.from(signal.reason, "Cancelled");
    const place = this.#placeOf(path);
    if ([...this.#running].some((one) => one.isOverdue && one.place === place)) return unanswered(path);
    if (this.#waiting.length < waitingMax) return undefined;
    return new PlayoutError("QueueFull", `${waitingMax} files are asked for already.`, {
      remedy: "Ask again in a moment.",
    });
  }

  #beginNext(): void {
    while (this.#running.size < atOnceMax && this.#waiting.length > 0) {
      // The last turn must not go to the share that holds the others, mounted since they began.
      if (this.#running.size === atOnceMax - 1) this.#learnMounts();
      const busy = new Set([...this.#running].map(({ place }) => place));
      const at = this.#waiting.findIndex(({ place }) => !busy.has(place));
      const [next] = at < 0 ? [] : this.#waiting.splice(at, 1);
      if (next === undefined) return;
      this.#running.add(next);
      next.begin();
    }
  }

  #hang(call: Call): void {
    call.isOverdue = true;
    // Its share may have been mounted since: that hangs, and what was taken for its place may not.
    this.#learnMounts();
    this.#beginNext();
  }

  #learnMounts(): void {
    this.#mounts = this.#lookForMounts();
    for (const call of [...this.#running, ...this.#waiting]) call.place = this.#placeOf(call.path);
  }

  #placeOf(path: string): string {
    return innermost(path, this.#mounts) ?? innermost(path, this.#places) ?? "";
  }
}

function innermost(path: string, folders: Iterable<string>): string | undefined {
  let found: string | undefined;
  for (const folder of folders)
    if (folder.length > (found?.length ?? 0) && isBeneath(path, folder)) found = folder;
  return found;
}

/** True for the folder itself as well. Both are absolute. */
export const isBeneath = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);

const unanswered = (path: string): PlayoutError =>
  new PlayoutError("Timeout", `${path} gives no answer within ${fileCallNsMax / 1_000_000_000n} s.`, {
    remedy: "See whether its disk or its share hangs.",
    details: { path },
  });
