import type { ClipSource } from "./clip.js";
import { ffmpegClips } from "./ffmpeg-clips.js";
import { ownClips } from "./own-clips.js";

/** Every clip that `decoderContract` knows by name. */
export const clipSources: readonly ClipSource[] = Object.freeze([...ownClips, ...ffmpegClips]);
