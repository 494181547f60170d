import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type ClipSource, cachedFile, clipSources, isClip } from "@retrovue/plugin-contract";

const run = promisify(execFile);

/**
 * A generated clip in another container, or with other timestamps: the same pictures and sound, so that the same is true of it.
 *
 * @param base name of the clip
 * @param how what is special, for its name
 * @param args of ffmpeg, between its input and its output
 */
export function remuxed(base: string, how: string, extension: string, args: readonly string[]): ClipSource {
  const name = `${base}-${how}`;
  const source = clipSources.find((candidate) => candidate.name === base);
  if (source === undefined) throw new TypeError(`There is no clip ${base}`);
  return {
    name,
    async make(signal) {
      const clip = await source.make(signal);
      if (!isClip(clip) || clip.path === undefined) return clip;
      const from = clip.path;
      const path = await cachedFile(extension, [name, from, args], async (to) => {
        await run(
          "ffmpeg",
          ["-v", "error", "-nostdin", "-i", from, "-map", "0", "-c", "copy", ...args, "-y", to],
          { signal },
        );
      });
      return {
        ...clip,
        name,
        uri: path,
        path,
        truth: { ...clip.truth, pattern: { ...clip.truth.pattern, uri: path } },
      };
    },
  };
}
