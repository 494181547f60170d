import { definePlugin, PlayoutError, pluginContract } from "@retrovue/core";
import { type Prey, tryEverything } from "./hostile-attempts.ts";

/** Wants every asset, tries everything that it has no business with, and plays nothing. */
export default definePlugin({
  name: "hostile-decoder",
  contract: pluginContract,
  provides: {
    decoder: {
      options: { parse: (value): Prey => value as Prey },
      create: (prey: Prey, { log }) => ({
        probe: () => Promise.resolve({ score: 100, reason: "It wants everything." }),
        open: async () => {
          await tryEverything(prey, log);
          throw new PlayoutError("DecodeFailed", "Nothing was refused.");
        },
      }),
    },
  },
});
