import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A device that was lost a moment ago. */
export interface Outage {
  readonly device: string;
  /** One sentence for people: what was seen. */
  readonly why: string;
  /** When, in ms since the Unix epoch by `nowMs`. */
  readonly atMs: number;
}

/** What outages are kept with. */
export interface DeviceOutagesOptions {
  /** The same for all processes that share the devices. Made where it is not there. */
  readonly folder: string;
  /** Time of day, ms since the Unix epoch: what all processes of a machine agree on. */
  readonly nowMs: () => number;
}

/**
 * For so long nobody tries a lost device: a driver that resets takes seconds, and each try may hang until it is given up. As long as a
 * retry that has failed five times waits (timing.md, Failure policy).
 */
export const outageMs = 30_000;

const textMax = 512;

/**
 * Devices that were lost, as all processes on the machine know them: who finds out says so, and the others take the next decoder
 * at once instead of waiting for a timeout each. Where the folder cannot be written to, each finds out for itself.
 */
export class DeviceOutages {
  readonly #options: DeviceOutagesOptions;
  readonly #own = new Map<string, Outage>();

  constructor(options: DeviceOutagesOptions) {
    this.#options = options;
  }

  /** The device was lost. */
  report(device: string, why: string): void {
    const outage: Outage = { device, why: why.slice(0, textMax), atMs: this.#options.nowMs() };
    this.#own.set(device, outage);
    const path = this.#pathOf(device);
    const draft = `${path}.${process.pid}`;
    try {
      mkdirSync(this.#options.folder, { recursive: true, mode: 0o700 });
      writeFileSync(draft, JSON.stringify(outage), { mode: 0o600 });
      renameSync(draft, path);
    } catch {
      // This process knows it all the same.
    }
  }

  /** The outage that goes on; undefined where the device may be tried. */
  current(device: string): Outage | undefined {
    const found = this.#read(device) ?? this.#own.get(device);
    if (found === undefined) return undefined;
    const ageMs = this.#options.nowMs() - found.atMs;
    // What lies in the future was written before the time of day was set back.
    return ageMs >= 0 && ageMs < outageMs ? found : undefined;
  }

  #pathOf(device: string): string {
    return join(this.#options.folder, `${encodeURIComponent(device)}.lost`);
  }

  #read(device: string): Outage | undefined {
    try {
      const value: unknown = JSON.parse(readFileSync(this.#pathOf(device), "utf8").slice(0, 4 * textMax));
      const { why, atMs } = (value ?? {}) as Partial<Record<string, unknown>>;
      if (typeof why !== "string" || typeof atMs !== "number") return undefined;
      return { device, why: why.slice(0, textMax), atMs };
    } catch {
      return undefined;
    }
  }
}
