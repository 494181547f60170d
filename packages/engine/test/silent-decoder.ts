import { definePlugin, pluginContract } from "@retrovue/core";

/** Wants to play test://silent and never comes to it, whoever asks it to stop. */
export default definePlugin({
  name: "silent-decoder",
  contract: pluginContract,
  provides: {
    decoder: {
      create: () => ({
        probe: ({ uri }) =>
          Promise.resolve({ score: uri === "test://silent" ? 100 : 0, reason: "It is asked for silence." }),
        open: () => new Promise(() => {}),
      }),
    },
  },
});
