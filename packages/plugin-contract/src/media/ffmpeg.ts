import { spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** The `ffmpeg` program: `RETROVUE_FFMPEG`, else the one on the path; `ffprobe` likewise. */
export const ffmpegProgram = (): string => process.env["RETROVUE_FFMPEG"] ?? "ffmpeg";
export const ffprobeProgram = (): string => process.env["RETROVUE_FFPROBE"] ?? "ffprobe";

/** What a run of a program gave. */
export interface ProgramRun {
  /** Exit status; −1 where the program could not be started. */
  readonly status: number;
  readonly stdout: Buffer;
  /** The end of what it said. */
  readonly stderr: string;
}

/** Raw pictures go in by standard input, raw sound by descriptor 3, so that neither waits for a file. */
export interface ProgramInputs {
  readonly pictures?: AsyncIterable<Uint8Array>;
  readonly sound?: AsyncIterable<Uint8Array>;
}

const stderrMax = 4_096;

/** Runs a program to its end; killed when the signal aborts. Never rejects for what the program does. */
export async function runProgram(
  program: string,
  args: readonly string[],
  inputs: ProgramInputs,
  signal: AbortSignal,
  onOutput?: (bytes: Buffer) => void,
): Promise<ProgramRun> {
  const child = spawn(program, args, {
    stdio: [inputs.pictures ? "pipe" : "ignore", "pipe", "pipe", inputs.sound ? "pipe" : "ignore"],
    signal,
    killSignal: "SIGKILL",
  });
  const out: Buffer[] = [];
  let stderr = "";
  (child.stdio[1] as Readable).on("data", onOutput ?? ((bytes: Buffer) => out.push(bytes)));
  (child.stdio[2] as Readable).on("data", (bytes: Buffer) => {
    stderr = (stderr + bytes.toString()).slice(-stderrMax);
  });
  const closed = new Promise<number>((resolve) => {
    child.on("error", (error) => {
      stderr += error.message;
      if (child.pid === undefined) resolve(-1);
    });
    child.on("close", (code) => resolve(code ?? -1));
  });
  // A program that has read enough closes its end early: that is its right, and its status tells the rest.
  const feed = (stream: unknown, bytes: AsyncIterable<Uint8Array> | undefined): Promise<void> =>
    bytes ? pipeline(bytes, stream as Writable).catch(() => undefined) : Promise.resolve();
  const fed = Promise.all([feed(child.stdio[0], inputs.pictures), feed(child.stdio[3], inputs.sound)]);
  const status = await closed;
  await fed;
  signal.throwIfAborted();
  return { status, stdout: Buffer.concat(out), stderr };
}

/** What the installed program can do. */
export interface FfmpegAbilities {
  /** Its first line, which names the release: part of what decides a clip's bytes. */
  readonly version: string;
  readonly encoders: ReadonlySet<string>;
}

/** Asks the program; undefined where there is none. */
export async function ffmpegAbilities(signal: AbortSignal): Promise<FfmpegAbilities | undefined> {
  const [version, encoders] = await Promise.all([
    runProgram(ffmpegProgram(), ["-hide_banner", "-version"], {}, signal),
    runProgram(ffmpegProgram(), ["-hide_banner", "-encoders"], {}, signal),
  ]);
  if (version.status !== 0 || encoders.status !== 0) return undefined;
  // " V....D libx264   libx264 H.264 …": flags, then the name.
  const names = encoders.stdout.toString().matchAll(/^ [VAS][A-Z.]{5} (\S+)/gm);
  return {
    version: version.stdout.toString().split("\n", 1)[0] ?? "",
    encoders: new Set([...names].map((match) => match[1] ?? "")),
  };
}
