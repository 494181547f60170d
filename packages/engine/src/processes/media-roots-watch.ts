import { constants } from "node:fs";
import { access, opendir, stat } from "node:fs/promises";
import { nanosecondsFromMs, PlayoutError, type Timer } from "@retrovue/core";

/** How often a process looks. */
const lookEveryNs = nanosecondsFromMs(2_000);

/** What a watch is made with. */
export interface MediaRootsWatchOptions {
  readonly roots: readonly string[];
  /** Folders that the process may read, as it was confined: each as `DEVICE:INODE`. */
  readonly folders: ReadonlySet<string>;
  readonly timer: Timer;
  /** How many times in a row a root has to be refused. */
  readonly looks: () => number;
  /** Told once, with the error that ends the process. */
  readonly onMountedAnew: (error: PlayoutError) => void;
}

/**
 * Finds out that a media root is refused which the process's user may read: it was mounted or made after the process was
 * confined, and Landlock's rules know folders, not names. Another process, which is begun now, knows it. A root that was among
 * the folders of its confinement is refused by something else, and none of this one's business.
 */
export class MediaRootsWatch implements Disposable {
  readonly #options: MediaRootsWatchOptions;
  readonly #refusals = new Map<string, number>();
  #waiting: Disposable | undefined;
  #isOver = false;

  private constructor(options: MediaRootsWatchOptions) {
    this.#options = options;
  }

  /** Takes a first look, which says what there is to watch, and goes on until it is disposed or has found something. */
  static async begin(options: MediaRootsWatchOptions): Promise<MediaRootsWatch> {
    const watch = new MediaRootsWatch(options);
    for (const root of options.roots) {
      const wasKnown = options.folders.has((await identityOf(root)) ?? "");
      if (!wasKnown || !(await isRefused(root))) watch.#refusals.set(root, 0);
    }
    watch.#wait();
    return watch;
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#waiting?.[Symbol.dispose]();
  }

  #wait(): void {
    if (this.#isOver || this.#refusals.size === 0) return;
    this.#waiting = this.#options.timer.after(lookEveryNs, () => void this.#look());
  }

  /** One root after another: a disk that does not answer holds up one look, not all threads that read files. */
  async #look(): Promise<void> {
    for (const [root, before] of this.#refusals) {
      const times = (await isRefused(root)) ? before + 1 : 0;
      if (this.#isOver) return;
      this.#refusals.set(root, times);
      if (times < this.#options.looks()) continue;
      this.#isOver = true;
      this.#options.onMountedAnew(mountedAnew(root));
      return;
    }
    this.#wait();
  }
}

async function identityOf(root: string): Promise<string | undefined> {
  const about = await stat(root, { bigint: true }).catch(() => undefined);
  return about && `${about.dev}:${about.ino}`;
}

/** Landlock does not touch what access(2) answers, so that the two differ where it, and nothing else, refuses. */
async function isRefused(root: string): Promise<boolean> {
  try {
    await access(root, constants.R_OK | constants.X_OK);
  } catch {
    return false;
  }
  try {
    await (await opendir(root)).close();
    return false;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === "EACCES";
  }
}

const mountedAnew = (root: string): PlayoutError =>
  new PlayoutError("Unavailable", `${root} was mounted or made after this worker was confined.`, {
    remedy: "Another worker takes its place by itself.",
    details: { root },
  });
