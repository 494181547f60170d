import { rational } from "@retrovue/core";
import { type Clip, isClip, makeFfmpegClip } from "@retrovue/plugin-contract";
import type { WatchedProgramme } from "./tick-watch.ts";

/** A film whose pictures say which they are: H.264 with B-pictures and AAC in MP4, a key frame each `gop` pictures. */
export interface MarkedFilm extends WatchedProgramme {
  readonly clip: Clip;
}

const rate = 25;
const small = { width: 320, height: 180 };

/** As large as most channels are: what lies before a place costs time to decode. */
export const largePicture = { width: 1_920, height: 1_080 };

/** The channel's format that such a film fits, unless another size was asked for. */
export const filmFormat = { ...small, frameRate: rate } as const;

/**
 * Makes a film, once: clips are kept.
 *
 * @param seconds its length; a loop has a boundary there, over which nothing is held
 */
export async function markedFilm(gop: number, seconds: number, size = small): Promise<MarkedFilm | string> {
  const made = await makeFfmpegClip(
    {
      name: `film-gop${gop}-${seconds}s${size === small ? "" : `-${size.height}p`}`,
      container: "mp4",
      pictureCodec: "h264",
      soundCodec: "aac",
      soundMark: "noise",
      rate: rational(rate, 1),
      size,
      gop,
      bFrames: 2,
      durationMs: seconds * 1_000,
    },
    AbortSignal.timeout(300_000),
  );
  if (!isClip(made)) return made.unavailable;
  return { clip: made, ...size, mark: "blocks", frames: seconds * rate };
}
