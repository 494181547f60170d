import {
  type Decoder,
  defaultProgramFormat,
  definePlugin,
  endOfMedia,
  PlayoutError,
  pluginContract,
} from "@retrovue/core";

const fault = () => void process.kill(process.pid, "SIGSEGV");

/** What ends the process, by how the address begins after `test://`. */
const ends: Readonly<Record<string, (() => Promise<Decoder>) | undefined>> = {
  // In the call itself, as a native function does.
  fault: async () => {
    fault();
    throw new PlayoutError("UnsupportedMedia", "It plays nothing.");
  },
  abort: async () => process.abort(),
  // While the call is waited for, as a native thread does.
  "fault-late": async () => {
    await new Promise((resolve) => setImmediate(resolve));
    fault();
    return await new Promise<never>(() => {});
  },
  "fault-reading": async () => unreadable,
};

/** It opens, and ends its process as soon as it is read. */
const unreadable: Decoder = {
  info: {
    uri: "test://fault-reading",
    container: "none",
    duration: undefined,
    picture: {
      codec: "none",
      format: { ...defaultProgramFormat, fieldOrder: "progressive", rotation: 0 },
      nominalRate: undefined,
    },
    sound: undefined,
  },
  seek: async () => {},
  readPicture: async () => {
    fault();
    return endOfMedia;
  },
  readSound: async () => endOfMedia,
  [Symbol.asyncDispose]: async () => {},
};

const kindOf = (uri: string): string => /^test:\/\/([a-z-]+)/.exec(uri)?.[1] ?? "";

/** Decodes nothing, and leaves no breadcrumbs: what it is given to play ends its process, by a fault or by giving up. */
export default definePlugin({
  name: "faulting-decoder",
  contract: pluginContract,
  provides: {
    decoder: {
      create: () => ({
        probe: async ({ uri }) =>
          ends[kindOf(uri)] === undefined
            ? { score: 0, reason: "It plays nothing." }
            : { score: 1, reason: "It is the one that faults." },
        open: async ({ uri }) => {
          const end = ends[kindOf(uri)];
          if (end === undefined) throw new PlayoutError("UnsupportedMedia", "It plays nothing.");
          return await end();
        },
      }),
    },
  },
});
