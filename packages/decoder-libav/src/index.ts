import { definePlugin, pluginContract } from "@retrovue/core";
import { LibavDecoderFactory } from "./libav-decoder-factory.js";
import { parseOptions } from "./options.js";

export { LibavDecoderFactory } from "./libav-decoder-factory.js";
export {
  type LibavDecoderOptions,
  type ParsedOptions,
  parseOptions,
  type ThreadCount,
} from "./options.js";

export default definePlugin({
  name: "@retrovue/decoder-libav",
  contract: pluginContract,
  provides: {
    decoder: {
      options: { parse: parseOptions },
      create: (options, context) => new LibavDecoderFactory(context.mediaRoots, options, context.log),
    },
  },
});
