export * from "./block-mark.js";
export * from "./block-reader.js";
export * from "./block-writer.js";
export * from "./compact-mark.js";
export * from "./exact-sound-mark.js";
export * from "./luma-view.js";
export { checkBits, type PictureMark } from "./mixing.js";
export * from "./noise-finder.js";
export * from "./noise-sound-mark.js";
