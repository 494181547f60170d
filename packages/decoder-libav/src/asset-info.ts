import { type AssetInfo, mediaTime, snapRate } from "@retrovue/core";
import type { NativeInfo } from "./native.js";

/** BCP 47 asks for room for 35. What is longer is no tag that anybody could ask for, and files may hold megabytes of it. */
const languageCharactersMax = 64;

/** What the port says of an asset, from what the session found. */
export function assetInfoOf(uri: string, info: NativeInfo): AssetInfo {
  const { picture, sound } = info;
  return Object.freeze({
    uri,
    container: info.container,
    duration: info.durationNs < 0n ? undefined : mediaTime(info.durationNs),
    picture: picture && {
      codec: picture.codec,
      format: picture.format,
      // Files claim 57600 pictures a second: a rate that is none of the standard ones is nobody's business.
      nominalRate: snapRate(picture.nominalRate.num, picture.nominalRate.den),
      ...(picture.still && { still: true }),
    },
    sound: sound && {
      codec: sound.codec,
      sampleRate: sound.sampleRate,
      channels: sound.channels,
      layout: sound.layout,
      language: isTag(sound.language) ? sound.language : undefined,
    },
  });
}

const isTag = ({ length }: string): boolean => length > 0 && length <= languageCharactersMax;
