import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clip } from "../media/clip.js";
import { cachedFile, clipFolder } from "../media/clip-cache.js";
import type { Strangers } from "./subject.js";

/** Where the cut file ends: within a picture or a run of samples, whatever the format. */
const keptShare = 0.618;

/** Makes the assets that a decoder of this clip must turn down or survive. */
export async function strangersFor(clip: Clip): Promise<Strangers> {
  const extension = clip.path?.split(".").at(-1) ?? "bin";
  const foreign = await cachedFile("txt", "foreign", (path) =>
    writeFile(path, "This is no medium.\n".repeat(50)),
  );
  return {
    missing: { uri: clip.missingUri ?? join(clipFolder(), `there-is-nothing-here.${extension}`) },
    foreign: { uri: foreign },
    damaged: clip.path === undefined ? undefined : { uri: await cut(clip.path, extension) },
  };
}

const cut = (path: string, extension: string): Promise<string> =>
  cachedFile(extension, ["cut", path], async (to) => {
    const whole = await readFile(path);
    await writeFile(to, whole.subarray(0, Math.floor(whole.length * keptShare) | 1));
  });
