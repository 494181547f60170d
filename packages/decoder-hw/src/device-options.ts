import { isMapping, type Mapping, whole, wrong } from "@retrovue/decoder-libav/shell";
import type { Capability, DeviceKind, NativeStandin } from "./native.js";
import { sessionsMaxMax } from "./trust/session-budget.js";

/** A device as the configuration names it: its kind, or more. */
export type DeviceOption = DeviceKind | DeviceEntry;

/** A device with what is special about it. */
export interface DeviceEntry {
  readonly use: DeviceKind;
  /** Which one, from 0. Default: all that there are, each with a budget of its own. */
  readonly index?: number;
  /** Sessions at one time, of all processes together, 1 to 64. Default: the decoder's `sessionsMax`. */
  readonly sessionsMax?: number;
  /** What a stand-in is and does wrong; of `use: standin` alone. */
  readonly standin?: Partial<NativeStandin>;
}

/** An entry with its defaults. */
export interface ParsedDevice {
  readonly kind: DeviceKind;
  readonly index: number | undefined;
  readonly sessionsMax: number;
  readonly standin: NativeStandin | undefined;
}

/** Kinds in the order of preference: the stand-in is never there unasked. */
export const kindsDefault: readonly DeviceKind[] = ["cuda", "qsv", "videotoolbox", "vaapi"];

const kinds: readonly DeviceKind[] = [...kindsDefault, "standin"];
const wrongs = ["", "green", "colour", "swapped"] as const;
/** Far beyond any: a card per slot of a machine. */
const indexMax = 31;

/** Checks and fills in. `InvalidArgument` names the field that is wrong. */
export function parseDevices(value: unknown, sessionsMax: number): readonly ParsedDevice[] {
  const given = value ?? kindsDefault;
  if (!Array.isArray(given) || given.length === 0) throw wrong("devices", "must be a list of one or more");
  return given.map((one: unknown, i) => parseDevice(one, `devices[${i}]`, sessionsMax));
}

function parseDevice(value: unknown, place: string, sessionsMax: number): ParsedDevice {
  const entry = typeof value === "string" ? { use: value } : value;
  if (!isMapping(entry)) throw wrong(place, "must be a kind of device or a mapping with use");
  refuseStrangers(entry, place, ["use", "index", "sessionsMax", "standin"]);
  const kind = kinds.find((one) => one === entry["use"]);
  if (kind === undefined) throw wrong(`${place}.use`, `must be one of ${kinds.join(", ")}`);
  if (kind !== "standin" && entry["standin"] !== undefined)
    throw wrong(`${place}.standin`, "belongs to use: standin alone");
  const isAll = entry["index"] === undefined && kind !== "standin";
  return {
    kind,
    index: isAll ? undefined : within(place, () => whole(entry, "index", 0, 0, indexMax)),
    sessionsMax: within(place, () => whole(entry, "sessionsMax", sessionsMax, 1, sessionsMaxMax)),
    standin: kind === "standin" ? parseStandin(entry["standin"], `${place}.standin`) : undefined,
  };
}

function parseStandin(value: unknown, place: string): NativeStandin {
  const given = value ?? {};
  if (!isMapping(given)) throw wrong(place, "must be a mapping");
  const texts = ["model", "driver", "missing"];
  const counts = ["driverSessionsMax", "errorAt", "lostAt", "wrongAt", "latencyUs"];
  refuseStrangers(given, place, ["capabilities", "wrong", ...texts, ...counts]);
  const count = (field: string, fallback: number) =>
    within(place, () => whole(given, field, fallback, -1, 2 ** 31 - 1));
  const text = (field: string, fallback: string) => {
    const found = given[field] ?? fallback;
    if (typeof found !== "string") throw wrong(`${place}.${field}`, "must be a text");
    return found;
  };
  const fault = wrongs.find((one) => one === (given["wrong"] ?? ""));
  if (fault === undefined) throw wrong(`${place}.wrong`, "must be green, colour or swapped");
  return {
    model: text("model", "Stand-in"),
    driver: text("driver", "libavcodec"),
    missing: text("missing", ""),
    capabilities: parseCapabilities(given["capabilities"], `${place}.capabilities`),
    driverSessionsMax: count("driverSessionsMax", 0),
    errorAt: count("errorAt", -1),
    lostAt: count("lostAt", -1),
    wrong: fault,
    wrongAt: count("wrongAt", 0),
    latencyUs: count("latencyUs", 0),
  };
}

function parseCapabilities(value: unknown, place: string): readonly Capability[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw wrong(place, "must be a list");
  return value.map((row: unknown, i) => {
    const at = `${place}[${i}]`;
    if (!isMapping(row) || typeof row["codec"] !== "string") throw wrong(at, "must be a mapping with codec");
    const { codec, profile = "" } = row;
    if (typeof profile !== "string") throw wrong(`${at}.profile`, "must be a text");
    const count = (field: string, fallback: number) =>
      within(at, () => whole(row, field, fallback, 0, 2 ** 31 - 1));
    return {
      codec,
      profile,
      depth: count("depth", 8),
      chroma: count("chroma", 420),
      widthMin: count("widthMin", 0),
      heightMin: count("heightMin", 0),
      widthMax: count("widthMax", 0),
      heightMax: count("heightMax", 0),
      macroblocksMax: count("macroblocksMax", 0),
    };
  });
}

function refuseStrangers(given: Mapping, place: string, known: readonly string[]): void {
  const stranger = Object.keys(given).find((key) => !known.includes(key));
  if (stranger !== undefined)
    throw wrong(`${place}.${stranger}`, `is not an option; there are ${known.join(", ")}`);
}

/** Puts the place before the field that a check names. */
function within<T>(place: string, check: () => T): T {
  try {
    return check();
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message.replace(/\.$/, "") : String(thrown);
    const [field = "", ...rest] = message.split(" ");
    throw wrong(`${place}.${field}`, rest.join(" "));
  }
}
