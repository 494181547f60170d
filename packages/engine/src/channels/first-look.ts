import type { AssetLengths } from "../media/media-inspector.js";

/** Looks at the media of a channel that is about to start, and is disposed of when the channel runs or does not come to be. */
export interface FirstLook extends AssetLengths, AsyncDisposable {}
