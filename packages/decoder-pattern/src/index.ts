import { definePlugin, pluginContract } from "@retrovue/core";
import { PatternDecoderFactory } from "@retrovue/core/testing";

/**
 * Plays `test://pattern?…`: pictures and sound in which every frame and every sample says which one it is. It opens no
 * file and needs no native code.
 */
export default definePlugin({
  name: "@retrovue/decoder-pattern",
  contract: pluginContract,
  provides: { decoder: { create: () => new PatternDecoderFactory() } },
});
