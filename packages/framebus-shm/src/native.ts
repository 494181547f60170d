import { createRequire } from "node:module";
import { PlayoutError } from "@retrovue/core";

/** Where the objects lie and how their names begin. */
export interface NativePlace {
  readonly directory: string;
  readonly prefix: string;
}

/** A spec as the addon takes it: numbers and code points of the wire. */
export type NativeSpec = Readonly<Record<string, number | bigint | string | NativeMapping>>;

/** A clock mapping as the addon takes it. */
export interface NativeMapping {
  readonly sequence: number;
  readonly monoAnchor: bigint;
  readonly houseAnchor: bigint;
  readonly ratePpb: number;
}

/** An expectation as the addon takes it. */
export interface NativeExpectation {
  readonly firstTick: number;
  readonly segmentId: Uint8Array;
  readonly planRevision: number;
  readonly assetUri: string;
  readonly assetTitle: string;
  readonly pad: boolean;
}

/** A row of the readers table; the name is whatever bytes the reader stored. */
export interface NativeReaderRow {
  readonly name: ArrayBuffer;
  readonly pid: number;
  readonly cursor: number;
  readonly overruns: number;
}

/** See committer_object.h. */
export interface NativeCommitter {
  start(first: number): void;
  openLane(): { readonly lane: number; readonly path: string };
  retireLane(lane: number, reason: number): void;
  expect(expectations: readonly NativeExpectation[]): void;
  setPolicy(holdTicksMax: number, after: number): void;
  setReason(reason: number): void;
  setMapping(mapping: NativeMapping): void;
  head(): number;
  counters(): Float64Array;
  airCounts(): Float64Array;
  readers(): readonly NativeReaderRow[];
  nextEvent(): Float64Array | undefined;
  slate(): ArrayBuffer;
  header(): ArrayBuffer;
  close(): void;
}

/** See writer_object.h. */
export interface NativeWriter {
  /** A buffer's index, −1 where none is free, −2 where the lane is not open any more. */
  loan(): number;
  wantBuffer(wanted: boolean): void;
  /** A `submitStatus`, and `refusalsWait` added where `nextRefusal` has something. */
  handOver(channels: readonly Float32Array[] | undefined): number;
  /** Has the committer look at what was handed over; it finds it at its next deadline at the latest. */
  wake(): void;
  release(buffer: number, wake: boolean): void;
  nextRefusal(): Float64Array | undefined;
  isOpen(): boolean;
  head(): number;
  keepAlive(alive: boolean): void;
  scratch(): ArrayBuffer;
  pictures(): ArrayBuffer;
  header(): ArrayBuffer;
  close(): void;
}

/** Answers of `NativeWriter.handOver`. */
export const submitStatus = Object.freeze({ done: 0, full: 1, notOpen: 2 });
/** Added to a `submitStatus`. */
export const refusalsWait = 4;

/** Answers of `NativeReader.read` and `waited`; the numbers of `rvfb_status`. */
export const readStatus = Object.freeze({
  ok: 0,
  notYet: 1,
  overrun: 2,
  timeout: 3,
  interrupted: 4,
  stale: 5,
  incompatible: 7,
});

/** See reader_object.h. */
export interface NativeReader {
  read(tick: number): number;
  wait(tick: number): boolean;
  waited(): number;
  interrupt(): void;
  intact(buffer: number, generation: number): boolean;
  sound(start: number, samples: number, into: readonly Float32Array[], offset: number): boolean;
  /** URI and title, or a `readStatus`. */
  asset(index: number, generation: number): readonly [ArrayBuffer, ArrayBuffer] | number;
  mapping(): void;
  now(): bigint;
  head(): number;
  oldest(): number;
  show(cursor: number, overruns: number): void;
  scratch(): ArrayBuffer;
  pictures(): ArrayBuffer;
  reserved(isSlate: boolean): ArrayBuffer;
  header(): ArrayBuffer;
  close(): void;
}

/** See readers_table_object.h. */
export interface NativeReadersTable {
  rows(): readonly NativeReaderRow[];
  isWanted(withinMs: number): boolean;
  close(): void;
}

/** The addon's functions. */
export interface NativeAddon {
  createCommitter(
    spec: NativeSpec,
    place: NativePlace,
    readers: NativeReadersTable | undefined,
    onEvents: () => void,
  ): Promise<NativeCommitter>;
  openWriter(controlPath: string, lanePath: string, lane: number, onNews: () => void): Promise<NativeWriter>;
  openReader(controlPath: string, name: string, onWaited: () => void): Promise<NativeReader>;
  showReaders(place: NativePlace, engineId: string, channelId: number): NativeReadersTable;
  memoryBytes(spec: NativeSpec): number;
  removeDead(place: NativePlace): number;
  offsets(): Readonly<Record<string, readonly [offset: number, bytes: number]>>;
}

/** Loads the addon. `Internal` says how to build it where it is not there. */
export function loadNative(): NativeAddon {
  try {
    // The same path from src (tests) and from dist.
    return createRequire(import.meta.url)("../build/Release/framebus_shm.node") as NativeAddon;
  } catch (cause) {
    throw new PlayoutError(
      "Internal",
      "The frame bus's native part is not built. Run: node scripts/native.mjs build",
      { cause },
    );
  }
}
