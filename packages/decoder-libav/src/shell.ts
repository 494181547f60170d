// What decoders over an addon of libav-kit's sessions share: it moves with the engine and is for our own packages alone.
export { assetInfoOf } from "./asset-info.js";
export { leaveBreadcrumbs } from "./leave-breadcrumbs.js";
export { LibavDecoder, type LibavDecoderSettings, type NativePictures } from "./libav-decoder.js";
export type {
  NativeInfo,
  NativeModule,
  NativeOptions,
  NativePicture,
  StreamNeeds,
} from "./native.js";
export { throwIfAborted } from "./native-errors.js";
export { openAsset, picturesHeldDefault } from "./open-asset.js";
export { isMapping, type Mapping, whole, wrong } from "./option-fields.js";
export type { OpenSession, Session } from "./session.js";
