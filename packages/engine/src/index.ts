// For users of the engine: reading and checking its configuration.

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
