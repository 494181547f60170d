import type { ConfigPath } from "../fault.js";
import type { ConfigDocument } from "../schema/config-schema.js";
import type { Rule, RuleFault } from "./rule.js";

type ChannelDocument = ConfigDocument["channels"][number];

/** A channel's id stands in addresses and on the bus: two of the same would be one. */
export const uniqueChannelIds: Rule = ({ document, where }) => {
  const first = new Map<number, number>();
  return document.channels.flatMap((channel, index): RuleFault[] => {
    const earlier = first.get(channel.id);
    if (earlier === undefined) {
      first.set(channel.id, index);
      return [];
    }
    const path = ["channels", index, "id"];
    const expected = "an id that no other channel has";
    const found = `${channel.id}, which ${where(["channels", earlier])} has`;
    return [error(path, expected, found, `Give it another id, such as ${freeId(document)}.`)];
  });
};

/** Nothing would be ready before it counts as late. */
export const leadInOrder: Rule = ({ document }) => {
  const { defaults } = document;
  const check = (place: ConfigPath, minMs: number, targetMs: number, involves: ConfigPath[]): RuleFault[] =>
    minMs <= targetMs
      ? []
      : [
          error(
            place,
            "lead.minMs to be at most lead.targetMs",
            `minMs ${minMs} and targetMs ${targetMs}`,
            `Raise targetMs to ${minMs} or more, or lower minMs.`,
            involves,
          ),
        ];
  return [
    ...check(["defaults", "lead", "minMs"], defaults.lead.minMs, defaults.lead.targetMs, [
      ["defaults", "lead"],
    ]),
    ...document.channels.flatMap((channel, index) => {
      const { minMs, targetMs } = channel.lead;
      // A channel that says nothing has the fault of the defaults, which is told there.
      if (minMs === undefined && targetMs === undefined) return [];
      const place = ["channels", index, "lead"];
      return check(
        [...place, minMs === undefined ? "targetMs" : "minMs"],
        minMs ?? defaults.lead.minMs,
        targetMs ?? defaults.lead.targetMs,
        [place, ["defaults", "lead"]],
      );
    }),
  ];
};

/** Halved chroma needs an even number of columns (4:2:x) and rows (4:2:0). */
export const sizeFitsChroma: Rule = ({ document }) => {
  const check = (place: ConfigPath, own: ChannelDocument["format"]): RuleFault[] => {
    const format = { ...document.defaults.format, ...stripUndefined(own) };
    const involves: ConfigPath[] = [place, ["defaults", "format"]];
    const sides: (readonly ["width" | "height", boolean])[] = [
      ["width", /42[02]/.test(format.pixelFormat)],
      ["height", /420/.test(format.pixelFormat)],
    ];
    return sides
      .filter(([side, halved]) => halved && format[side] % 2 === 1)
      .map(([side]) =>
        error(
          [...place, own[side] === undefined ? "pixelFormat" : side],
          `an even ${side} with ${format.pixelFormat}`,
          `${side} ${format[side]}`,
          `Write ${side}: ${format[side] + 1}, or a pixelFormat without halved chroma such as yuv444p.`,
          involves,
        ),
      );
  };
  return [
    ...check(["defaults", "format"], document.defaults.format),
    ...document.channels.flatMap((channel, index) =>
      Object.keys(stripUndefined(channel.format)).some((key) => /width|height|pixelFormat/.test(key))
        ? check(["channels", index, "format"], channel.format)
        : [],
    ),
  ];
};

/** One http-ts and one hls a channel (their addresses carry no other name), and no two streams into one UDP address. */
export const outputsApart: Rule = ({ document, where }) => {
  const taken = new Map<string, ConfigPath>();
  return document.channels.flatMap((channel, index) =>
    channel.outputs.flatMap((output, place): RuleFault[] => {
      const path = ["channels", index, "outputs", place];
      const address =
        output.type === "udp" ? output.url.toLowerCase() : `${output.type} of channel at ${index}`;
      const earlier = taken.get(address);
      taken.set(address, earlier ?? path);
      if (earlier === undefined) return [];
      return output.type === "udp"
        ? [
            error(
              [...path, "url"],
              "an address that no other output sends to",
              `${output.url}, which ${where(earlier)} has`,
              "Give it another port or group.",
            ),
          ]
        : [error(path, `one ${output.type} output a channel`, "a second one", "Remove one of the two.")];
    }),
  );
};

/** A plan must be there to start with; a start by request names its own. */
export const autostartHasPlan: Rule = ({ document }) =>
  document.channels.flatMap((channel, index) =>
    channel.autostart === true && channel.plan === undefined
      ? [
          error(
            ["channels", index, "autostart"],
            "a plan to start with",
            "autostart without a plan",
            "Add `plan: NAME`, or remove autostart and let a scheduler start the channel.",
            [["channels", index, "plan"]],
          ),
        ]
      : [],
  );

const error = (
  path: ConfigPath,
  expected: string,
  found: string,
  remedy: string,
  involves: readonly ConfigPath[] = [],
): RuleFault => ({ path, expected, found, remedy, severity: "error", involves });

function freeId(document: ConfigDocument): number {
  const taken = new Set(document.channels.map((channel) => channel.id));
  let id = 1;
  while (taken.has(id)) id++;
  return id;
}

/** Only what is said: a key that is there but undefined must not hide the default. */
export function stripUndefined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
