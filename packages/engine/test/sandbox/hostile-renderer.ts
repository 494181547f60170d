import { definePlugin, pluginContract, type RendererFactory } from "@retrovue/core";
import chunkRenderer from "../chunk-renderer.ts";
import { type Prey, tryEverything } from "./hostile-attempts.ts";

const inner = chunkRenderer.provides.renderer;

/** Tries everything that an encoder has no business with, and renders all the same. */
export default definePlugin({
  name: "hostile-renderer",
  contract: pluginContract,
  provides: {
    renderer: {
      options: { parse: (value): Prey => value as Prey },
      create: async (prey: Prey, context): Promise<RendererFactory> => {
        await tryEverything(prey, context.log).catch(() => {});
        return await inner.create({});
      },
    },
  },
});
