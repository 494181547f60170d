// For users of the engine: reading and checking its configuration, and running it.

export { ChannelRegistry, type ChannelStart, type ChannelStatus } from "./channels/channel-registry.js";
export { NodeHostTime } from "./clock/node-host-time.js";
export { editorJsonSchema } from "./config/editor-schema.js";
export { type ConfigFault, formatFault } from "./config/fault.js";
export {
  type ConfigContext,
  type ConfigOverride,
  type ConfigReading,
  loadConfig,
  readConfig,
  readConfigText,
  readConfigWithoutFile,
} from "./config/load.js";
export type {
  ChannelConfig,
  ChannelSettings,
  OutputConfig,
  PlayoutConfig,
  SlateConfig,
} from "./config/playout-config.js";
export type { ConfigInput } from "./config/schema/config-schema.js";
export { configBytesMax } from "./config/source.js";
export { Engine, type EngineOptions } from "./engine.js";
export type { EngineAddresses } from "./http/serve.js";
export { type Log, type LogFields, type LogOptions, openLog } from "./log/log.js";
export type { TeardownReport } from "./teardown.js";
