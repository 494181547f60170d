import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { clipSources, isClip } from "@retrovue/plugin-contract";
import type { FuzzClip } from "./cases.ts";

/** Everything there is to damage: the suite's clips, and the media set's files where there is one. */
export async function fuzzClips(signal: AbortSignal): Promise<FuzzClip[]> {
  const made: FuzzClip[] = [];
  for (const source of clipSources) {
    const clip = await source.make(signal);
    if (isClip(clip) && clip.path !== undefined) made.push(read(clip.name, clip.path));
  }
  return [...made, ...mediaSet().map(({ name, path }) => read(name, path))];
}

/** Names one set of files: a seed's cases are the same wherever this is. */
export function digestOf(clips: readonly FuzzClip[]): string {
  const hash = createHash("sha256");
  for (const { name, bytes } of clips) hash.update(`${name} ${bytes.length}\n`).update(bytes);
  return hash.digest("hex").slice(0, 16);
}

const read = (name: string, path: string): FuzzClip => ({ name, path, bytes: readFileSync(path) });

function mediaSet(): { name: string; path: string }[] {
  const folder = resolve(process.env["RETROVUE_MEDIA_DIR"] ?? "../shared/media");
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".md"))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ name: relative(folder, path), path }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
