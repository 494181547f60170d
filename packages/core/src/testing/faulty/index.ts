export type { CallFault, FaultMove, FaultScript, FaultyCall, Lies } from "./fault-script.js";
export { FaultyDecoder } from "./faulty-decoder.js";
export { FaultyDecoderFactory } from "./faulty-decoder-factory.js";
