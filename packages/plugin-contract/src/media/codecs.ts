import type { PixelFormat } from "@retrovue/core";

/** How a picture codec is asked for. */
export interface PictureCodecOptions {
  /** Pictures from one key picture to the next. Default 12. */
  readonly gop?: number;
  /** B-pictures in a row, where the codec has them. Default 2. */
  readonly bFrames?: number;
  /** Groups whose first B-pictures lean on the group before. Default false. */
  readonly openGop?: boolean;
  /** Default: what `bitrateKbps` of the codec says, scaled to the picture's size. */
  readonly bitrateKbps?: number;
}

interface PictureCodec {
  readonly encoder: string;
  readonly pixelFormat: PixelFormat;
  /** True where decoding gives the written bytes back. */
  readonly lossless?: boolean;
  readonly args: (options: Required<PictureCodecOptions>) => readonly string[];
}

const rate = ({ bitrateKbps }: { readonly bitrateKbps: number }): string[] => ["-b:v", `${bitrateKbps}k`];
const group = ({ gop }: { readonly gop: number }): string[] => ["-g", `${gop}`];
const bPictures = ({ bFrames }: { readonly bFrames: number }): string[] => ["-bf", `${bFrames}`];

/** Single-threaded where an encoder's result hangs on its number of threads: clips are the same on every machine. */
const alone = ["-threads", "1"] as const;

/** Picture codecs by the word used in a clip's name. */
export const pictureCodecs = Object.freeze({
  h264: {
    encoder: "libx264",
    pixelFormat: "yuv420p",
    args: (o) => [
      ...["-preset", "veryfast", ...rate(o), ...group(o), ...bPictures(o), "-sc_threshold", "0"],
      ...["-x264-params", `open-gop=${o.openGop ? 1 : 0}:threads=1`],
    ],
  },
  hevc: {
    encoder: "libx265",
    pixelFormat: "yuv420p",
    args: (o) => [
      ...["-preset", "ultrafast", ...rate(o), "-tag:v", "hvc1", "-x265-params"],
      `keyint=${o.gop}:min-keyint=${o.gop}:scenecut=0:bframes=${o.bFrames}:open-gop=${o.openGop ? 1 : 0}:log-level=error:pools=1:frame-threads=1`,
    ],
  },
  hevc10: {
    encoder: "libx265",
    pixelFormat: "yuv420p10le",
    args: (o) => [
      ...["-preset", "ultrafast", ...rate(o), "-tag:v", "hvc1", "-x265-params"],
      `keyint=${o.gop}:scenecut=0:bframes=${o.bFrames}:log-level=error:pools=1:frame-threads=1`,
    ],
  },
  vp8: {
    encoder: "libvpx",
    pixelFormat: "yuv420p",
    args: (o) => [...rate(o), ...group(o), "-deadline", "realtime", "-cpu-used", "8", ...alone],
  },
  vp9: {
    encoder: "libvpx-vp9",
    pixelFormat: "yuv420p",
    args: (o) => [...rate(o), ...group(o), "-deadline", "realtime", "-cpu-used", "8", ...alone],
  },
  av1: {
    encoder: "libsvtav1",
    pixelFormat: "yuv420p",
    args: (o) => [...rate(o), ...group(o), "-preset", "12", "-svtav1-params", "lp=1"],
  },
  mpeg2: {
    encoder: "mpeg2video",
    pixelFormat: "yuv420p",
    args: (o) => [
      ...[...rate(o), ...group(o), ...bPictures(o), "-sc_threshold", "1000000000", ...alone],
      ...(o.openGop ? [] : ["-flags", "+cgop"]),
    ],
  },
  mpeg4: {
    encoder: "mpeg4",
    pixelFormat: "yuv420p",
    args: (o) => [...rate(o), ...group(o), ...bPictures(o), ...alone],
  },
  prores: { encoder: "prores_ks", pixelFormat: "yuv422p10le", args: () => ["-profile:v", "0", ...alone] },
  dnxhr: { encoder: "dnxhd", pixelFormat: "yuv422p", args: () => ["-profile:v", "dnxhr_lb", ...alone] },
  mjpeg: {
    encoder: "mjpeg",
    // MJPEG in full range only (5.1 refuses limited range without being told), so it is told.
    pixelFormat: "yuv420p",
    args: () => ["-q:v", "5", "-strict", "unofficial", ...alone],
  },
  ffv1: {
    encoder: "ffv1",
    pixelFormat: "yuv420p",
    lossless: true,
    args: (o) => ["-level", "3", ...group(o), ...alone],
  },
} satisfies Record<string, PictureCodec>) as Readonly<Record<string, PictureCodec>>;

interface SoundCodec {
  readonly encoder: string;
  /** True where exact marks survive. */
  readonly exact?: boolean;
  readonly args: readonly string[];
}

/** Sound codecs by the word used in a clip's name. */
export const soundCodecs = Object.freeze({
  aac: { encoder: "aac", args: ["-b:a", "160k"] },
  ac3: { encoder: "ac3", args: ["-b:a", "192k"] },
  eac3: { encoder: "eac3", args: ["-b:a", "192k"] },
  mp2: { encoder: "mp2", args: ["-b:a", "192k"] },
  mp3: { encoder: "libmp3lame", args: ["-b:a", "160k"] },
  opus: { encoder: "libopus", args: ["-b:a", "128k"] },
  vorbis: { encoder: "libvorbis", args: ["-b:a", "128k"] },
  flac: { encoder: "flac", exact: true, args: ["-sample_fmt", "s32", "-bits_per_raw_sample", "24"] },
  pcm16: { encoder: "pcm_s16le", args: [] },
  pcm24: { encoder: "pcm_s24le", exact: true, args: [] },
} satisfies Record<string, SoundCodec>) as Readonly<Record<string, SoundCodec>>;

interface Container {
  readonly extension: string;
  readonly muxer: string;
  readonly timestamps: "exact" | "90k" | "ms";
  readonly args: readonly string[];
}

/** Containers by the word used in a clip's name. */
export const containers = Object.freeze({
  mp4: { extension: "mp4", muxer: "mp4", timestamps: "exact", args: ["-movflags", "+faststart"] },
  mov: { extension: "mov", muxer: "mov", timestamps: "exact", args: [] },
  mkv: { extension: "mkv", muxer: "matroska", timestamps: "ms", args: [] },
  webm: { extension: "webm", muxer: "webm", timestamps: "ms", args: [] },
  ts: { extension: "ts", muxer: "mpegts", timestamps: "90k", args: [] },
  ps: { extension: "mpg", muxer: "vob", timestamps: "90k", args: [] },
  avi: { extension: "avi", muxer: "avi", timestamps: "exact", args: [] },
  mxf: { extension: "mxf", muxer: "mxf", timestamps: "exact", args: [] },
} satisfies Record<string, Container>) as Readonly<Record<string, Container>>;
