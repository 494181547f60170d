import { definePlugin, pluginContract } from "@retrovue/core";
import { defaultAccess, parseServerOptions } from "@retrovue/protocol/serving";
import { ConnectTransport } from "./connect-transport.js";

export { ConnectTransport, type ConnectTransportDeps } from "./connect-transport.js";
export { InProcessTransport } from "./in-process-transport.js";

/** Serves the control API over Connect and gRPC-Web, and over gRPC where a listener speaks HTTP/2. */
export default definePlugin({
  name: "@retrovue/transport-connect",
  contract: pluginContract,
  provides: {
    transport: {
      options: { parse: parseServerOptions },
      create: (options, { access = defaultAccess }) => new ConnectTransport({ options, access }),
    },
  },
});
