import { PlayoutError } from "../../errors/playout-error.js";
import {
  type FieldOrder,
  type PixelFormat,
  pixelFormats,
  type Rotation,
} from "../../media/picture-format.js";
import { parseRational } from "../../time/rational.js";
import { type MediaTime, mediaTime } from "../../time/units.js";
import { type PatternAsset, type PatternOptions, patternAsset } from "./pattern-asset.js";
import type { TimestampRounding } from "./picture-times.js";

/** What every pattern's URI begins with. */
export const patternScheme = "test://pattern";

const keys = new Set([
  "id",
  "duration",
  "rate",
  "vfr",
  "timestamps",
  "size",
  "format",
  "sar",
  "fields",
  "rotation",
  "mark",
  "pictures",
  "sound",
  "soundMark",
  "soundDuration",
]);

/**
 * Reads a pattern from its URI.
 *
 *     test://pattern?id=7&duration=10s&rate=24000/1001&size=640x360&sound=48000x2
 *
 * | key | value | default |
 * |---|---|---|
 * | `id` | 1 to 255, in every mark | 1 |
 * | `duration` | `10s`, `1500ms`, `20ns` or `endless` | 10s |
 * | `rate` | pictures per second, `25` or `30000/1001` | 25 |
 * | `vfr` | how long each picture is shown, over and over: `33ms,50ms,17ms` | constant rate |
 * | `timestamps` | `exact`, `90k` or `ms` | exact |
 * | `size` | `640x360` | what the channel wants |
 * | `format` | a pixel format | yuv420p |
 * | `sar` | sample aspect ratio | 1 |
 * | `fields` | `top-first` or `bottom-first` | progressive |
 * | `rotation` | 0, 90, 180, 270 | 0 |
 * | `mark` | `blocks` or `compact` | by size |
 * | `pictures` | `none` for sound only | |
 * | `sound` | sample rate × channels, or `none` | 48000x2 |
 * | `soundMark` | `exact` or `noise` | exact |
 * | `soundDuration` | where it differs from `duration` | |
 *
 * `InvalidArgument` for an unknown key or a value out of range, `UnsupportedMedia` for another URI.
 */
export function parsePatternUri(uri: string): PatternAsset {
  const match = /^test:\/\/pattern(?:\?([^#]*))?(?:#.*)?$/.exec(uri);
  if (match === null) {
    throw new PlayoutError("UnsupportedMedia", `${uri} is not a test pattern; write ${patternScheme}?…`);
  }
  const query = new Map(new URLSearchParams(match[1] ?? ""));
  for (const key of query.keys()) {
    if (!keys.has(key)) throw refused(key, "is not known");
  }
  const duration = optional(query, "duration", parseDuration);
  return patternAsset({
    uri,
    ...optional(query, "id", (text) => ({ id: Number(text) })),
    ...(duration && { duration: duration.value }),
    pictures: picturesOf(query),
    sound: soundOf(query),
  });
}

function picturesOf(query: ReadonlyMap<string, string>): NonNullable<PatternOptions["pictures"]> {
  if (query.get("pictures") === "none") return false;
  return {
    ...optional(query, "rate", (text) => ({ rate: parseRational(text) })),
    ...optional(query, "vfr", (text) => ({ durations: text.split(",").map(finite) })),
    ...optional(query, "timestamps", (text) => ({
      timestamps: oneOf<TimestampRounding>("timestamps", text, ["exact", "90k", "ms"]),
    })),
    ...optional(query, "size", (text) => {
      const [width, height] = pair("size", text);
      return { width, height };
    }),
    ...optional(query, "format", (text) => ({
      pixelFormat: oneOf<PixelFormat>("format", text, pixelFormats),
    })),
    ...optional(query, "sar", (text) => ({ sampleAspect: parseRational(text.replace(":", "/")) })),
    ...optional(query, "fields", (text) => ({
      fieldOrder: oneOf<FieldOrder>("fields", text, ["progressive", "top-first", "bottom-first"]),
    })),
    ...optional(query, "rotation", (text) => ({
      rotation: Number(oneOf("rotation", text, ["0", "90", "180", "270"])) as Rotation,
    })),
    ...optional(query, "mark", (text) => ({ mark: oneOf("mark", text, ["blocks", "compact"] as const) })),
  };
}

function soundOf(query: ReadonlyMap<string, string>): NonNullable<PatternOptions["sound"]> {
  if (query.get("sound") === "none") return false;
  const duration = optional(query, "soundDuration", parseDuration);
  return {
    ...optional(query, "sound", (text) => {
      const [sampleRate, channels] = pair("sound", text);
      return { sampleRate, channels };
    }),
    ...optional(query, "soundMark", (text) => ({
      mark: oneOf("soundMark", text, ["exact", "noise"] as const),
    })),
    ...(duration && { duration: duration.value }),
  };
}

function optional<T>(
  query: ReadonlyMap<string, string>,
  key: string,
  read: (text: string) => T,
): T | undefined {
  const text = query.get(key);
  return text === undefined ? undefined : read(text);
}

const nsPerUnit: Readonly<Record<string, bigint>> = { ns: 1n, ms: 1_000_000n, s: 1_000_000_000n };

function parseDuration(text: string): { readonly value: MediaTime | typeof Number.POSITIVE_INFINITY } {
  return { value: text === "endless" ? Number.POSITIVE_INFINITY : finite(text) };
}

function finite(text: string): MediaTime {
  const match = /^(\d{1,15})(ns|ms|s)$/.exec(text);
  const unit = nsPerUnit[match?.[2] ?? ""];
  if (unit === undefined) throw refused(text, "is not a length; write 10s, 1500ms or 20ns");
  return mediaTime(BigInt(match?.[1] ?? 0) * unit);
}

function pair(key: string, text: string): [number, number] {
  const match = /^(\d{1,6})x(\d{1,6})$/.exec(text);
  if (match === null) throw refused(key, `"${text}" is not of the form 640x360`);
  return [Number(match[1]), Number(match[2])];
}

function oneOf<T extends string>(key: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((word) => word === text);
  if (found === undefined) throw refused(key, `"${text}" is none of ${allowed.join(", ")}`);
  return found;
}

const refused = (key: string, why: string): PlayoutError =>
  new PlayoutError("InvalidArgument", `Test pattern: ${key} ${why}.`);
