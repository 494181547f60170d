import { isMapping, whole, wrong } from "./option-fields.js";

/** What the configuration may say of this decoder. */
export interface LibavDecoderOptions {
  /**
   * Threads of a picture codec, by libav's name (`h264`, `hevc`, `mpeg2video`), 1 to 16 or "auto"; or one value for
   * all. Auto is one thread while that keeps up, for frame threads cost 12 to 25 % more CPU a frame, and more from the next
   * seek or opening on where it did not. Default "auto".
   */
  readonly threads?: ThreadCount | Readonly<Record<string, ThreadCount>>;
  /** Pictures decoded ahead of the next one, 1 to 32. Default 4: decoded three at a time. */
  readonly picturesAhead?: number;
  /** Sound decoded ahead, in ms, 100 to 10 000. Default 1 000. */
  readonly soundAheadMs?: number;
  /** How long one access to the file may take, in ms, 100 to 600 000. Default 10 000. */
  readonly ioTimeoutMs?: number;
  /** A file in which each thread notes what it is at, for whoever looks after a crash. Default: none. */
  readonly breadcrumbs?: string;
}

/** Threads of one codec. */
export type ThreadCount = number | "auto";

/** The options with their defaults; threads by codec, 0 for "auto". */
export interface ParsedOptions {
  readonly threads: Readonly<Record<string, number>>;
  readonly picturesAhead: number;
  readonly soundAheadMs: number;
  readonly ioTimeoutMs: number;
  readonly breadcrumbs: string | undefined;
}

const known = ["threads", "picturesAhead", "soundAheadMs", "ioTimeoutMs", "breadcrumbs"];

/** Checks and fills in. `InvalidArgument` names the field that is wrong. */
export function parseOptions(value: unknown): ParsedOptions {
  const given = value ?? {};
  if (!isMapping(given)) throw wrong("options", "must be a mapping");
  const stranger = Object.keys(given).find((key) => !known.includes(key));
  if (stranger !== undefined) throw wrong(stranger, `is not an option; there are ${known.join(", ")}`);
  return {
    threads: threadsOf(given["threads"]),
    picturesAhead: whole(given, "picturesAhead", 4, 1, 32),
    soundAheadMs: whole(given, "soundAheadMs", 1_000, 100, 10_000),
    ioTimeoutMs: whole(given, "ioTimeoutMs", 10_000, 100, 600_000),
    breadcrumbs: textOf(given["breadcrumbs"]),
  };
}

function threadsOf(value: unknown): Record<string, number> {
  if (value === undefined) return {};
  if (!isMapping(value)) return { default: threadCount("threads", value) };
  return Object.fromEntries(
    Object.entries(value).map(([codec, count]) => [codec, threadCount(`threads.${codec}`, count)]),
  );
}

function threadCount(field: string, value: unknown): number {
  if (value === "auto") return 0;
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 16) return value;
  throw wrong(field, 'must be "auto" or a whole number from 1 to 16');
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || (typeof value === "string" && value !== "")) return value;
  throw wrong("breadcrumbs", "must be a path");
}
