import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import {
  type LibavDecoderOptions,
  type ParsedOptions as LibavOptions,
  parseOptions as parseLibavOptions,
} from "@retrovue/decoder-libav";
import { isMapping, whole, wrong } from "@retrovue/decoder-libav/shell";
import { type DeviceOption, type ParsedDevice, parseDevices } from "./device-options.js";
import { comparedDefault } from "./trust/first-frames.js";
import { sessionsMaxMax } from "./trust/session-budget.js";

/** What the configuration may say of this decoder. Options of `LibavDecoderOptions` go for what it does in software. */
export interface HardwareDecoderOptions extends LibavDecoderOptions {
  /** Devices in the order in which they are tried. Default: `[cuda, qsv, videotoolbox, vaapi]`, as far as they are there. */
  readonly devices?: readonly DeviceOption[];
  /** Sessions on one device at one time, of all processes of the machine together, 1 to 64. Default 8. */
  readonly sessionsMax?: number;
  /** Pictures at the start of each asset that are compared with software before they are given out, 0 to 250. Default 12. */
  readonly comparedPictures?: number;
  /**
   * Where sessions are counted and what devices were caught at is kept: the same for all engines that share the devices.
   * Default: what the engine gives plugins; where it gives nothing, `retrovue-hw-` and the user's number in the folder for temporary
   * files.
   */
  readonly folder?: string;
}

/** The options with their defaults. */
export interface ParsedOptions {
  readonly devices: readonly ParsedDevice[];
  readonly comparedPictures: number;
  readonly folder: string | undefined;
  /** For what is done in software beside the device, and for the session. */
  readonly libav: LibavOptions;
}

const ours = ["devices", "sessionsMax", "comparedPictures", "folder"];
const libavs = ["threads", "picturesAhead", "soundAheadMs", "ioTimeoutMs", "breadcrumbs"];

/** Checks and fills in. `InvalidArgument` names the field that is wrong. */
export function parseOptions(value: unknown): ParsedOptions {
  const given = value ?? {};
  if (!isMapping(given)) throw wrong("options", "must be a mapping");
  const known = [...ours, ...libavs];
  const stranger = Object.keys(given).find((key) => !known.includes(key));
  if (stranger !== undefined) throw wrong(stranger, `is not an option; there are ${known.join(", ")}`);
  const forLibav = Object.fromEntries(Object.entries(given).filter(([key]) => libavs.includes(key)));
  return {
    devices: parseDevices(given["devices"], whole(given, "sessionsMax", 8, 1, sessionsMaxMax)),
    comparedPictures: whole(given, "comparedPictures", comparedDefault, 0, 250),
    folder: folderOf(given["folder"]),
    libav: parseLibavOptions(forLibav),
  };
}

/** Where things are kept if nobody says. The number asks no list of users, where a container's user need not stand. */
export const folderForUser = (): string =>
  join(tmpdir(), `retrovue-hw-${process.getuid?.() ?? userInfo().username}`);

function folderOf(value: unknown): string | undefined {
  if (value === undefined || (typeof value === "string" && value !== "")) return value;
  throw wrong("folder", "must be a path");
}
