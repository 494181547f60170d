import { definePlugin, pluginContract } from "@retrovue/core";
import { CopyConformerFactory } from "@retrovue/core/testing";

/**
 * A conformer in plain TypeScript: nearest neighbour, 8-bit planar formats, no colour conversion. Enough for test patterns
 * in the program format; films want `@retrovue/conform-libav`.
 */
export default definePlugin({
  name: "@retrovue/engine/plugins/copy-conformer",
  contract: pluginContract,
  provides: { conformer: { create: () => new CopyConformerFactory() } },
});
