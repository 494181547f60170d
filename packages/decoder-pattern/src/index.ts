import { definePlugin, pluginContract } from "@retrovue/core";
import { TestDecoderFactory } from "./test-decoder-factory.js";

/**
 * Plays `test://bars`, colour bars with a tone of 1 kHz, and `test://pattern?…`, pictures and sound in which every frame and
 * every sample says which one it is. It opens no file and needs no native code.
 */
export default definePlugin({
  name: "@retrovue/decoder-pattern",
  contract: pluginContract,
  provides: { decoder: { create: () => new TestDecoderFactory() } },
});
