import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { PlayoutError } from "@retrovue/core";
import { fileError } from "../file-error.js";
import { type AsRunLine, asRunLineSchema } from "./as-run-line.js";

/** What as-run files hold. */
export interface AsRunRecord {
  readonly lines: readonly AsRunLine[];
  /** Lines that are no JSON or break the contract: an engine that was killed leaves one. */
  readonly damaged: number;
  /** Lines that the engine says it could not write. */
  readonly lost: number;
}

/** Types of lines that another version may have; they are skipped. */
const known: ReadonlySet<unknown> = new Set(asRunLineSchema.options.map(({ shape }) => shape.type.value));

/** Reads the as-run files of a data folder, oldest first. `InvalidArgument` where it has none; else as `fileError` has it. */
export async function readAsRun(dataDir: string): Promise<AsRunRecord> {
  const folder = join(dataDir, "as-run");
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "ENOENT" && cause.code !== "ENOTDIR") throw unread(folder, cause);
    throw new PlayoutError("InvalidArgument", `There is no as-run log in ${folder}.`, {
      cause,
      remedy: "Name the engine's data folder with --data-dir, or its configuration with --config.",
    });
  });
  const lines: AsRunLine[] = [];
  let damaged = 0;
  for (const name of names.filter((one) => /^\d{4}-\d{2}-\d{2}\.jsonl$/.test(one)).sort()) {
    for await (const text of linesOf(join(folder, name))) {
      if (text === "") continue;
      const line = lineOf(text);
      if (line === undefined) damaged += 1;
      else if (line !== "unknown") lines.push(line);
    }
  }
  const lost = lines.reduce((sum, line) => sum + (line.type === "lost" ? line.lines : 0), 0);
  return { lines, damaged, lost };
}

async function* linesOf(file: string): AsyncGenerator<string, void> {
  try {
    await using opened = await open(file);
    yield* opened.readLines();
  } catch (cause) {
    throw unread(file, cause);
  }
}

const unread = (path: string, cause: unknown): PlayoutError =>
  fileError(path, "read", cause, "Run the command as a user who may read the engine's data folder.");

function lineOf(text: string): AsRunLine | "unknown" | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && "type" in value && !known.has(value.type))
      return "unknown";
    return asRunLineSchema.parse(value);
  } catch {
    return undefined;
  }
}
