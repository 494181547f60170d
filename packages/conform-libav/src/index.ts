import { definePlugin, pluginContract } from "@retrovue/core";
import { LibavConformerFactory } from "./libav-conformer-factory.js";
import { type LibavConformerOptions, parseOptions } from "./options.js";

export { LibavConformerFactory } from "./libav-conformer-factory.js";
export type { LibavConformerOptions, ScalingFilter } from "./options.js";

export default definePlugin({
  name: "@retrovue/conform-libav",
  contract: pluginContract,
  provides: {
    conformer: {
      options: { parse: parseOptions },
      create: (options: LibavConformerOptions) => new LibavConformerFactory(options),
    },
  },
});
