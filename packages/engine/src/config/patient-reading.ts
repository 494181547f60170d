import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { PlayoutError } from "@retrovue/core";
import { type FileCalls, isBeneath } from "../media/file-calls.js";
import type { ConfigReading } from "./load.js";

/** True if something stands at an absolute path. */
export type Exists = (path: string) => boolean;

/**
 * A reading that asks the file system without holding up anybody: once to tell which files it names, and again when it is known which of
 * them are there. One that does not answer is taken to be there: whoever opens it tells. A faulty reading asks for nothing.
 */
export async function readPatiently(
  read: (exists: Exists) => ConfigReading,
  files: FileCalls,
  signal: AbortSignal,
): Promise<ConfigReading> {
  const asked = new Set<string>();
  const reading = read((path) => {
    asked.add(path);
    return true;
  });
  if (!reading.ok) return reading;
  const { folder, media } = reading.config;
  const places = [folder, ...media.roots];
  const others = [...asked].filter((path) => !places.some((place) => isBeneath(path, place)));
  for (const place of [...places, ...others.map((path) => dirname(path))]) files.know(place);
  const missing = new Set<string>();
  await Promise.all(
    [...asked].map(async (path) => {
      if (!(await isThere(path, files, signal))) missing.add(path);
    }),
  );
  return missing.size === 0 ? reading : read((path) => !missing.has(path));
}

/** False only where the file system says so. Rejects with `Cancelled`. */
export async function isThere(path: string, files: FileCalls, signal: AbortSignal): Promise<boolean> {
  try {
    await files.ask(path, () => stat(path), signal);
    return true;
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    return PlayoutError.is(thrown);
  }
}
