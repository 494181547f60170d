import { createRequire } from "node:module";
import {
  type Ancillary,
  type BufferLayout,
  type PictureBuffer,
  type PictureFormat,
  PlayoutError,
  type Rational,
} from "@retrovue/core";

/** What a session is opened with. The descriptor stays the caller's. */
export interface NativeOptions {
  readonly fd: number;
  readonly uri: string;
  readonly languages: readonly string[];
  /** Threads by libav's codec name, `default` for the others; 0 is "one while that keeps up". */
  readonly threads: Readonly<Record<string, number>>;
  /** For 0: what an earlier session of the asset came to, or 0. */
  readonly threadsLearnt: number;
  readonly picturesHeldMax: number;
  readonly picturesAhead: number;
  readonly soundAheadMs: number;
  readonly ioTimeoutMs: number;
  readonly isProbe: boolean;
  /** How the buffers lie that will be offered; left out: none will be. */
  readonly buffers?: BufferLayout;
  /** Where the pictures are decoded, all of them or none; left out: in software. An opaque value of the addon's. */
  readonly device?: unknown;
}

/** What a stream asks of a device that is to decode it. */
export interface StreamNeeds {
  /** libav's name. */
  readonly codec: string;
  /** libav's name, empty where the stream says none, and its number. */
  readonly profile: string;
  readonly profileNumber: number;
  /** Bits of a sample. */
  readonly depth: number;
  /** 400, 420, 422 or 444. */
  readonly chroma: number;
  /** Of the coded picture, padding included. */
  readonly width: number;
  readonly height: number;
}

/** What is known of an asset once it is open; -1 for a duration that is not known. */
export interface NativeInfo {
  readonly container: string;
  readonly durationNs: bigint;
  readonly picture?: {
    readonly codec: string;
    readonly decoder: string;
    readonly format: PictureFormat;
    /** 0 in either half where the asset claims none. */
    readonly nominalRate: Rational;
    readonly timeBase: Rational;
    readonly still: boolean;
    readonly needs: StreamNeeds;
  };
  readonly sound?: {
    readonly codec: string;
    readonly sampleRate: number;
    readonly channels: number;
    readonly layout: string;
    readonly language: string;
  };
}

/** A picture on loan: in memory of the session, whose views have length zero once it was released, or in a buffer. */
export interface NativePicture {
  readonly planes?: readonly Uint8Array[];
  readonly strides?: readonly number[];
  /** The id of the buffer, and how far into each of its planes the picture begins. */
  readonly buffer?: number;
  readonly offsets?: readonly number[];
  /** Of `NativeSession.format`. */
  readonly formatIndex: number;
  readonly timeNs: bigint;
  /** -1 where the asset says nothing. */
  readonly durationNs: bigint;
  readonly sourcePts?: bigint;
  readonly concealed: boolean;
  /** How often the codec's parameters had changed, on a device; 0 in software. */
  readonly parameters: number;
  readonly ancillary: readonly Ancillary[];
}

/** What a sound read gave. */
export interface NativeSound {
  readonly samples: number;
  /** Index of the first sample from the asset's zero. */
  readonly start: number;
  readonly sampleRate: number;
}

/**
 * See session_object.h. Every method answers at once; `undefined` is "not yet", after which the callback is called when
 * asking again may give more. Errors have a `code` of ours.
 */
export interface NativeSession {
  info(): NativeInfo | undefined;
  format(index: number): PictureFormat | undefined;
  readPicture(notBeforeNs: bigint): NativePicture | null | undefined;
  releasePicture(picture: NativePicture): void;
  /** `null` is the end; a number asks for so many planes instead of those given. */
  readSound(samples: number, planes: readonly Float32Array[]): NativeSound | number | null | undefined;
  /** A buffer to decode one picture into. Its memory must stay until the id is among those returned. */
  offerBuffer(id: number, buffer: PictureBuffer): void;
  /** Buffers offered that no picture is decoded into yet. */
  buffersAtHand(): number;
  /** Ids of buffers that are done with, each once; undefined where there are none. Answers after `close`, too. */
  returnedBuffers(): readonly number[] | undefined;
  /** Decodes into no more buffers. */
  stopBuffers(): void;
  seek(toNs: bigint): void;
  sought(): boolean;
  /** Threads that the pictures take to keep up; 0 while nothing is known, where it is configured, and after `close`. */
  threadsWanted(): number;
  /** While true, the event loop does not end. */
  keepAlive(alive: boolean): void;
  close(): void;
  closed(): boolean;
}

/** The addon's exports. */
export interface NativeModule {
  readonly Session: new (options: NativeOptions, onChange: () => void) => NativeSession;
  /**
   * True where threads leave their breadcrumbs from now on, in that file or in one that was named before; false where there is no room
   * for it. The descriptor stays the caller's.
   */
  useBreadcrumbFile(fd: number): boolean;
}

/** What our own addon has beside what is shared. */
export interface LibavModule extends NativeModule {
  /** Bytes of the process's native heap, for tests of what is kept; with `true` after all that is free was given back. */
  heapUse(isTrimmed: boolean): { readonly inUse: number; readonly free: number };
}

let loaded: LibavModule | undefined;

/** Loads the addon, once. `PluginNotFound` where it was not built for this system. */
export function loadNative(): LibavModule {
  if (loaded !== undefined) return loaded;
  try {
    // Beside `src` when run from source and beside `dist` when built.
    loaded = createRequire(import.meta.url)("../build/Release/decoder_libav.node") as LibavModule;
    return loaded;
  } catch (cause) {
    throw new PlayoutError("PluginNotFound", "The native part of @retrovue/decoder-libav cannot be loaded.", {
      remedy: "Build it (npm run setup) and see that FFmpeg's libraries are installed.",
      cause,
    });
  }
}
