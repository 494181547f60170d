import { definePlugin, PlayoutError, pluginContract } from "@retrovue/core";

/** Would rather play each test pattern than anyone else, and fails at all of them. */
export default definePlugin({
  name: "reluctant-decoder",
  contract: pluginContract,
  provides: {
    decoder: {
      create: () => ({
        probe: ({ uri }) =>
          Promise.resolve({
            score: uri.startsWith("test:") ? 100 : 0,
            reason: "It is asked for test patterns.",
          }),
        open: ({ uri }) => Promise.reject(new PlayoutError("MediaCorrupt", `${uri} does not please it.`)),
      }),
    },
  },
});
