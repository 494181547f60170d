import { type MediaTime, mediaTime, nsPerSecond, PlayoutError, type Rational } from "@retrovue/core";
import { invalidField, type LoadPreviewRequest, textField, wholeField } from "@retrovue/protocol";
import { pathOf } from "../media/media-access.js";

/** What a LoadPreview asks for. */
export interface PreviewWish {
  /** As the request names it. */
  readonly asset: string;
  readonly inPoint: MediaTime;
  /** Undefined: to the end. */
  readonly frames: bigint | undefined;
  /** The rate that frames are counted at. */
  readonly rate: Rational;
}

const frameMax = Number.MAX_SAFE_INTEGER;
const rateTermMax = 2 ** 31 - 1;

/** Reads a request. `InvalidArgument` naming the field. */
export function previewWish(request: LoadPreviewRequest, houseRate: Rational): PreviewWish {
  const asset = assetOf(request.assetPath);
  const startFrame = BigInt(wholeField("start_frame", request.startFrame, { min: 0, max: frameMax }));
  const frames = framesOf(request.frameCount);
  const rate = rateOf(request) ?? houseRate;
  const inPoint = mediaTime((startFrame * BigInt(rate.den) * nsPerSecond) / BigInt(rate.num));
  return { asset, inPoint, frames, rate };
}

/** What is wrong with the in-point for an asset of this length; undefined where nothing is. */
export function inPointFault(
  uri: string,
  inPoint: MediaTime,
  length: MediaTime | undefined,
): PlayoutError | undefined {
  if (length === undefined || inPoint < length) return undefined;
  return new PlayoutError("InvalidArgument", `start_frame lies beyond the end of ${uri}.`, {
    remedy: "Begin earlier.",
    details: { field: "start_frame" },
  });
}

function assetOf(assetPath: string): string {
  const asset = textField("asset_path", assetPath);
  if (!/^file:/i.test(asset)) return asset;
  try {
    pathOf(asset);
  } catch {
    throw invalidField("asset_path", "the URI of a file of this host, as file:///srv/media/a.mp4", asset);
  }
  return asset;
}

function framesOf(frameCount: bigint): bigint | undefined {
  if (frameCount === -1n) return undefined;
  if (frameCount >= 1n && frameCount <= BigInt(frameMax)) return frameCount;
  throw invalidField("frame_count", "-1 for all up to the end, or 1 or more", frameCount);
}

function rateOf({ fpsNumerator, fpsDenominator }: LoadPreviewRequest): Rational | undefined {
  if (fpsNumerator === 0 && fpsDenominator === 0) return undefined;
  const num = wholeField("fps_numerator", fpsNumerator, { min: 1, max: rateTermMax });
  const den = wholeField("fps_denominator", fpsDenominator, { min: 1, max: rateTermMax });
  if (num / den > 1_000 || num / den < 1)
    throw invalidField("fps_numerator", "a rate from 1 to 1000", `${num}/${den}`);
  return { num, den };
}
