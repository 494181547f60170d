// The programs that these tests let loose on one another, and how to talk with them.
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const folder = "/dev/shm";
/** Nothing here takes long; what takes this long hangs, which is what the tests are there to find. */
const answerMs = 25_000;

/** Path of bus_adversity, which `node scripts/native.mjs build` makes. */
export function adversityProgram(): string {
  const path = join(import.meta.dirname, "../../build/test/adversity/native/bus_adversity");
  if (!existsSync(path)) throw new Error(`${path} is not built. Run: node scripts/native.mjs build`);
  return path;
}

/** What a campaign came to; other fields count what was met. */
export interface CampaignReport {
  readonly campaign: string;
  readonly skipped?: string;
  readonly trials: number;
  readonly violationCount: number;
  readonly violations: readonly string[];
  readonly [count: string]: unknown;
}

export interface CampaignOptions {
  readonly count: number;
  readonly seed?: number;
  readonly mutant?: string;
}

/** Runs a campaign to its end. Rejects where the program itself failed. */
export async function runCampaign(name: string, options: CampaignOptions): Promise<CampaignReport> {
  const words = [name, "--count", String(options.count), "--seed", String(options.seed ?? 1)];
  if (options.mutant !== undefined) words.push("--mutant", options.mutant);
  const child = spawn(adversityProgram(), words, { stdio: ["ignore", "pipe", "pipe"] });
  const heard: Buffer[] = [];
  const complaints: Buffer[] = [];
  child.stdout.on("data", (some: Buffer) => void heard.push(some));
  child.stderr.on("data", (some: Buffer) => void complaints.push(some));
  const status = await new Promise((resolve) => child.once("close", resolve));
  const said = Buffer.concat(heard).toString();
  if (status !== 0 && status !== 1) {
    throw new Error(`${name} ended with ${status}: ${Buffer.concat(complaints)}${said}`);
  }
  return JSON.parse(said) as CampaignReport;
}

/** What a program answers. */
export type Answer = Readonly<Record<string, unknown>>;

/** A program that answers each line with a line of JSON. */
export class Program implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: Answer[] = [];
  readonly #ended: Promise<void>;
  #wake = () => {};
  #hasEnded = false;

  /** Starts `words`, by default bus_adversity with `words`; its first answer is there when this resolves. */
  static async start(words: readonly string[], before: readonly string[] = []): Promise<[Program, Answer]> {
    const program = new Program([...before, adversityProgram(), ...words]);
    return [program, await program.answer()];
  }

  private constructor([command = "", ...words]: readonly string[]) {
    this.#child = spawn(command, words, { stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stderr.resume();
    this.#child.stdin.on("error", () => {});
    createInterface(this.#child.stdout).on("line", (line) => {
      this.#answers.push(JSON.parse(line) as Answer);
      this.#wake();
    });
    this.#ended = new Promise((resolve) =>
      this.#child.once("close", () => {
        this.#hasEnded = true;
        this.#wake();
        resolve();
      }),
    );
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async ask(line: string): Promise<Answer> {
    this.#child.stdin.write(`${line}\n`);
    return this.answer();
  }

  async answer(): Promise<Answer> {
    const deadline = AbortSignal.timeout(answerMs);
    for (;;) {
      const answer = this.#answers.shift();
      if (answer !== undefined) return answer;
      if (this.#hasEnded) throw new Error("the program ended without an answer");
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        deadline.addEventListener("abort", () => reject(new Error("the program hangs")), { once: true });
      });
    }
  }

  /** Sends a signal to this one process. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.#ended;
  }

  /** Lets it end by itself. */
  async end(): Promise<void> {
    this.#child.stdin.end();
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

let made = 0;

/** A prefix of its own for one test; whatever is left of it is removed at the end, and nothing may be. */
export class House implements Disposable {
  readonly prefix = `rvtest-${process.pid}-adversity-${++made}`;

  startEngine(id = "east", before: readonly string[] = []): Promise<[Program, Answer]> {
    return Program.start(["engine", folder, this.prefix, id], before);
  }

  /** Where a bus of an engine of this house has its control object. */
  controlOf(id = "east"): string {
    return join(folder, `${this.prefix}.${id}.ch7`);
  }

  objects(): string[] {
    return readdirSync(folder).filter((name) => name.startsWith(`${this.prefix}.`));
  }

  [Symbol.dispose](): void {
    for (const name of this.objects()) rmSync(join(folder, name), { force: true, recursive: true });
  }
}

/** A folder for a mount, removed with its owner. */
export function mountPoint(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "bus-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Why a namespace of this kind cannot be had here; undefined where it can. */
export function whyNoNamespace(...kind: readonly string[]): string | undefined {
  const tried = spawnSync("unshare", [...kind, "true"], { encoding: "utf8" });
  if (tried.error !== undefined) return "unshare is not installed";
  return tried.status === 0 ? undefined : `unshare ${kind.join(" ")}: ${tried.stderr.trim()}`;
}
