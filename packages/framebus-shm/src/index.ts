import { definePlugin, pluginContract } from "@retrovue/core";
import { parseOptions, type ShmFrameBusOptions } from "./options.js";
import { ShmFrameBus } from "./shm-frame-bus.js";

export { type FoundBus, findBuses } from "./find-buses.js";
export { parseOptions, type ShmFrameBusOptions } from "./options.js";
export { type ReadersTable, ShmFrameBus } from "./shm-frame-bus.js";

/** The shared-memory bus as a plugin: `frameBus: { plugin: "@retrovue/framebus-shm", options: { prefix, directory } }`. */
export default definePlugin({
  name: "@retrovue/framebus-shm",
  contract: pluginContract,
  provides: {
    frameBus: {
      options: { parse: parseOptions },
      create: (options: Required<ShmFrameBusOptions>) => new ShmFrameBus(options),
    },
  },
});
