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
  const { defaults, channels } = document;
  const encoded = channels.filter(({ outputs }) => outputs.length > 0);
  const inherited = new Set(
    encoded.flatMap((own) =>
      faultsOf(defaults, own).flatMap(({ key }) => (culpritOf(key, own) === undefined ? [key] : [])),
    ),
  );
  // Those of `defaults` that no channel has may still be had by one that a request makes.
  const severityOf = (key: SoundFault["key"]): RuleFault["severity"] =>
    inherited.has(key) || channels.length === 0 ? "error" : "warning";
  return [
    ...faultsOf(defaults, defaults).flatMap((fault) =>
      told(fault, ["defaults"], culpritOf(fault.key, defaults), severityOf(fault.key)),
    ),
    ...channels.flatMap((own, index) =>
      encoded.includes(own)
        ? faultsOf(defaults, own).flatMap((fault) =>
            told(fault, ["channels", index], culpritOf(fault.key, own), "error"),
          )
        : [],
    ),
  ];
};

function faultsOf(defaults: ConfigDocument["defaults"], own: OwnSettings): readonly SoundFault[] {
  const format = { ...defaults.format, ...stripUndefined(own.format ?? {}) };
  const audio = { ...defaults.encode.audio, ...stripUndefined(own.encode?.audio ?? {}) };
  return soundFaults({ format, audio });
}

/** What of a section's own is to blame; undefined where it says nothing of it, and the fault is that of the defaults. */
const culpritOf = (key: SoundFault["key"], own: OwnSettings): keyof Said | undefined =>
  places[key].find((name) => saidBy(own)[name] !== undefined);

function told(
  { expected, found }: SoundFault,
  place: ConfigPath,
  culprit: keyof Said | undefined,
  severity: RuleFault["severity"],
): RuleFault[] {
  if (culprit === undefined) return [];
  return [
    {
      path: [...place, ...paths[culprit]],
      expected,
      found: `${found}`,
      remedy: "Write what it takes, or another encode.audio.codec.",
      severity,
      involves: [
        [...place, "encode"],
        [...place, "format"],
        ["defaults", "encode"],
        ["defaults", "format"],
      ],
    },
  ];
}

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
