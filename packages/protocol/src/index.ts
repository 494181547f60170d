// The messages, and all that a web page may use.

// Between wire and core.
export { type Block, type BlockContext, blockFromWire } from "./block/block-from-wire.js";
export * from "./browser.js";
export { type EnumTable, enumTable } from "./enums/enum-table.js";
export {
  aspectPolicies,
  planEnds,
  segmentKinds,
  segmentTypes,
  type Transition,
  transitions,
} from "./enums/plan-enums.js";
export {
  type ChannelStateWord,
  channelStates,
  clockStates,
  standInKinds,
  standInReasonTable,
} from "./enums/status-enums.js";
export { connectErrorBody } from "./errors/connect-error-body.js";
export { errorInfoOf, messageOf, metadataOf, statusBytesOf, statusOf } from "./errors/error-info.js";
export { playoutErrorFromStatus } from "./errors/playout-error-from-status.js";
export {
  channelIdField,
  requiredField,
  type TextRule,
  textField,
  type WholeRange,
  wholeField,
} from "./field/fields.js";
export { invalidField } from "./field/invalid-field.js";
export { parseProgramFormat } from "./format/program-format-json.js";
export {
  assetsOfUnknownLength,
  type PlanContext,
  planFaultsInMessage,
  planFromWire,
} from "./plan/plan-from-wire.js";
export { planFromJson, planToJson } from "./plan/plan-json.js";
export { planToWire } from "./plan/plan-to-wire.js";
export { segmentIdFromText, segmentIdOf } from "./plan/segment-id.js";
export type { Handlers } from "./service/handlers.js";
export {
  clockStatusToWire,
  failureToWire,
  planFaultToWire,
  programFormatToWire,
  ratioToWire,
  segmentRefToWire,
  standInCountToWire,
} from "./status/status-to-wire.js";
export { pictureStreamToWire, soundStreamToWire } from "./status/streams-to-wire.js";
export { durationFromWire, durationToWire, timestampFromWire, timestampToWire } from "./time/wire-time.js";
