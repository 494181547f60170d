import { muxRateNeededKbps, type ProgramFormat, type SoundFault, soundFaults } from "@retrovue/core";
import { invalidField, parseProgramFormat } from "@retrovue/protocol";
import type { ChannelConfig } from "../config/playout-config.js";

const field = "program_format_json";

/** The key that a fault of the sound comes from: what is not said there is the configuration's. */
const soundKeys: Readonly<Record<SoundFault["key"], string>> = {
  sampleRate: "sample_rate",
  channels: "channels",
  // Which bit rates there are depends on it.
  bitrateKbps: "sample_rate",
};

/**
 * The program format that a request asks for, as `parseProgramFormat` reads it, in place of the channel's own; undefined where it asks for
 * none. `InvalidArgument` naming the key, also for what the channel's encoder does not take and what does not fit into its constant rate.
 */
export function requestedFormat(
  text: string,
  own: Pick<ChannelConfig, "format" | "encode"> & Partial<Pick<ChannelConfig, "outputs">>,
): ProgramFormat | undefined {
  if (text.trim() === "") return undefined;
  const format = parseProgramFormat(text, own.format, field);
  if (own.outputs?.length !== 0) checkEncodable(format, own);
  return format;
}

function checkEncodable(format: ProgramFormat, own: Pick<ChannelConfig, "format" | "encode">): void {
  const { encode } = own;
  const [fault] = soundFaults({ format, audio: encode.audio });
  if (fault !== undefined)
    throw invalidField(`${field}.audio.${soundKeys[fault.key]}`, fault.expected, fault.found);
  const { muxRateKbps = 0 } = encode;
  if (muxRateKbps === 0) return;
  const needed = muxRateNeededKbps({ format, encode });
  if (muxRateKbps >= needed) return;
  const failsBySound =
    muxRateKbps < muxRateNeededKbps({ format: { ...format, frameRate: own.format.frameRate }, encode });
  const key = failsBySound ? "audio.sample_rate" : "video.frame_rate";
  throw invalidField(
    `${field}.${key}`,
    `a format for which the channel's muxRateKbps has room, ${muxRateKbps}`,
    `one that needs ${needed}`,
  );
}
