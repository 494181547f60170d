import { createRequire } from "node:module";
import { type ClockMapping, type ErrorCode, errorCodes, PlayoutError } from "@retrovue/core";
import type { EncodeSpec } from "./encode-spec.js";

/** Places of the table that `counters` fills. Classes of encode latency follow `latencyNsSum`. */
export const counterAt = Object.freeze({
  encoded: 0,
  missed: 1,
  late: 2,
  torn: 3,
  bytes: 4,
  dropped: 5,
  opens: 6,
  frameGapNs: 7,
  realtime: 8,
  overflows: 9,
  latencyNsSum: 10,
  latency: 11,
});

/** Numbers of a portion in the table that `fetch` fills: offset, bytes, random access (1 or 0), tick. */
export const portionNumbers = 4;

/** What `wanted` answers where the tick on air is wanted, whichever it is; and where none is. */
export const wantedOnAir = -1;
export const wantedNone = -2;

/** A channel's encoder, muxer and pacer on threads of their own, running from when it is made. */
export interface NativeLine {
  /** Takes a newer mapping of the clock. */
  follow(mapping: ClockMapping): void;
  /** Copies what has left, whole packets, and fills the table; answers how many portions. */
  fetch(into: Uint8Array, table: Float64Array): number;
  /** From now on everything goes into this descriptor, as records of core's renderer port; nothing is left to fetch. */
  pipeTo(descriptor: number): void;
  counters(table: Float64Array): void;
  /** What it ended by; undefined while it works. */
  failure(): Error | undefined;
  // Only where ticks are lent by JavaScript:
  wanted(): number;
  /** True while what was lent last is in use. */
  isLent(): boolean;
  /** Lends the tick that is wanted; ignored where another one is by now. False where planes or sound are smaller than the format says. */
  lend(
    tick: number,
    planes: readonly Uint8Array[],
    strides: readonly number[],
    channels: readonly Float32Array[],
    sampleStart: number,
    samples: number,
    soundIntact: boolean,
  ): boolean;
  /** The tick `wanted` is held no more; `oldest` is. */
  overrun(wanted: number, oldest: number): void;
  opened(): void;
  incompatible(): void;
  /** Ends all threads; takes as long as the picture under way. Idempotent. */
  close(): void;
}

/** What the addon exports. */
export interface NativeRenderer {
  readonly Line: new (
    spec: EncodeSpec,
    leadNs: number,
    mapping: ClockMapping,
    controlPath: string | undefined,
    onNews: () => void,
    /** What has its time to leave so soon after something that is due leaves with it. Default: 0. */
    burstNs?: number,
  ) => NativeLine;
  still(
    planes: readonly Uint8Array[],
    strides: readonly number[],
    width: number,
    height: number,
    pixelFormat: string,
    sarNum: number,
    sarDen: number,
    matrix: number,
    range: number,
    widthMax: number,
  ): Promise<Uint8Array>;
}

const addonPath = "../build/Release/renderer.node";

/** Loads the addon; Node keeps one per process and hands out the same again. */
export function loadNative(): NativeRenderer {
  try {
    return createRequire(import.meta.url)(addonPath) as NativeRenderer;
  } catch (error) {
    throw new PlayoutError("PluginNotFound", "The native part of the renderer cannot be loaded.", {
      cause: error,
      remedy: "Build it (pnpm setup), and see that libavcodec is installed.",
    });
  }
}

/** The native side's error with the engine's code, made here so that the stack is the caller's. */
export function fromNative(thrown: unknown): PlayoutError {
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
  if (thrown instanceof Error && typeof code === "string" && Object.hasOwn(errorCodes, code)) {
    return new PlayoutError(code as ErrorCode, thrown.message, { cause: thrown });
  }
  return PlayoutError.from(thrown);
}
