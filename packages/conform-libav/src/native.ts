import { createRequire } from "node:module";
import { type ErrorCode, errorCodes, PlayoutError } from "@retrovue/core";

/** A channel's picture worker, in native code. */
export interface NativeConformer {
  /** Takes a recipe (see recipe.ts) and names it. */
  add(recipe: Float64Array): number;
  /** Frees a recipe once its last picture is done. */
  forget(recipe: number): void;
  /** Queues a picture; both pictures' memory is pinned until the promise settles. `job` names it for `cancel`. */
  picture(
    recipe: number,
    job: number,
    planes: readonly Uint8Array[],
    strides: readonly number[],
    intoPlanes: readonly Uint8Array[],
    intoStrides: readonly number[],
    alpha: number,
    field: number,
    timeNs: number,
    inPlace: boolean,
  ): Promise<void>;
  /** Stops a picture if it is not done, and forgets its name: to be called for each, done or not. */
  cancel(job: number): void;
  /** Stops all; pictures that are not done reject. Idempotent. */
  close(): void;
}

/** One running sound, in native code. All calls are synchronous. */
export interface NativeSound {
  /** The rate and the number of channels may differ from one block to the next. */
  push(channels: readonly Float32Array[], samples: number, sampleRate: number): void;
  end(): void;
  available(): number;
  debt(samples: number): number;
  pull(
    into: readonly Float32Array[],
    offset: number,
    samples: number,
    gainDb: number,
    rampFrom: number,
    rampTo: number,
  ): void;
  close(): void;
}

/** What the addon exports. */
export interface NativeConform {
  readonly Conformer: new (threads: number) => NativeConformer;
  readonly Sound: new (
    sourceRate: number,
    sourceChannels: number,
    layout: string,
    houseRate: number,
    houseChannels: number,
  ) => NativeSound;
  /** How many numbers a recipe has. */
  readonly recipeNumbers: number;
}

const addonPath = "../build/Release/conform_libav.node";

/** Loads the addon; Node keeps one per process and hands out the same again. */
export function loadNative(): NativeConform {
  try {
    return createRequire(import.meta.url)(addonPath) as NativeConform;
  } catch (error) {
    throw new PlayoutError("PluginNotFound", "The native part of conform-libav cannot be loaded.", {
      cause: error,
      remedy: "Build it (pnpm setup), and see that libzimg and libswresample are installed.",
    });
  }
}

/** The native side's error with the engine's code, thrown from here so that the stack is the caller's. */
export function fromNative(thrown: unknown): PlayoutError {
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
  if (thrown instanceof Error && typeof code === "string" && Object.hasOwn(errorCodes, code)) {
    return new PlayoutError(code as ErrorCode, thrown.message, { cause: thrown });
  }
  return PlayoutError.from(thrown);
}
