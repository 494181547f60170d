import { existsSync, readdirSync } from "node:fs";
import { resolve } from "node:path";

/** Real media: see docs/media-support.md. */
export const mediaFolder = resolve(process.env["RETROVUE_MEDIA_DIR"] ?? "../shared/media");

/** Why tests over real media are skipped; undefined where they run. */
export const noMedia = existsSync(mediaFolder)
  ? undefined
  : `there is no media folder at ${mediaFolder} (RETROVUE_MEDIA_DIR)`;

/** Files of one of its folders, as "awkward/hevc.ts". */
export const mediaFiles = (folder: string): string[] =>
  noMedia === undefined
    ? readdirSync(resolve(mediaFolder, folder))
        .sort()
        .map((name) => `${folder}/${name}`)
    : [];

export const mediaPath = (name: string): string => resolve(mediaFolder, name);
