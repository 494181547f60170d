export * from "./copy-conformer/index.js";
export * from "./faulty/index.js";
export * from "./marks/index.js";
export {
  CallFailure,
  type MemoryCallOptions,
  type MemoryClient,
  MemoryNetwork,
  MemoryTransport,
  type MemoryTransportDeps,
} from "./memory-transport.js";
export { metaOf } from "./meta-of.js";
export * from "./pattern/index.js";
export { RecordingMetrics } from "./recording-metrics.js";
export { mappingAt, settled, someUtc, VirtualHost } from "./virtual-host.js";
