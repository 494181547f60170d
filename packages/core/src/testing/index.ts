export * from "./copy-conformer/index.js";
export * from "./faulty/index.js";
export * from "./marks/index.js";
export * from "./pattern/index.js";
export { RecordingMetrics } from "./recording-metrics.js";
