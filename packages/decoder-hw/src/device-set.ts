import { orAbort, PlayoutError } from "@retrovue/core";
import type { ParsedDevice } from "./device-options.js";
import type { HardwareModule, NativeDevice } from "./native.js";

/** A configured device: open, or why not. */
export interface DeviceState {
  /** "cuda:0"; "cuda" where nobody knows how many there are. */
  readonly name: string;
  readonly sessionsMax: number;
  readonly device: NativeDevice | undefined;
  /** One sentence; undefined where it is open. */
  readonly problem: string | undefined;
}

/** One entry of the configuration, and what came of it. */
interface Slot {
  readonly entry: ParsedDevice;
  opening: Promise<readonly DeviceState[]> | undefined;
}

/**
 * The configured devices of one decoder. They are opened when first asked for, which may take seconds, once for all who ask; what
 * could not be opened or was lost is tried again when next asked for.
 */
export class DeviceSet {
  readonly #native: HardwareModule;
  readonly #slots: readonly Slot[];
  #isClosed = false;

  constructor(native: HardwareModule, entries: readonly ParsedDevice[]) {
    this.#native = native;
    this.#slots = entries.map((entry) => ({ entry, opening: undefined }));
  }

  /** All of them, in the order of the configuration. Rejects with the signal's reason and with `Closed` alone. */
  async states(signal: AbortSignal): Promise<readonly DeviceState[]> {
    if (this.#isClosed) throw new PlayoutError("Closed", "The decoder's devices are closed.");
    return (await orAbort(Promise.all(this.#slots.map((slot) => this.#statesOf(slot))), signal)).flat();
  }

  /** A device has failed: it is opened anew when next asked for. Sessions that it still has keep what they have. */
  lose(name: string): void {
    for (const slot of this.#slots) {
      const { opening } = slot;
      void opening?.then((states) => {
        // It may have been opened anew meanwhile.
        if (slot.opening === opening && states.some((state) => state.name === name)) slot.opening = undefined;
      });
    }
  }

  /** Waits for what is being opened, and lets go of all. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#slots.map(({ opening }) => opening));
    for (const slot of this.#slots) slot.opening = undefined;
  }

  async #statesOf(slot: Slot): Promise<readonly DeviceState[]> {
    slot.opening ??= this.#open(slot.entry);
    const { opening } = slot;
    const states = await opening;
    // The next who asks finds out whether it is there by then.
    if (slot.opening === opening && states.some(({ device }) => device === undefined))
      slot.opening = undefined;
    return states;
  }

  /** Never rejects. */
  async #open(entry: ParsedDevice): Promise<readonly DeviceState[]> {
    const { kind, index, sessionsMax } = entry;
    try {
      const indices =
        index === undefined
          ? Array.from({ length: await this.#native.countDevices(kind) }, (_, i) => i)
          : [index];
      return await Promise.all(indices.map((one) => this.#openOne(entry, one)));
    } catch (thrown) {
      return [{ name: kind, sessionsMax, device: undefined, problem: problemOf(thrown) }];
    }
  }

  async #openOne({ kind, sessionsMax, standin }: ParsedDevice, index: number): Promise<DeviceState> {
    try {
      const device = await this.#native.openDevice({ kind, index, ...(standin && { standin }) });
      return { name: device.name, sessionsMax, device, problem: undefined };
    } catch (thrown) {
      return { name: `${kind}:${index}`, sessionsMax, device: undefined, problem: problemOf(thrown) };
    }
  }
}

const problemOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
