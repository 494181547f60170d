import { PlayoutError } from "@retrovue/core";

/** `bicubic` (b = 0, c = 1/2) or `lanczos` (three lobes, sharper, a third more work). */
export type ScalingFilter = "bicubic" | "lanczos";

/** What the configuration may say under `conformer.options`. */
export interface LibavConformerOptions {
  /** Default `bicubic`. */
  readonly filter: ScalingFilter;
  /** Threads per channel that convert pictures, 1 to 16. Default 1: a picture takes few milliseconds. */
  readonly threads: number;
}

/** What holds where the configuration says nothing. */
export const defaultOptions: LibavConformerOptions = Object.freeze({ filter: "bicubic", threads: 1 });

const threadsMax = 16;

const wrong = (what: string): PlayoutError => new PlayoutError("InvalidConfig", `conform-libav: ${what}.`);

/** Checks the options; `InvalidConfig` names the field. */
export function parseOptions(value: unknown): LibavConformerOptions {
  if (value === undefined || value === null) return defaultOptions;
  if (typeof value !== "object") throw wrong("options must be a mapping");
  const {
    filter = defaultOptions.filter,
    threads = defaultOptions.threads,
    ...rest
  } = value as Partial<Record<string, unknown>>;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw wrong(`there is no option "${unknown}"`);
  if (filter !== "bicubic" && filter !== "lanczos") throw wrong('filter must be "bicubic" or "lanczos"');
  if (typeof threads !== "number" || !Number.isInteger(threads) || threads < 1 || threads > threadsMax) {
    throw wrong(`threads must be a whole number from 1 to ${threadsMax}`);
  }
  return { filter, threads };
}
