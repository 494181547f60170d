import { definePlugin, MemoryFrameBus, pluginContract } from "@retrovue/core";

/** Frame buses in the engine's own memory: for `isolation: none`, since no other process can map them. */
export default definePlugin({
  name: "@retrovue/engine/plugins/memory-bus",
  contract: pluginContract,
  provides: {
    frameBus: { needs: ["clock"], create: (_options, _context, { clock }) => new MemoryFrameBus({ clock }) },
  },
});
