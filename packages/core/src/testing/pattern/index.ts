export {
  type PatternAsset,
  type PatternOptions,
  type PatternPictures,
  type PatternSound,
  patternAsset,
  sampleNearest,
  sampleTime,
} from "./pattern-asset.js";
export { PatternDecoder, type PatternDecoderWatch } from "./pattern-decoder.js";
export { PatternDecoderFactory, type PatternLedger } from "./pattern-decoder-factory.js";
export { defaultLayout } from "./pattern-info.js";
export { allocatePicture } from "./pattern-pictures.js";
export { parsePatternUri, patternScheme } from "./pattern-uri.js";
export { PictureTimes, type TimestampRounding } from "./picture-times.js";
