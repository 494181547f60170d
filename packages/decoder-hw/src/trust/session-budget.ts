import { closeSync, constants, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";

/** What the operating system knows of locks on open files. Both calls answer at once. */
export interface FileLocks {
  /**
   * Locks the file for this very opening of it, until the descriptor is closed, be it by the end of the process however that
   * comes. False where another opening holds it, in this process or in another.
   */
  lock(fd: number): boolean;
  /** True where another opening of the file holds it. */
  isLocked(fd: number): boolean;
}

/** The right to one session on a device, until it is disposed or the process ends. Disposing twice is quiet. */
export interface Lease extends Disposable {
  readonly device: string;
  /** From 0. */
  readonly slot: number;
}

/** What a budget is kept with. */
export interface SessionBudgetOptions {
  /** Where the slots' files are: the same for all processes that share the devices. Made where it is not there. */
  readonly folder: string;
  /** Sessions that a device serves at one time, of all processes together; 1 to 64. */
  readonly sessionsMax: number;
  readonly locks: FileLocks;
}

/** The most that a device can be given: each take looks at so many files at worst. */
export const sessionsMaxMax = 64;

/**
 * How many sessions a device serves at one time, counted over all processes on the machine: one file for each, locked by whoever
 * has the session. The kernel lets go of a lock when its process dies, so nothing has to be cleared up after one.
 *
 * Where the files cannot be had (a folder that nobody may write to), sessions are counted within this process alone, and `problem`
 * says so.
 */
export class SessionBudget {
  readonly #options: SessionBudgetOptions;
  /** Slots of this process where there are no files, by device. */
  readonly #own = new Map<string, Set<number>>();
  #problem: string | undefined;

  constructor(options: SessionBudgetOptions) {
    this.#options = options;
    try {
      mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    } catch (thrown) {
      this.#problem = problemOf(thrown);
    }
  }

  /** Why sessions are counted within this process alone; undefined where all are counted. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Takes one of the device's sessions; undefined where all are taken. Never waits. */
  tryTake(device: string): Lease | undefined {
    for (let slot = 0; slot < this.#options.sessionsMax; slot++) {
      const release = this.#takeSlot(device, slot);
      if (release !== undefined) return leaseOf(device, slot, release);
    }
    return undefined;
  }

  /** Sessions taken at this moment, by whomever. */
  inUse(device: string): number {
    let taken = 0;
    for (let slot = 0; slot < this.#options.sessionsMax; slot++) if (this.#isTaken(device, slot)) taken += 1;
    return taken;
  }

  #takeSlot(device: string, slot: number): (() => void) | undefined {
    if (this.#problem === undefined) {
      try {
        return this.#lockSlot(device, slot);
      } catch (thrown) {
        this.#problem = problemOf(thrown);
      }
    }
    const own = this.#own.get(device) ?? new Set();
    this.#own.set(device, own);
    if (own.has(slot)) return undefined;
    own.add(slot);
    return () => own.delete(slot);
  }

  #lockSlot(device: string, slot: number): (() => void) | undefined {
    const fd = this.#openSlot(device, slot, constants.O_CREAT);
    let isLocked = false;
    try {
      isLocked = this.#options.locks.lock(fd);
    } finally {
      if (!isLocked) closeSync(fd);
    }
    return isLocked ? () => closeSync(fd) : undefined;
  }

  #isTaken(device: string, slot: number): boolean {
    if (this.#own.get(device)?.has(slot) === true) return true;
    try {
      const fd = this.#openSlot(device, slot, 0);
      try {
        return this.#options.locks.isLocked(fd);
      } finally {
        closeSync(fd);
      }
    } catch {
      // A slot that was never taken has no file.
      return false;
    }
  }

  /** Node opens every file so that no child process inherits it, and with it the lock. */
  #openSlot(device: string, slot: number, create: number): number {
    const path = join(this.#options.folder, `${encodeURIComponent(device)}.${slot}`);
    return openSync(path, constants.O_RDWR | constants.O_NOFOLLOW | create, 0o600);
  }
}

function leaseOf(device: string, slot: number, release: () => void): Lease {
  let isReleased = false;
  return {
    device,
    slot,
    [Symbol.dispose]: () => {
      if (isReleased) return;
      isReleased = true;
      release();
    },
  };
}

const problemOf = (thrown: unknown): string =>
  `Sessions are counted within this process alone: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
