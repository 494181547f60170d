import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** How a case ended in a player. */
export interface Verdict {
  /** "played", a code of docs/errors.md, or what the campaign looks for: "hung", "leaked", "fault". */
  readonly end: string;
  readonly pictures: number;
  readonly samples: number;
  /** What the player said on its way out: a sanitizer's report. Empty where it lives. */
  readonly words: string;
}

/** True where a verdict is what the campaign looks for. */
export const isFinding = ({ end }: Verdict): boolean => ["hung", "leaked", "fault"].includes(end);

/** How a player is started. */
export interface PlayerCommand {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** Players tell of a case that hangs themselves; one that cannot even do that is ended after this. */
const answerMs = 120_000;
/** What is kept of a player's last words. */
const wordsMax = 64 * 1024;

/** A program that plays one case after another and answers each with a line; started again after a fault. */
export class Player {
  readonly #command: PlayerCommand;
  #child: ChildProcessWithoutNullStreams | undefined;
  #closed: Promise<unknown[]> = Promise.resolve([]);
  #lines: AsyncIterator<string> | undefined;
  #words = "";

  constructor(command: PlayerCommand) {
    this.#command = command;
  }

  get name(): string {
    return this.#command.name;
  }

  async play(line: string): Promise<Verdict> {
    const child = this.#running();
    const patience = AbortSignal.timeout(answerMs);
    const kill = () => child.kill("SIGKILL");
    patience.addEventListener("abort", kill);
    child.stdin.write(`${line}\n`);
    const said = await this.#lines?.next();
    patience.removeEventListener("abort", kill);
    const answer = said?.done === false ? said.value.split(" ") : undefined;
    const verdict = { pictures: Number(answer?.[2] ?? 0), samples: Number(answer?.[3] ?? 0), words: "" };
    if (answer !== undefined && !isFinding({ ...verdict, end: answer[1] ?? "fault" })) {
      return { ...verdict, end: answer[1] ?? "fault" };
    }
    const [status, signal] = await this.#closed;
    this.#child = undefined;
    const end = patience.aborted ? "hung" : (answer?.[1] ?? "fault");
    return { ...verdict, end, words: `${this.#words}ended with ${signal ?? status}` };
  }

  async stop(): Promise<void> {
    this.#child?.stdin.end();
    await this.#closed;
    this.#child = undefined;
  }

  #running(): ChildProcessWithoutNullStreams {
    if (this.#child !== undefined) return this.#child;
    const { program, args, env } = this.#command;
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
    // A player that has ended is told by its missing answer.
    child.stdin.on("error", () => {});
    this.#words = "";
    child.stderr.on("data", (some: Buffer) => {
      this.#words = `${this.#words}${some}`.slice(0, wordsMax);
    });
    this.#closed = once(child, "close");
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    this.#child = child;
    return child;
  }
}
