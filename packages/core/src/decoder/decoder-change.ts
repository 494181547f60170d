import type { PlayoutError } from "../errors/playout-error.js";
import type { NamedDecoder } from "./choice.js";

/**
 * Why another decoder plays than the one that would be preferred, or than the one before. The list is closed, since it labels a
 * metric; `docs/contracts/metrics.md` says the same.
 */
export const decoderChangeReasons = Object.freeze({
  deviceUnavailable: "The device is missing, or its driver refuses.",
  budgetFull: "The device serves as many sessions as it may.",
  unsupported: "The device (or the decoder) cannot play this.",
  distrusted: "Its pictures were wrong, now or earlier.",
  openFailed: "It could not open the asset.",
  decodeFailed: "It failed on the asset in mid-segment.",
  deviceLost: "The device was lost in mid-segment.",
  hung: "It gave nothing any more.",
  slow: "It was slower than the clock.",
  barred: "It killed or blocked a worker with this asset.",
});

/** One of the reasons. */
export type DecoderChangeReason = keyof typeof decoderChangeReasons;

/** A decoder by its place in the configuration, and its name there. */
export interface DecoderName extends Pick<NamedDecoder, "name"> {
  readonly index: number;
}

/** A decoder that would have come before the one that was chosen, and why it does not play. */
export interface PassedOver extends DecoderName {
  readonly reason: DecoderChangeReason;
  readonly error: PlayoutError;
}

/**
 * Why an error takes a decoder off an asset. A decoder that knows better than its error's code says puts a reason into the error's
 * details, as `refusal`.
 */
export function changeReasonOf(error: PlayoutError, during: "open" | "play"): DecoderChangeReason {
  const told = error.details["refusal"];
  if (isReason(told)) return told;
  switch (error.code) {
    case "DeviceUnavailable":
      return during === "open" ? "deviceUnavailable" : "deviceLost";
    case "QueueFull":
    case "LimitExceeded":
      return during === "open" ? "budgetFull" : "decodeFailed";
    case "UnsupportedMedia":
      return "unsupported";
    case "MediaQuarantined":
      return "barred";
    case "Timeout":
      return "hung";
    default:
      return during === "open" ? "openFailed" : "decodeFailed";
  }
}

const isReason = (value: unknown): value is DecoderChangeReason =>
  typeof value === "string" && Object.hasOwn(decoderChangeReasons, value);
