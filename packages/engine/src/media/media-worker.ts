import type { ChildProcess } from "node:child_process";
import {
  type MediaTime,
  nanosecondsFromMs,
  orAbort,
  type PicturePlanes,
  PlayoutError,
  type ProgramFormat,
  type Timer,
} from "@retrovue/core";
import type { Log } from "../log/log.js";
import { takeLine } from "../processes/said-by-all.js";
import { type FromWorker, fromPlainError, readFromWorker } from "../workers/messages.js";
import { tell } from "../workers/process-workers.js";
import { fromPlainInspection, type Inspection } from "./inspection.js";
import type { AssetExaminer, AssetLengths } from "./media-inspector.js";

/** What a worker that looks at media is made with. */
export interface MediaWorkerOptions {
  /** Begins a process that has been told what to load; it is ours from then on. */
  readonly begin: () => ChildProcess;
  /** Told of each process that is gone, and of what ended it. */
  readonly onGone?: (pid: number, cause: string) => void;
  readonly timer: Timer;
  readonly log: Log;
}

/** Files looked at side by side. */
const atOnceMax = 4;

/** Files that wait to be looked at, of all channels: beyond, nobody would hear of theirs in time. */
const waitingMax = 1_000;

/** One file may take as long as two opens on air; then the process that looks at it is ended. */
const deadlineNs = nanosecondsFromMs(12_000);

/** A process that has nothing to do is ended after this: the next question begins another. */
const idleNs = nanosecondsFromMs(3_000);

/** What is asked of the process. */
type Question =
  | { readonly kind: "inspect"; readonly uri: string }
  | { readonly kind: "still"; readonly uri: string; readonly format: ProgramFormat };
type Answer = Extract<FromWorker, { kind: "inspected" | "still" }>;

/** Files after which a process goes no further: whatever each of them left behind, a channel should not have to live with. */
const handedOverFilesMax = 8;

interface Job {
  readonly question: Question;
  readonly answer: PromiseWithResolvers<Answer>;
  /** Its caller's: once it is aborted nobody waits for the answer. */
  readonly signal: AbortSignal;
  /** True where it was at work when a process died: it is asked again by itself, to know whether it was to blame. */
  isSuspect: boolean;
  /** True where a process before this one had become of no use with it: that is not waited for twice. */
  wasMoved: boolean;
  deadline: Disposable | undefined;
}

/**
 * Looks at media in a process of its own, so that no file can crash or hold up the engine. A process that dies, or says what nobody
 * understands, takes nothing with it: what it was asked is asked again, one at a time, and only the file that ends a process by itself fails.
 */
export class MediaWorker implements AssetLengths, AssetExaminer, AsyncDisposable {
  readonly #options: MediaWorkerOptions;
  readonly #waiting: Job[] = [];
  readonly #running = new Map<number, Job>();
  #child: ChildProcess | undefined;
  /** Processes that were ended and are not gone yet. */
  readonly #leaving = new Set<Promise<unknown>>();
  #idle: Disposable | undefined;
  #lastId = 0;
  /** Files that the process has looked at. */
  #looks = 0;
  #isClosed = false;

  constructor(options: MediaWorkerOptions) {
    this.#options = options;
  }

  /**
   * Who would play the asset, and what it is; that it ends or holds up a process is a finding, too. Rejects with `Cancelled`, `Closed`,
   * and `QueueFull` where 1000 files wait already.
   */
  async inspect(uri: string, signal: AbortSignal): Promise<Inspection> {
    try {
      return fromPlainInspection(uri, await this.#ask({ kind: "inspect", uri }, "inspected", signal));
    } catch (thrown) {
      // That nobody looked says nothing of the asset.
      if (signal.aborted || this.#isClosed || PlayoutError.is(thrown, "QueueFull")) throw thrown;
      return { uri, candidates: [], decoder: undefined, asset: undefined, error: PlayoutError.from(thrown) };
    }
  }

  /** Rejects where nobody plays it, and with `DecodeFailed` or `Timeout` where it ends or holds up a process. */
  async lengthOf(uri: string, signal: AbortSignal): Promise<MediaTime | undefined> {
    const { asset, error } = await this.inspect(uri, signal);
    if (asset === undefined) throw error ?? new PlayoutError("Internal", "A worker gave no answer.");
    return asset.duration;
  }

  /** The asset's first picture in program format. Rejects like `lengthOf`. */
  async still(uri: string, format: ProgramFormat, signal: AbortSignal): Promise<PicturePlanes> {
    const { picture } = await this.#ask({ kind: "still", uri, format }, "still", signal);
    if (picture === undefined) throw new PlayoutError("Internal", "A worker gave no picture.");
    return picture;
  }

  /**
   * The process, whose decoders are warm by now and know what was looked at; from now on it is the caller's. Undefined where it
   * is at work, or has looked at so much that a fresh one is to be preferred. The next question begins another.
   */
  handOver(): ChildProcess | undefined {
    const child = this.#child;
    if (child === undefined || this.#running.size > 0 || this.#looks > handedOverFilesMax) return undefined;
    this.#idle?.[Symbol.dispose]();
    this.#child = undefined;
    for (const event of ["message", "error", "exit"]) child.removeAllListeners(event);
    return child;
  }

  /** Ends the process; what was asked rejects with `Closed`. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#idle?.[Symbol.dispose]();
    for (const job of [...this.#running.values(), ...this.#waiting.splice(0)])
      this.#fail(job, new PlayoutError("Closed", "The engine is closing."));
    this.#running.clear();
    this.#end();
    await Promise.all(this.#leaving);
  }

  async #ask<Kind extends Answer["kind"]>(
    question: Question,
    kind: Kind,
    signal: AbortSignal,
  ): Promise<Extract<Answer, { kind: Kind }>> {
    if (this.#isClosed) throw new PlayoutError("Closed", "The engine is closing.");
    if (signal.aborted) throw PlayoutError.from(signal.reason, "Cancelled");
    if (this.#waiting.length >= waitingMax)
      throw new PlayoutError("QueueFull", `${waitingMax} files wait to be looked at already.`, {
        remedy: "Ask again in a moment.",
      });
    const answer = Promise.withResolvers<Answer>();
    const job: Job = { question, answer, signal, isSuspect: false, wasMoved: false, deadline: undefined };
    this.#waiting.push(job);
    this.#work();
    const given = await this.#answerTo(job);
    if (given.kind === "still" && given.error !== undefined) throw fromPlainError(given.error);
    if (given.kind !== kind) throw new PlayoutError("Internal", "A worker answered another question.");
    return given as Extract<Answer, { kind: Kind }>;
  }

  /** What waits when its caller leaves is not begun; what is at work is not told. */
  async #answerTo(job: Job): Promise<Answer> {
    try {
      return await orAbort(job.answer.promise, job.signal);
    } finally {
      const at = this.#waiting.indexOf(job);
      if (at >= 0) this.#waiting.splice(at, 1);
    }
  }

  #work(): void {
    this.#idle?.[Symbol.dispose]();
    this.#idle = undefined;
    while (!this.#isClosed) {
      const [next] = this.#waiting;
      if (next === undefined) break;
      const isAlone = next.isSuspect || [...this.#running.values()].some(({ isSuspect }) => isSuspect);
      if (this.#running.size >= (isAlone ? 1 : atOnceMax)) break;
      this.#waiting.shift();
      this.#begin(next);
    }
    if (this.#running.size === 0 && this.#child !== undefined)
      this.#idle = this.#options.timer.after(idleNs, () => this.#end());
  }

  #begin(job: Job): void {
    const id = ++this.#lastId;
    try {
      this.#child ??= this.#spawn();
    } catch (thrown) {
      this.#fail(job, PlayoutError.from(thrown));
      return;
    }
    this.#looks += 1;
    this.#running.set(id, job);
    job.deadline = this.#options.timer.after(deadlineNs, () => {
      this.#running.delete(id);
      this.#fail(
        job,
        new PlayoutError("Timeout", `${job.question.uri} took longer than 12 s to look at.`, {
          remedy: "See whether its file system answers.",
        }),
      );
      // Whatever holds it up cannot be asked to stop.
      this.#end();
    });
    tell(this.#child, { ...job.question, id });
  }

  #spawn(): ChildProcess {
    this.#looks = 0;
    const child = this.#options.begin();
    child.on("message", (message) => this.#hear(child, message));
    child.once("error", () => this.#lose(child, "it could not be begun"));
    child.once("exit", (code, signal) => {
      const cause = signal ?? `exit code ${code}`;
      if (child.pid !== undefined) this.#options.onGone?.(child.pid, cause);
      this.#lose(child, cause);
    });
    return child;
  }

  #hear(child: ChildProcess, message: unknown): void {
    const { log } = this.#options;
    let told: FromWorker;
    try {
      told = readFromWorker(message);
    } catch (thrown) {
      log.error({ err: thrown }, "a worker that looks at media is not understood");
      if (this.#child !== child) return;
      // Another one would say the same of the same file.
      this.#kill(child);
      this.#lose(child, "what it says is not understood");
      return;
    }
    if (told.kind === "failed") this.#giveUp(child, fromPlainError(told.error));
    if (told.kind === "log") takeLine(told, log);
    if (told.kind !== "inspected" && told.kind !== "still") return;
    const job = this.#running.get(told.id);
    this.#running.delete(told.id);
    job?.deadline?.[Symbol.dispose]();
    job?.answer.resolve(told);
    this.#work();
  }

  /** A process is of no use: where another one would be (`Unavailable`), that is asked instead, once. */
  #giveUp(child: ChildProcess, error: PlayoutError): void {
    if (this.#child !== child) return;
    if (error.code !== "Unavailable") {
      // It could not load a plugin: another one could not either. Whoever asks from now on is not to be blamed for its end.
      const all = this.#takeAll();
      this.#end();
      for (const job of all) this.#fail(job, error);
      return;
    }
    for (const [id, job] of this.#running) {
      if (job.wasMoved) {
        this.#running.delete(id);
        this.#fail(job, error);
      }
      job.wasMoved = true;
    }
    this.#end();
  }

  /** Kills the process, for nothing that its files did. What it was at is asked again, of another one. */
  #end(): void {
    const child = this.#child;
    if (child === undefined) return;
    this.#kill(child);
    this.#child = undefined;
    for (const job of this.#running.values()) job.deadline?.[Symbol.dispose]();
    this.#putBack([...this.#running.values()]);
    this.#running.clear();
    this.#work();
  }

  #kill(child: ChildProcess): void {
    const gone = new Promise((resolve) => child.once("exit", resolve).once("error", resolve));
    this.#leaving.add(gone);
    void gone.then(() => this.#leaving.delete(gone));
    child.kill("SIGKILL");
  }

  /** What it was at is asked again by itself; the only file, and one that was by itself already, fails. */
  #lose(child: ChildProcess, cause: string): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    const lost = [...this.#running.values()];
    this.#running.clear();
    for (const job of lost.toReversed()) {
      job.deadline?.[Symbol.dispose]();
      if (job.isSuspect || lost.length === 1) {
        const { uri } = job.question;
        this.#options.log.error({ asset: uri, cause }, "an asset ended the process that looked at it");
        this.#fail(job, new PlayoutError("DecodeFailed", `${uri} ends whoever opens it (${cause}).`));
      } else {
        job.isSuspect = true;
        this.#putBack([job]);
      }
    }
    this.#work();
  }

  /** Whoever waits for these has waited longest. */
  #putBack(jobs: readonly Job[]): void {
    this.#waiting.unshift(...jobs.filter(({ signal }) => !signal.aborted));
  }

  #takeAll(): readonly Job[] {
    const all = [...this.#running.values(), ...this.#waiting.splice(0)];
    this.#running.clear();
    return all;
  }

  #fail(job: Job, error: PlayoutError): void {
    job.deadline?.[Symbol.dispose]();
    job.answer.promise.catch(() => {});
    job.answer.reject(error);
  }
}
