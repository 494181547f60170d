import {
  type ClockMapping,
  type FrameLease,
  type FrameReader,
  nanoseconds,
  type Overrun,
  type PicturePlanes,
  PlayoutError,
  type ProgramFormat,
  type SampleIndex,
  type Tick,
  tickAfter,
} from "@retrovue/core";
import { type NativeReader, readStatus } from "./native.js";
import { throwIfAborted } from "./native-errors.js";
import { PictureViews, planesAt } from "./picture-views.js";
import { ShmLease } from "./shm-lease.js";
import { formatOf, type PictureLayout, pictureLayoutOf } from "./wire/format-codec.js";
import { type AssetText, decodeMeta } from "./wire/meta-codec.js";
import { mappingAt, scratchAt, slotAt, wire } from "./wire/offsets.js";

/** Assets remembered by table entry; the table itself is bounded, this only saves decoding text each tick. */
const assetsRemembered = 64;
const noAsset: AssetText = Object.freeze({ uri: "", title: "" });

interface Wait {
  readonly tick: number;
  resolve(): void;
  reject(error: PlayoutError): void;
}

/** A reader of a shared-memory bus. Reading is a call of a microsecond; waiting happens on a native thread of its own. */
export class ShmReader implements FrameReader {
  readonly format: ProgramFormat;
  readonly #native: NativeReader;
  readonly #layout: PictureLayout;
  readonly #scratch: Buffer;
  readonly #view: DataView;
  readonly #pictures: ArrayBuffer;
  readonly #views: PictureViews;
  readonly #slate: PicturePlanes;
  readonly #black: PicturePlanes;
  readonly #assets = new Map<number, AssetText>();
  readonly #text = new TextDecoder();
  /** The last tick returned, or the one before the tick to resync at; −1 at first. */
  #cursor = -1;
  #overruns = 0;
  #wait: Wait | undefined;
  /** True while the native thread waits, be it for a tick that nobody wants any more. */
  #armed = false;
  #disposed = false;

  private constructor(open: NativeReader) {
    const header = new DataView(open.header());
    this.#native = open;
    this.format = formatOf(header);
    this.#layout = pictureLayoutOf(header);
    this.#scratch = Buffer.from(open.scratch());
    this.#view = new DataView(open.scratch());
    this.#pictures = open.pictures();
    this.#views = new PictureViews(this.#pictures, this.#layout);
    this.#slate = planesAt(open.reserved(true), 0, this.#layout);
    this.#black = planesAt(open.reserved(false), 0, this.#layout);
  }

  /** @param open opens the native reader; `onWaited` is for it to call when a wait is over */
  static async open(open: (onWaited: () => void) => Promise<NativeReader>): Promise<ShmReader> {
    let onWaited = () => {};
    const native = await open(() => onWaited());
    try {
      const reader = new ShmReader(native);
      onWaited = () => reader.#onWaited();
      return reader;
    } catch (thrown) {
      native.close();
      throw thrown;
    }
  }

  async at(tick: Tick, signal: AbortSignal): Promise<FrameLease | Overrun> {
    this.#throwIfUnusable(signal);
    for (;;) {
      const read = this.#read(tick);
      if (read !== undefined) return read;
      await this.#reached(tick, signal);
    }
  }

  async next(signal: AbortSignal): Promise<FrameLease | Overrun> {
    this.#throwIfUnusable(signal);
    if (this.#cursor >= 0) return this.at(tickAfter(this.#cursor as Tick, 1), signal);
    for (;;) {
      const head = this.#native.head();
      const read = head < 0 ? undefined : this.#read(head as Tick);
      if (read !== undefined) return read;
      // Whatever comes first.
      await this.#reached(0, signal);
    }
  }

  head(): Tick {
    this.#throwIfDisposed();
    return this.#native.head() as Tick;
  }

  oldest(): Tick {
    this.#throwIfDisposed();
    return this.#native.oldest() as Tick;
  }

  mapping(): ClockMapping {
    this.#throwIfDisposed();
    this.#native.mapping();
    const at = (field: keyof typeof mappingAt) => scratchAt.mapping + mappingAt[field];
    return {
      sequence: Number(this.#view.getBigUint64(at("sequence"), true)),
      monoAnchor: nanoseconds(this.#view.getBigInt64(at("monoAnchor"), true)),
      houseAnchor: nanoseconds(this.#view.getBigInt64(at("houseAnchor"), true)),
      ratePpb: Number(this.#view.getBigInt64(at("ratePpb"), true)),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#wait?.reject(closedReader());
    this.#wait = undefined;
    this.#native.close();
  }

  /** Undefined where the tick is not there yet. */
  #read(tick: Tick): FrameLease | Overrun | undefined {
    const status = this.#native.read(tick);
    if (status === readStatus.notYet) return undefined;
    if (status === readStatus.ok) {
      const asset = this.#assetOf(tick);
      // Undefined: rewritten, which happens only once no readable tick names it. This one is held no more, either.
      if (asset !== undefined) {
        this.#cursor = tick;
        this.#native.show(tick, this.#overruns);
        return this.#leaseOf(tick, asset);
      }
    } else if (status !== readStatus.overrun) {
      throw status === readStatus.stale ? staleBus() : senselessSlot(tick);
    }
    const oldest = this.#native.oldest() as Tick;
    this.#overruns++;
    // `next` then goes on where the caller was told to.
    this.#cursor = oldest - 1;
    this.#native.show(this.#cursor, this.#overruns);
    return { overrun: true, tick, oldest, head: this.#native.head() as Tick };
  }

  #leaseOf(tick: Tick, asset: AssetText): FrameLease {
    const view = this.#view;
    const buffer = view.getUint32(slotAt.buffer, true);
    return new ShmLease(this.#native, {
      tick,
      time: nanoseconds(view.getBigInt64(slotAt.houseTimeNs, true)),
      meta: decodeMeta(this.#scratch, view, asset),
      picture: this.#pictureOf(buffer),
      buffer,
      generation: Number(view.getBigUint64(slotAt.bufferGeneration, true)),
      sampleStart: Number(view.getBigUint64(slotAt.sampleStart, true)) as SampleIndex,
      samples: view.getUint32(slotAt.sampleCount, true),
    });
  }

  #pictureOf(buffer: number): PicturePlanes {
    if (buffer === wire.slate) return this.#slate;
    if (buffer === wire.black) return this.#black;
    const isWhole = this.#layout.offsets.every((offset, p) => this.#planeOffset(p) === offset);
    if (isWhole) return this.#views.of(buffer);
    const cropped = this.#layout.offsets.map((_, p) => this.#planeOffset(p));
    return planesAt(this.#pictures, buffer, this.#layout, cropped);
  }

  #planeOffset(plane: number): number {
    return Number(this.#view.getBigUint64(slotAt.planeOffset + 8 * plane, true));
  }

  /** The asset that the slot in the scratch names; undefined where its entry was rewritten meanwhile. */
  #assetOf(tick: Tick): AssetText | undefined {
    const index = this.#view.getUint32(slotAt.assetIndex, true);
    if (index === wire.noAsset) return noAsset;
    const generation = this.#view.getUint32(slotAt.assetGeneration, true);
    const key = generation * 0x10_0000 + index;
    const known = this.#assets.get(key);
    if (known !== undefined) return known;
    const raw = this.#native.asset(index, generation);
    if (raw === readStatus.overrun) return undefined;
    if (typeof raw === "number") throw senselessSlot(tick);
    const asset = { uri: this.#text.decode(raw[0]), title: this.#text.decode(raw[1]) };
    if (this.#assets.size >= assetsRemembered) this.#assets.clear();
    this.#assets.set(key, asset);
    return asset;
  }

  #reached(tick: number, signal: AbortSignal): Promise<void> {
    // One that began while another's end was on its way.
    if (this.#wait !== undefined) return Promise.reject(waitsAlready());
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        if (this.#wait === wait) this.#wait = undefined;
        // The native thread waits in vain until it is told; it then finds that nobody wants anything.
        if (this.#armed && !this.#disposed) this.#native.interrupt();
        wait.reject(PlayoutError.from(signal.reason, "Cancelled"));
      };
      const wait: Wait = {
        tick,
        resolve: () => {
          signal.removeEventListener("abort", onAbort);
          resolve();
        },
        reject: (error) => {
          signal.removeEventListener("abort", onAbort);
          reject(error);
        },
      };
      signal.addEventListener("abort", onAbort);
      this.#wait = wait;
      this.#arm();
    });
  }

  #arm(): void {
    if (this.#wait === undefined || this.#armed) return;
    this.#armed = this.#native.wait(this.#wait.tick);
  }

  #onWaited(): void {
    if (this.#disposed) return;
    const status = this.#native.waited();
    if (status === readStatus.notYet) return;
    this.#armed = false;
    const wait = this.#wait;
    if (wait === undefined) return;
    if (status === readStatus.stale) {
      this.#wait = undefined;
      wait.reject(staleBus());
    } else if (this.#native.head() >= wait.tick) {
      this.#wait = undefined;
      wait.resolve();
    } else {
      // Interrupted for the sake of this wait.
      this.#arm();
    }
  }

  #throwIfUnusable(signal: AbortSignal): void {
    this.#throwIfDisposed();
    throwIfAborted(signal);
    if (this.#wait !== undefined) throw waitsAlready();
  }

  #throwIfDisposed(): void {
    if (this.#disposed) throw closedReader();
  }
}

const closedReader = () => new PlayoutError("Closed", "The frame reader was used after it was closed.");
const waitsAlready = () =>
  new PlayoutError("WrongState", "The frame reader waits already; await that first, or open another.");
const staleBus = () =>
  new PlayoutError("BusStale", "The bus was closed or its engine is gone; open it again.");
const senselessSlot = (tick: Tick) =>
  new PlayoutError("BusIncompatible", `Tick ${tick} of the bus makes no sense; it is not an engine's work.`);
