import { type SoundFault, soundFaults } from "@retrovue/core";
import type { ConfigPath } from "../fault.js";
import type { ConfigDocument } from "../schema/config-schema.js";
import { stripUndefined } from "./channels.js";
import type { Rule, RuleFault } from "./rule.js";

type ChannelDocument = ConfigDocument["channels"][number];
type OwnSettings = Partial<Pick<ChannelDocument, "encode" | "format">>;

/** The keys that a fault may be told at, the first of those that are said. */
const places: Readonly<Record<SoundFault["key"], readonly (keyof Said)[]>> = {
  sampleRate: ["sampleRate", "codec"],
  channels: ["channels", "codec"],
  bitrateKbps: ["bitrateKbps", "codec", "sampleRate"],
};

/** No encoder takes every sound format: the renderer would fail at each start. */
export const soundIsEncodable: Rule = ({ document }) => {
  const { defaults } = document;
  const check = (place: ConfigPath, own: OwnSettings): RuleFault[] => {
    const format = { ...defaults.format, ...stripUndefined(own.format ?? {}) };
    const audio = { ...defaults.encode.audio, ...stripUndefined(own.encode?.audio ?? {}) };
    const said = saidBy(own);
    return soundFaults({ format, audio }).flatMap(({ key, expected, found }) => {
      // A channel that says nothing of it has the fault of the defaults, which is told there.
      const culprit = places[key].find((name) => said[name] !== undefined);
      if (culprit === undefined) return [];
      return [
        {
          path: [...place, ...paths[culprit]],
          expected,
          found: `${found}`,
          remedy: "Write what it takes, or another encode.audio.codec.",
          severity: "error",
          involves: [
            [...place, "encode"],
            [...place, "format"],
            ["defaults", "encode"],
            ["defaults", "format"],
          ],
        },
      ];
    });
  };
  return [
    ...check(["defaults"], { encode: defaults.encode, format: defaults.format }),
    ...document.channels.flatMap((channel, index) =>
      channel.outputs.length > 0 ? check(["channels", index], channel) : [],
    ),
  ];
};

const paths = {
  sampleRate: ["format", "sampleRate"],
  channels: ["format", "channels"],
  codec: ["encode", "audio", "codec"],
  bitrateKbps: ["encode", "audio", "bitrateKbps"],
} as const;

type Said = { readonly [name in keyof typeof paths]: unknown };

const saidBy = ({ encode, format }: OwnSettings): Said => ({
  sampleRate: format?.sampleRate,
  channels: format?.channels,
  codec: encode?.audio.codec,
  bitrateKbps: encode?.audio.bitrateKbps,
});
