import { createRequire } from "node:module";
import { PlayoutError } from "@retrovue/core";
import type { NativeModule, NativePicture, StreamNeeds } from "@retrovue/decoder-libav/shell";

/** How a device is spoken to. `standin` is one made of software, for machines that have none. */
export type DeviceKind = "cuda" | "qsv" | "videotoolbox" | "vaapi" | "standin";

/** One row of what a device decodes, as its driver says. */
export interface Capability {
  /** libav's name. */
  readonly codec: string;
  /** libav's name; empty: each profile of that depth and chroma. */
  readonly profile: string;
  /** Bits of a sample. */
  readonly depth: number;
  /** 400, 420, 422 or 444. */
  readonly chroma: number;
  readonly widthMin: number;
  readonly heightMin: number;
  /** 0 where the driver does not say. */
  readonly widthMax: number;
  readonly heightMax: number;
  /** Blocks of 16×16 in a picture at most; 0 for no bound but its sides. */
  readonly macroblocksMax: number;
}

/** An open device. It is closed when nothing refers to its handle, sessions included. */
export interface NativeDevice {
  /** "cuda:0". */
  readonly name: string;
  readonly kind: DeviceKind;
  /** The card's own name; empty where the driver tells none. */
  readonly model: string;
  /** The driver with its version. */
  readonly driver: string;
  readonly capabilities: readonly Capability[];
  /** For `NativeOptions.device`. */
  readonly handle: unknown;
}

/** What a stand-in is and does wrong: see libav-kit's standin_device.h. Pictures are counted from 0 in each session; -1: never. */
export interface NativeStandin {
  readonly model: string;
  readonly driver: string;
  /** Empty: the usual codecs of 4:2:0. */
  readonly capabilities: readonly Capability[];
  /** Sessions that its driver gives; 0: any number. */
  readonly driverSessionsMax: number;
  /** Why it cannot be opened; empty: it can. */
  readonly missing: string;
  readonly errorAt: number;
  readonly lostAt: number;
  readonly wrong: "" | "green" | "colour" | "swapped";
  readonly wrongAt: number;
  readonly latencyUs: number;
}

/** What is to be opened. */
export interface DeviceSpec {
  readonly kind: DeviceKind;
  readonly index: number;
  /** Of a stand-in alone. */
  readonly standin?: NativeStandin;
}

/** How two pictures differ; in dB against the full range of the samples, infinite where they do not. */
export interface NativeComparison {
  readonly exact: boolean;
  readonly psnrDb: number;
  readonly firstPlaneDb: number;
  readonly secondPlaneDb: number;
  readonly thirdPlaneDb: number;
}

/** The addon's exports. Its errors have a `code` of ours. */
export interface HardwareModule extends NativeModule {
  /** How many devices of a kind there are to be tried, one or more. `DeviceUnavailable` says why there is none. */
  countDevices(kind: DeviceKind): Promise<number>;
  /** May take seconds. `DeviceUnavailable` says what is missing. */
  openDevice(spec: DeviceSpec): Promise<NativeDevice>;
  /** Why the device does not decode such a stream, in words that follow its name; undefined where it does. */
  refusal(handle: unknown, needs: StreamNeeds): string | undefined;
  /** Compares two pictures of this addon's sessions off this thread; they may be released meanwhile. `InvalidArgument` where they are not alike. */
  comparePictures(first: NativePicture, second: NativePicture): Promise<NativeComparison>;
  /** Locks a file for this very opening of it; false where another opening has it. */
  lockFile(fd: number): boolean;
  isFileLocked(fd: number): boolean;
}

let loaded: HardwareModule | undefined;

/** Loads the addon, once. `PluginNotFound` where it was not built for this system. */
export function loadNative(): HardwareModule {
  if (loaded !== undefined) return loaded;
  try {
    // Beside `src` when run from source and beside `dist` when built.
    loaded = createRequire(import.meta.url)("../build/Release/decoder_hw.node") as HardwareModule;
    return loaded;
  } catch (cause) {
    throw new PlayoutError("PluginNotFound", "The native part of @retrovue/decoder-hw cannot be loaded.", {
      remedy: "Build it (npm run setup) and see that FFmpeg's libraries are installed.",
      cause,
    });
  }
}
