import { definePlugin, pluginContract } from "@retrovue/core";
import { Y4mDecoderFactory } from "./y4m-decoder-factory.js";

export default definePlugin({
  name: "@retrovue-example/decoder-y4m",
  contract: pluginContract,
  provides: {
    decoder: { create: (_options, context) => new Y4mDecoderFactory(context.mediaRoots) },
  },
});
