import type { AssetInfo } from "../../media/asset.js";
import type { PictureFormat } from "../../media/picture-format.js";
import type { PatternAsset, PatternPictures } from "./pattern-asset.js";
import { sampleTime } from "./pattern-asset.js";

/** Names of libav's default layouts, by number of channels (libavutil: channel_layout.c). */
const layouts = ["mono", "stereo", "2.1", "4.0", "5.0", "5.1", "6.1", "7.1"] as const;

/** libav's default layout of so many channels. */
export const defaultLayout = (channels: number): string => layouts[channels - 1] ?? `${channels} channels`;

const colour = Object.freeze({
  primaries: "bt709",
  transfer: "bt709",
  matrix: "bt709",
  range: "limited",
} as const);

/** The format that the pattern's pictures have: its own, or the wanted size where it has none. */
export const patternFormat = (pictures: PatternPictures, wanted: PictureFormat | undefined): PictureFormat =>
  pictures.size === undefined && wanted !== undefined
    ? wanted
    : Object.freeze({
        width: pictures.size?.width ?? 640,
        height: pictures.size?.height ?? 360,
        pixelFormat: pictures.pixelFormat,
        sampleAspect: pictures.sampleAspect,
        colour,
        fieldOrder: pictures.fieldOrder,
        rotation: pictures.rotation,
      });

/** What a decoder says of a pattern. */
export function patternInfo(asset: PatternAsset, format: PictureFormat | undefined): AssetInfo {
  const { pictures, sound } = asset;
  const duration = pictures
    ? Number.isFinite(pictures.count)
      ? pictures.times.at(pictures.count)
      : undefined
    : sound && Number.isFinite(sound.samples)
      ? sampleTime(sound.samples, sound.sampleRate)
      : undefined;
  return Object.freeze({
    uri: asset.uri,
    container: "pattern",
    duration,
    picture: pictures && format && { codec: "pattern", format, nominalRate: pictures.times.rate },
    sound: sound && {
      codec: "pattern",
      sampleRate: sound.sampleRate,
      channels: sound.channels,
      layout: defaultLayout(sound.channels),
      language: undefined,
    },
  });
}
