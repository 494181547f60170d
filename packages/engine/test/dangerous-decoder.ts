import { definePlugin, mediaTime, PlayoutError, pluginContract } from "@retrovue/core";

/**
 * Plays nothing: an asset ends its process, holds it up, is refused, is said to be what no asset can be, or to be a second long,
 * by its name.
 */
export default definePlugin({
  name: "dangerous-decoder",
  contract: pluginContract,
  provides: {
    decoder: {
      create: () => ({
        probe: () => Promise.resolve({ score: 1, reason: "It tries everything." }),
        open: async ({ uri }) => {
          if (uri.startsWith("test://crash")) process.abort();
          if (uri.startsWith("test://hang")) for (;;);
          if (uri.startsWith("test://broken")) throw new PlayoutError("MediaCorrupt", `${uri} is broken.`);
          return {
            info: {
              uri,
              container: uri.startsWith("test://absurd") ? "x".repeat(1_000) : "none",
              duration: mediaTime(1_000_000_000n),
              picture: undefined,
              sound: undefined,
            },
            seek: () => Promise.reject(new PlayoutError("Unimplemented", "Nothing is played.")),
            readPicture: () => Promise.reject(new PlayoutError("Unimplemented", "Nothing is played.")),
            readSound: () => Promise.reject(new PlayoutError("Unimplemented", "Nothing is played.")),
            [Symbol.asyncDispose]: () => Promise.resolve(),
          };
        },
      }),
    },
  },
});
