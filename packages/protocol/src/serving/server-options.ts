import { PlayoutError } from "@retrovue/core";

/** What the configuration may say of a control server. */
export interface ServerOptions {
  /** Where to listen; an empty list where nothing is said. */
  readonly listen: readonly string[];
  /** Permissions of Unix sockets. Default 0660. */
  readonly unixMode: number;
  /** Connections of one listener at one time, 1 to 65 536. Default 256. */
  readonly connectionsMax: number;
  /** How often a silent connection is asked whether it lives, in ms, 1 000 to 3 600 000. Default 30 000. */
  readonly keepaliveMs: number;
}

const known = ["listen", "unixMode", "connectionsMax", "keepaliveMs"];

/** At most as many listeners as anybody could mean. */
const listenersMax = 16;

/** Checks and fills in. `InvalidArgument` names the field that is wrong. */
export function parseServerOptions(value: unknown): ServerOptions {
  const given = value ?? {};
  if (!isMapping(given)) throw wrong("options", "must be a mapping");
  const stranger = Object.keys(given).find((key) => !known.includes(key));
  if (stranger !== undefined) throw wrong(stranger, `is not an option; there are ${known.join(", ")}`);
  return {
    listen: addresses(given["listen"]),
    unixMode: mode(given["unixMode"]),
    connectionsMax: whole(given, "connectionsMax", 256, 1, 65_536),
    keepaliveMs: whole(given, "keepaliveMs", 30_000, 1_000, 3_600_000),
  };
}

function addresses(value: unknown): readonly string[] {
  if (value === undefined) return [];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const isList = list.length <= listenersMax && list.every((one) => typeof one === "string" && one !== "");
  if (!isList) throw wrong("listen", `must be an address, or a list of up to ${listenersMax}`);
  return list as readonly string[];
}

/** As `"0660"`: a number of YAML would be read as decimal or octal, depending on its version. */
function mode(value: unknown): number {
  if (value === undefined) return 0o660;
  if (typeof value === "string" && /^0?[0-7]{3}$/.test(value)) return Number.parseInt(value, 8);
  throw wrong("unixMode", 'must be permissions in quotes, as "0660"');
}

function whole(
  given: Readonly<Record<string, unknown>>,
  field: string,
  otherwise: number,
  min: number,
  max: number,
): number {
  const value = given[field];
  if (value === undefined) return otherwise;
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
  throw wrong(field, `must be a whole number from ${min} to ${max}`);
}

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const wrong = (field: string, what: string): PlayoutError =>
  new PlayoutError("InvalidArgument", `${field} ${what}.`, { details: { field } });
