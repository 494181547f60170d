import { definePlugin, PlayoutError, pluginContract } from "@retrovue/core";

/** Decodes nothing: what it is given to open ends its process, by a fault (`test://fault…`) or by giving up (`test://abort…`). */
export default definePlugin({
  name: "faulting-decoder",
  contract: pluginContract,
  provides: {
    decoder: {
      create: () => ({
        probe: async ({ uri }) =>
          uri.startsWith("test://fault") || uri.startsWith("test://abort")
            ? { score: 1, reason: "It is the one that faults." }
            : { score: 0, reason: "It plays nothing." },
        open: async ({ uri }) => {
          if (uri.startsWith("test://abort")) process.abort();
          if (uri.startsWith("test://fault")) process.kill(process.pid, "SIGSEGV");
          throw new PlayoutError("UnsupportedMedia", "It plays nothing.");
        },
      }),
    },
  },
});
