import { mkdir, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../log/log.js";
import { type AsRunLine, asRunVersion } from "./as-run-line.js";

/** What as-run files are written with. */
export interface AsRunFilesOptions {
  /** The engine's data folder; files lie in `as-run` beneath it, which is made when first needed. */
  readonly dataDir: string;
  readonly keepDays: number;
  readonly log: Log;
  /** Lines that wait for the disk at most; more are lost and counted. Default 10 000, about 5 MB. */
  readonly waitingMax?: number;
  /** Bytes of a day's file. Default 256 MiB: a hundred channels with a segment every ten seconds. */
  readonly bytesMax?: number;
}

const msPerDay = 86_400_000;

/** The broadcast day that an instant lies in, as `2026-01-31`: the date in the host's time zone. */
export function broadcastDay(atMs: number): string {
  const at = new Date(atMs);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/**
 * The as-run log on disk, one file for each broadcast day (docs/contracts/as-run.md). Lines are handed over and written in the
 * background, whole and in order. What cannot be written is counted and told, in the log at once and in the file when it can be
 * written again; nothing here throws or keeps anyone waiting.
 */
export class AsRunFiles implements AsyncDisposable {
  readonly folder: string;
  readonly #options: Required<AsRunFilesOptions>;
  #waiting: AsRunLine[] = [];
  #lost = 0;
  /** Told in the log since the last line that could be written. */
  #isFailing = false;
  #writing: Promise<void> | undefined;
  /** The file written last: whether it ends in a whole line is known. */
  #day = "";

  constructor(options: AsRunFilesOptions) {
    this.#options = { waitingMax: 10_000, bytesMax: 256 * 1_024 * 1_024, ...options };
    this.folder = join(options.dataDir, "as-run");
  }

  append(line: AsRunLine): void {
    if (this.#waiting.length >= this.#options.waitingMax) this.#lose(1, undefined);
    else this.#waiting.push(line);
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Resolves when all that was handed over is written or lost. */
  async settled(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  /** Removes files of days that are older than `keepDays`. */
  async prune(nowMs: number): Promise<void> {
    const oldest = broadcastDay(nowMs - this.#options.keepDays * msPerDay);
    for (const name of await readdir(this.folder).catch(() => [])) {
      const day = /^(\d{4}-\d{2}-\d{2})\.jsonl$/.exec(name)?.[1];
      if (day !== undefined && day < oldest)
        await rm(join(this.folder, name), { force: true }).catch(() => {});
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.settled();
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      this.#waiting = [];
      for (const [day, ofDay] of byDay(lines)) {
        try {
          await this.#write(day, ofDay);
        } catch (thrown) {
          this.#lose(ofDay.length, thrown);
        }
      }
    }
  }

  async #write(day: string, lines: readonly AsRunLine[]): Promise<void> {
    const { bytesMax, log } = this.#options;
    await mkdir(this.folder, { recursive: true });
    const isNew = day !== this.#day;
    await using file = await open(join(this.folder, `${day}.jsonl`), "a+", 0o640);
    const { size } = await file.stat();
    // An engine that was killed, or a disk that filled up, may have left half a line.
    const isTorn = (isNew || this.#isFailing) && size > 0 && !(await endsLine(file, size));
    const lost = this.#lost;
    const at = lines.at(-1)?.at ?? new Date(0).toISOString();
    const all = lost > 0 ? [...lines, { v: asRunVersion, type: "lost", at, lines: lost } as const] : lines;
    const text = Buffer.from(
      `${isTorn ? "\n" : ""}${all.map((line) => `${JSON.stringify(line)}\n`).join("")}`,
    );
    if (size + text.length > bytesMax) throw new Error(`${day}.jsonl has reached ${bytesMax} bytes`);
    await file.appendFile(text);
    // Without it a power cut could take what has aired out of the record.
    await file.datasync();
    this.#lost -= lost;
    if (this.#isFailing && this.#lost === 0) {
      this.#isFailing = false;
      log.info({ lines: lost }, "the as-run log is written again");
    }
    if (isNew) {
      this.#day = day;
      await this.prune(Date.parse(at));
    }
  }

  #lose(lines: number, cause: unknown): void {
    this.#lost += lines;
    if (this.#isFailing) return;
    this.#isFailing = true;
    this.#options.log.error(
      { err: cause, folder: this.folder },
      "the as-run log cannot be written: lines are lost; channels go on",
    );
  }
}

function byDay(lines: readonly AsRunLine[]): Map<string, AsRunLine[]> {
  return Map.groupBy(lines, ({ at }) => broadcastDay(Date.parse(at)));
}

async function endsLine(file: Awaited<ReturnType<typeof open>>, size: number): Promise<boolean> {
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] === 0x0a;
}
