import { muxRateNeededKbps } from "@retrovue/core";
import type { ConfigPath } from "../fault.js";
import type { ConfigDocument } from "../schema/config-schema.js";
import { stripUndefined } from "./channels.js";
import type { Rule, RuleFault } from "./rule.js";

type ChannelDocument = ConfigDocument["channels"][number];
type OwnSettings = Partial<Pick<ChannelDocument, "encode" | "format">>;

/** A constant rate carries what is encoded, or nothing would be on time. Told where the rate stands, or what needs more than it. */
export const muxRatesSuffice: Rule = ({ document }) => {
  const { defaults } = document;
  const check = (place: ConfigPath, own: OwnSettings): RuleFault[] => {
    const rate = own.encode?.muxRateKbps ?? defaults.encode.muxRateKbps;
    if (rate === 0) return [];
    const encode = {
      video: { ...defaults.encode.video, ...stripUndefined(own.encode?.video ?? {}) },
      audio: { ...defaults.encode.audio, ...stripUndefined(own.encode?.audio ?? {}) },
    };
    const format = { ...defaults.format, ...stripUndefined(own.format ?? {}) };
    const needed = muxRateNeededKbps({ format, encode });
    if (rate >= needed) return [];
    const rates = `${encode.video.bitrateKbps} of picture and ${encode.audio.bitrateKbps} of sound`;
    return [
      {
        path: [...place, "encode", ...culprit(own)],
        expected: `a muxRateKbps of at least ${needed} for ${rates}`,
        found: `${rate}`,
        remedy: `Write \`muxRateKbps: ${needed}\` or more, lower the bit rates, or write 0 for a variable rate.`,
        severity: "error",
        involves: [
          [...place, "encode"],
          [...place, "format"],
          ["defaults", "encode"],
          ["defaults", "format"],
        ],
      },
    ];
  };
  return [
    ...check(["defaults"], { encode: defaults.encode, format: defaults.format }),
    ...document.channels.flatMap((channel, index) =>
      // A channel that says nothing of it has the fault of the defaults, which is told there.
      saysAnything(channel) ? check(["channels", index], channel) : [],
    ),
  ];
};

const saysAnything = ({ encode, format }: ChannelDocument): boolean =>
  culprit({ encode }).length > 0 || format.frameRate !== undefined || format.sampleRate !== undefined;

/** The key that made it too low: the rate itself, or what a channel says instead of the defaults. */
function culprit({ encode }: OwnSettings): ConfigPath {
  if (encode?.muxRateKbps !== undefined) return ["muxRateKbps"];
  if (encode?.video.bitrateKbps !== undefined) return ["video", "bitrateKbps"];
  if (encode?.audio.bitrateKbps !== undefined) return ["audio", "bitrateKbps"];
  if (encode !== undefined && Object.keys(stripUndefined(encode.video)).length > 0) return ["video"];
  if (encode !== undefined && Object.keys(stripUndefined(encode.audio)).length > 0) return ["audio"];
  return [];
}
