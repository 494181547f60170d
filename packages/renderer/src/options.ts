import { PlayoutError } from "@retrovue/core";

/** What the configuration may say under `renderer.options`. */
export interface LibavRendererOptions {
  /** Threads of each picture encoder, 1 to 16, by slices. Default 0: by the picture's size and the preset. */
  readonly threads: number;
  /**
   * How long before a tick's time its bytes leave, 0 to 500 milliseconds. Default 0: at its time. More lets viewers see it
   * earlier, by as much; it must stay below the channel's minimum lead, or stand-ins leave late.
   */
  readonly leadMs: number;
  /**
   * Ticks whose bytes are ready leave together with one that is due, up to so many milliseconds before their own time to leave, 0 to
   * 500. Default 0: each at its own time. 50 makes pairs at 25 and 30 fps, for which everything from here to a viewer wakes half as often.
   */
  readonly burstMs: number;
}

/** What holds where the configuration says nothing. */
export const defaultOptions: LibavRendererOptions = Object.freeze({ threads: 0, leadMs: 0, burstMs: 0 });

const threadsMax = 16;
/** timing.md: never more than 500 ms ahead of house time. */
const leadMsMax = 500;
/** As much as is ever ready. */
const burstMsMax = 500;

const wrong = (what: string): PlayoutError => new PlayoutError("InvalidConfig", `renderer: ${what}.`);

/** Checks the options; `InvalidConfig` names the field. */
export function parseOptions(value: unknown): LibavRendererOptions {
  if (value === undefined || value === null) return defaultOptions;
  if (typeof value !== "object") throw wrong("options must be a mapping");
  const { threads, leadMs, burstMs, ...rest } = { ...defaultOptions, ...value } as Partial<
    Record<string, unknown>
  >;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw wrong(`there is no option "${unknown}"`);
  return {
    threads: whole("threads", threads, threadsMax),
    leadMs: whole("leadMs", leadMs, leadMsMax),
    burstMs: whole("burstMs", burstMs, burstMsMax),
  };
}

function whole(name: string, value: unknown, max: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw wrong(`${name} must be a whole number from 0 to ${max}`);
}
