import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Nanoseconds } from "@retrovue/core";
import type { Log } from "../log/log.js";
import type { DecoderUse } from "../plugins/decoder-set.js";
import { Blame, type DecoderTable, faultSignals } from "./blame.js";
import { boundedRead } from "./bounded-read.js";
import { breadcrumbBytesMax, readBreadcrumbs } from "./breadcrumb-table.js";
import type { BreadcrumbReader, LeftBehind } from "./process-workers.js";

/** Decoders that leave breadcrumbs in a file that their option `breadcrumbs` names. */
const leavesBreadcrumbs: ReadonlySet<string> = new Set(["@retrovue/decoder-libav", "@retrovue/decoder-hw"]);

const folderPrefix = "breadcrumbs-";

/** Removes the folders of engines that run no more. */
function removeLeft(folder: string): void {
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const pid = Number(name.startsWith(folderPrefix) ? name.slice(folderPrefix.length) : Number.NaN);
    if (Number.isInteger(pid) && (pid === process.pid || !isAlive(pid)))
      rmSync(join(folder, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    // EPERM: it lives, but belongs to someone else.
    return (thrown as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** A process's files: which decoder leaves its crumbs where, or has them left around its calls. */
type Files = readonly {
  readonly decoderIndex: number;
  readonly path: string;
  readonly isFromOutside: boolean;
}[];

/**
 * The files in which worker processes leave their breadcrumbs, one for each decoder. They outlive a process that
 * dies: who was at work then is read from them, once.
 */
export class BreadcrumbFiles implements BreadcrumbReader, Disposable {
  readonly #folder: string;
  readonly #log: Log;
  readonly #files = new Map<number, Files>();
  readonly #blame: Blame;
  #lastProcess = 0;
  #isUsable = true;

  /**
   * @param folder made where it is not there; what engines that were killed left in it is removed
   * @param now any steady time
   */
  constructor(folder: string, log: Log, now: () => Nanoseconds) {
    this.#blame = new Blame(now);
    // By process: one that is started a second time by mistake must not take the files of the one that runs.
    this.#folder = join(folder, `${folderPrefix}${process.pid}`);
    this.#log = log;
    try {
      removeLeft(folder);
      mkdirSync(folder, { recursive: true });
      mkdirSync(this.#folder, { mode: 0o700 });
    } catch (thrown) {
      this.#isUsable = false;
      log.warn({ err: thrown }, "no breadcrumbs: what kills a worker is not known and not barred");
    }
  }

  /** The decoders as a new process is to load them, and where it will leave its crumbs: hand that to `began`. */
  placeFor(decoders: readonly DecoderUse[]): {
    readonly decoders: readonly DecoderUse[];
    readonly files: Files;
  } {
    if (!this.#isUsable) return { decoders, files: [] };
    const process = ++this.#lastProcess;
    const files: Files[number][] = [];
    const placed = decoders.map((decoder, decoderIndex): DecoderUse => {
      const isFromOutside = !leavesBreadcrumbs.has(decoder.use);
      // Whoever names a file of his own looks after it himself.
      if (!isFromOutside && decoder.options["breadcrumbs"] !== undefined) return decoder;
      const path = join(this.#folder, `worker-${process}-${decoderIndex}`);
      files.push({ decoderIndex, path, isFromOutside });
      if (isFromOutside) return { ...decoder, trail: path };
      return { ...decoder, options: { ...decoder.options, breadcrumbs: path } };
    });
    return { decoders: placed, files };
  }

  /** The process that these files are of. */
  began(pid: number, files: Files): void {
    if (files.length > 0) this.#files.set(pid, files);
  }

  leftBy(pid: number, cause: string): LeftBehind {
    const files = this.#files.get(pid) ?? [];
    this.#files.delete(pid);
    const found = files.flatMap(({ path, ...of }): DecoderTable[] => {
      const table = this.#read(path);
      return table === undefined ? [] : [{ ...of, ...table }];
    });
    const isSent = faultSignals.has(cause) && found.some((table) => table.isSent);
    return { suspects: this.#blame.suspects(found, cause), isSent };
  }

  /** Removes all files. Idempotent. */
  [Symbol.dispose](): void {
    this.#files.clear();
    if (this.#isUsable) rmSync(this.#folder, { recursive: true, force: true });
    this.#isUsable = false;
  }

  #read(path: string) {
    try {
      // Whatever runs in a worker may have put anything there.
      const table = readBreadcrumbs(boundedRead(path, breadcrumbBytesMax));
      rmSync(path, { force: true });
      return table;
    } catch (thrown) {
      // A process that ended before it loaded the decoder made none.
      if ((thrown as NodeJS.ErrnoException).code !== "ENOENT")
        this.#log.warn({ err: thrown, path }, "breadcrumbs cannot be read");
      return undefined;
    }
  }
}
