import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, isAbsolute, resolve as resolvePath } from "node:path";
import { type MediaTime, type PlanDraft, PlayoutError } from "@retrovue/core";
import { assetsOfUnknownLength, type PlayoutPlan, planFromJson, planFromWire } from "@retrovue/protocol";
import { parse } from "yaml";
import { FileCalls } from "../media/file-calls.js";
import { type AssetLengths, lengthIfAny } from "../media/media-inspector.js";

/** A plan of 20 000 segments with long paths is 10 MB; whatever is larger is no plan. */
const bytesMax = 32 * 1_024 * 1_024;

/** Plan files may share values; more aliases than this expand without end (a "billion laughs"). */
const aliasesMax = 1_000;

/** Assets looked at side by side for their lengths. */
const lookUpsMax = 4;

/** Opening a pipe without O_NONBLOCK waits for a writer, for ever. */
const readOnly = constants.O_RDONLY | constants.O_NONBLOCK;

/** Endings by which a file is taken for a plan; any other is media. */
export const isPlanFile = (path: string): boolean => /\.(?:ya?ml|json)$/i.test(path);

/**
 * Reads a plan file, YAML or JSON. Relative asset paths begin at the folder of the file. Segments that say no duration
 * air their assets to the end, whose lengths are looked up.
 *
 * `UnknownPlan` where it cannot be read or is no file, `Timeout` where its file system does not answer, `InvalidPlan` for its
 * content: each fault with its place.
 */
export async function readPlanFile(
  path: string,
  revision: number,
  lengths: AssetLengths,
  signal: AbortSignal,
  files?: FileCalls,
): Promise<PlanDraft> {
  const message = await readPlanMessage(path, signal, files);
  const known = await lengthsOf(assetsOfUnknownLength(message), lengths, signal);
  return planFromWire(message, { revision, lengthOf: (uri) => known.get(uri) });
}

/** What a plan file says, its paths absolute; no media are looked at. Errors as `readPlanFile` has them. */
export async function readPlanMessage(
  path: string,
  signal: AbortSignal,
  files = new FileCalls({ places: [] }),
): Promise<PlayoutPlan> {
  const message = planFromJson(parseText(path, await readText(path, signal, files)));
  for (const segment of message.segments) segment.uri = absolute(segment.uri, dirname(path));
  return message;
}

async function readText(path: string, signal: AbortSignal, files: FileCalls): Promise<string> {
  try {
    return await files.ask(path, (unwanted) => textOf(path, unwanted), signal);
  } catch (thrown) {
    if (PlayoutError.is(thrown)) throw thrown;
    const { code } = thrown as NodeJS.ErrnoException;
    throw unreadable(path, code ?? "unknown cause", thrown);
  }
}

async function textOf(path: string, signal: AbortSignal): Promise<string> {
  await using file = await open(path, readOnly);
  const found = await file.stat();
  if (!found.isFile()) throw unreadable(path, found.isDirectory() ? "it is a folder" : "it is no file");
  if (found.size > bytesMax) {
    throw new PlayoutError("LimitExceeded", `${path} is larger than ${bytesMax} bytes.`, {
      remedy: "Split the plan.",
    });
  }
  return await file.readFile({ encoding: "utf8", signal });
}

const unreadable = (path: string, why: string, cause?: unknown): PlayoutError =>
  new PlayoutError("UnknownPlan", `The plan file ${path} cannot be read (${why}).`, {
    cause,
    remedy: "Correct the path, or put the file there.",
    details: { path },
  });

function parseText(path: string, text: string): unknown {
  try {
    return /\.json$/i.test(path) ? JSON.parse(text) : parse(text, { maxAliasCount: aliasesMax });
  } catch (cause) {
    const why = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause);
    throw new PlayoutError("InvalidPlan", `The plan file ${path} does not parse: ${why}`, {
      cause,
      remedy: "Correct it.",
      details: { path },
    });
  }
}

const absolute = (uri: string, folder: string): string =>
  uri === "" || isAbsolute(uri) || /^[a-z][a-z0-9+.-]*:/i.test(uri) ? uri : resolvePath(folder, uri);

/** Lengths of those that have one; an asset that does not open is left out, and told as a fault of its segment. */
async function lengthsOf(
  uris: readonly string[],
  lengths: AssetLengths,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, MediaTime>> {
  const found = new Map<string, MediaTime>();
  const waiting = [...uris];
  const work = async () => {
    for (let uri = waiting.shift(); uri !== undefined; uri = waiting.shift()) {
      const length = await lengthIfAny(lengths, uri, signal);
      if (signal.aborted) throw PlayoutError.from(signal.reason, "Cancelled");
      if (length !== undefined) found.set(uri, length);
    }
  };
  await Promise.all(Array.from({ length: lookUpsMax }, work));
  return found;
}
