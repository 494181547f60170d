import { definePlugin, pluginContract } from "@retrovue/core";
import pattern from "@retrovue/decoder-pattern";

/** What a test of this process has it wait for, by asset. */
export type Gate = (uri: string) => Promise<void>;

/** Where the gate stands: a plugin is a module of its own, however a test came by it. */
export const gateKey = "retrovue.test.gate";

const isGated = (uri: string): boolean => uri.startsWith("test://gated");

/** Plays test://gated?… as its pattern, each time once the test's gate lets it. */
export default definePlugin({
  name: "gated-decoder",
  contract: pluginContract,
  provides: {
    decoder: {
      create: () => {
        const decoder = pattern.provides.decoder.create();
        return {
          probe: async ({ uri }) => ({ score: isGated(uri) ? 100 : 0, reason: "It is asked for a gate." }),
          open: async (asset, ...rest) => {
            await (globalThis as unknown as Record<string, Gate>)[gateKey]?.(asset.uri);
            return await decoder.open({ ...asset, uri: asset.uri.replace("gated", "pattern") }, ...rest);
          },
        };
      },
    },
  },
});
