import { definePlugin, pluginContract } from "@retrovue/core";
import { defaultAccess, parseServerOptions } from "@retrovue/protocol/serving";
import { GrpcTransport } from "./grpc-transport.js";

export { GrpcTransport, type GrpcTransportDeps } from "./grpc-transport.js";

/** Where gRPC listens when nothing is said. */
const defaultListen = ["127.0.0.1:50051"];

/** Serves the control API over gRPC. */
export default definePlugin({
  name: "@retrovue/transport-grpc",
  contract: pluginContract,
  provides: {
    transport: {
      options: { parse: parseServerOptions },
      create: (options, { access = defaultAccess }) =>
        new GrpcTransport({
          options: { ...options, listen: options.listen.length === 0 ? defaultListen : options.listen },
          access,
        }),
    },
  },
});
