export { CopyConformer, CopyConformerFactory, type CopyConformerOptions } from "./copy-conformer.js";
export { type Placement, placePicture } from "./placement.js";
