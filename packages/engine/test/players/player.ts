import { spawn, spawnSync } from "node:child_process";
import { pause } from "../seams/real-time.ts";

/** From asking a player to end to ending it. */
const graceMs = 15_000;

/** What came of one player's time with a stream. */
export interface Verdict {
  /** What it played, in words. */
  readonly played: string;
  /** What it, or we of it, had to complain of; none where all is well. */
  readonly complaints: readonly string[];
}

/** A program that people watch with. */
export interface Player {
  readonly name: string;
  /** Why it cannot be asked here; undefined where it can. */
  missing(): string | undefined;
  /**
   * Plays a stream for so many seconds.
   *
   * @param stream of a channel that runs all the while
   * @param folder for what the player writes; there for it alone
   */
  play(stream: string, seconds: number, folder: string): Promise<Verdict>;
}

/** True where a program of this name is on the path. */
export const isInstalled = (program: string): boolean =>
  spawnSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" }).status === 0;

/** Runs a program until it ends, or until it is asked to after so many seconds. */
export function runFor(
  program: string,
  args: readonly string[],
  seconds: number,
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...environment },
    });
    const text = { out: "", err: "" };
    child.stdout.setEncoding("utf8").on("data", (words: string) => {
      text.out += words;
    });
    child.stderr.setEncoding("utf8").on("data", (words: string) => {
      text.err += words;
    });
    child.once("error", reject);
    let hasEnded = false;
    child.once("close", (code) => {
      hasEnded = true;
      resolve({ code, ...text });
    });
    void (async () => {
      await pause(seconds * 1_000);
      if (!hasEnded) child.kill("SIGINT");
      await pause(graceMs);
      if (!hasEnded) child.kill("SIGKILL");
    })();
  });
}

/** Lines of a log that fit, each kind told once with how often it came. */
export function counted(log: string, complains: (line: string) => boolean): string[] {
  const times = new Map<string, number>();
  for (const line of log.split("\n").filter((words) => words.trim() !== "" && complains(words))) {
    // Addresses and numbers make no other complaint of it.
    const kind = line.replace(/0x[0-9a-f]+|\d+/gi, "#").trim();
    times.set(kind, (times.get(kind) ?? 0) + 1);
  }
  return [...times].map(([kind, count]) => `${count} × ${kind.slice(0, 300)}`);
}
