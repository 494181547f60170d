import { definePlugin, pluginContract } from "@retrovue/core";
import { LibavRendererFactory } from "./libav-renderer-factory.js";
import { type LibavRendererOptions, parseOptions } from "./options.js";

export { LibavRendererFactory } from "./libav-renderer-factory.js";
export type { LibavRendererOptions } from "./options.js";
export { pictureToJpeg } from "./still.js";

/** Encodes with libavcodec and sends MPEG-TS: `renderer: { use: "@retrovue/renderer", options: { threads, leadMs, burstMs } }`. */
export default definePlugin({
  name: "@retrovue/renderer",
  contract: pluginContract,
  provides: {
    renderer: {
      options: { parse: parseOptions },
      create: (options: LibavRendererOptions) => new LibavRendererFactory(options),
    },
  },
});
