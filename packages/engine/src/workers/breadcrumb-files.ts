import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Suspect } from "@retrovue/core";
import type { Log } from "../log/log.js";
import type { PluginUse } from "../plugins/load-plugin.js";
import { readBreadcrumbs } from "./breadcrumb-table.js";
import type { BreadcrumbReader, LeftBehind } from "./process-workers.js";

/** Decoders that leave breadcrumbs in a file that their option `breadcrumbs` names. */
const leavesBreadcrumbs: ReadonlySet<string> = new Set(["@retrovue/decoder-libav", "@retrovue/decoder-hw"]);

/** Signals that a fault of a process's own code ends it by; SIGABRT may also be the runtime's out-of-memory. */
const faultSignals: ReadonlySet<string> = new Set(["SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGSYS"]);

type DecoderUse = PluginUse & { readonly port: "decoder" };

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

/** A process's files: which decoder leaves its crumbs where. */
type Files = readonly { readonly decoderIndex: number; readonly path: string }[];

/**
 * The files in which worker processes leave their breadcrumbs, one for each decoder that leaves any. They outlive a process that
 * dies: who was at work then is read from them, once.
 */
export class BreadcrumbFiles implements BreadcrumbReader, Disposable {
  readonly #folder: string;
  readonly #log: Log;
  readonly #files = new Map<number, Files>();
  #lastProcess = 0;
  #isUsable = true;

  /** @param folder made where it is not there; what engines that were killed left in it is removed */
  constructor(folder: string, log: Log) {
    // By process: one that is started a second time by mistake must not take the files of the one that runs.
    this.#folder = join(folder, `${folderPrefix}${process.pid}`);
    this.#log = log;
    try {
      removeLeft(folder);
      mkdirSync(this.#folder, { recursive: true });
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
    const files: { decoderIndex: number; path: string }[] = [];
    const placed = decoders.map((decoder, decoderIndex): DecoderUse => {
      // Whoever names a file of his own looks after it himself.
      if (!leavesBreadcrumbs.has(decoder.use) || decoder.options["breadcrumbs"] !== undefined) return decoder;
      const path = join(this.#folder, `worker-${process}-${decoderIndex}`);
      files.push({ decoderIndex, path });
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
    const found = files.flatMap(({ decoderIndex, path }) => {
      const table = this.#read(path);
      return table === undefined ? [] : [{ decoderIndex, ...table }];
    });
    const atWork = found.reduce((count, { assets }) => count + assets.length, 0);
    const isSent = faultSignals.has(cause) && found.some((table) => table.isSent);
    const suspects = found.flatMap(({ decoderIndex, assets, guilty }) =>
      assets.map((uri): Suspect => {
        // Where no thread took the blame, the only asset there was has it.
        const isOnlyOne = guilty === undefined && atWork === 1 && faultSignals.has(cause) && !isSent;
        return { uri, decoderIndex, guilty: uri === guilty || isOnlyOne };
      }),
    );
    return { suspects, isSent };
  }

  /** Removes all files. Idempotent. */
  [Symbol.dispose](): void {
    this.#files.clear();
    if (this.#isUsable) rmSync(this.#folder, { recursive: true, force: true });
    this.#isUsable = false;
  }

  #read(path: string) {
    try {
      const table = readBreadcrumbs(readFileSync(path));
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
