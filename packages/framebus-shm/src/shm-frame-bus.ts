import type {
  BusAddress,
  BusSpec,
  Committer,
  FrameBus,
  FrameReader,
  FrameWriter,
  LaneTicket,
  ReaderEntry,
  ReaderOptions,
} from "@retrovue/core";
import {
  loadNative,
  type NativeAddon,
  type NativePlace,
  type NativeReadersTable,
  type NativeSpec,
} from "./native.js";
import { native, opened, throwIfAborted } from "./native-errors.js";
import { parseOptions, type ShmFrameBusOptions } from "./options.js";
import { readerEntries } from "./reader-rows.js";
import { ShmCommitter } from "./shm-committer.js";
import { ShmReader } from "./shm-reader.js";
import { ShmWriter } from "./shm-writer.js";
import { formatToNative } from "./wire/format-codec.js";

/** The readers table of a channel, there before its bus is, so that an on-demand channel learns that it is wanted. */
export interface ReadersTable extends Disposable {
  readers(): readonly ReaderEntry[];
  /** True if a reader is there, or looked for the bus within the last `withinMs`. */
  isWanted(withinMs: number): boolean;
}

/**
 * Frame buses in shared memory (docs/contracts/frame-bus.md): the committer in the engine's process, workers and readers
 * in any. Linux only.
 */
export class ShmFrameBus implements FrameBus {
  readonly #addon: NativeAddon;
  readonly #place: NativePlace;
  /** Tables shown by `showReaders`, by bus. */
  readonly #tables = new Map<string, NativeReadersTable>();
  #tidied = false;

  constructor(options: ShmFrameBusOptions = {}) {
    this.#addon = loadNative();
    this.#place = parseOptions(options);
  }

  async create(spec: BusSpec, signal: AbortSignal): Promise<Committer> {
    throwIfAborted(signal);
    const nativeSpec = specToNative(spec);
    native(() => this.#addon.memoryBytes(nativeSpec));
    this.#tidy();
    const table = this.#tables.get(this.#nameOf(spec));
    return ShmCommitter.create(spec, (onEvents) =>
      opened(this.#addon.createCommitter(nativeSpec, this.#place, table, onEvents), signal),
    );
  }

  async openWriter(ticket: LaneTicket, signal: AbortSignal): Promise<FrameWriter> {
    throwIfAborted(signal);
    const control = this.controlPath(ticket.address);
    return ShmWriter.open((onNews) =>
      opened(this.#addon.openWriter(control, ticket.path, ticket.lane, onNews), signal),
    );
  }

  async openReader(address: BusAddress, options: ReaderOptions, signal: AbortSignal): Promise<FrameReader> {
    throwIfAborted(signal);
    const control = this.controlPath(address);
    return ShmReader.open((onWaited) =>
      opened(this.#addon.openReader(control, options.name ?? "", onWaited), signal),
    );
  }

  memoryBytes(spec: BusSpec): number {
    return native(() => this.#addon.memoryBytes(specToNative(spec)));
  }

  controlPath(address: BusAddress): string {
    return `${this.#place.directory}/${this.#nameOf(address)}`;
  }

  /**
   * Shows a channel's readers table from now until it is disposed, with or without a bus. For engines, before they
   * create the bus. Replaces a table that is there; throws `AlreadyExists` where a living engine has the bus, whose table
   * then stays. Of two engines without a bus the later one is looked at: who may lock a table may not block an engine.
   */
  showReaders(address: BusAddress): ReadersTable {
    const { engineId, channelId } = address;
    this.#tidy();
    const name = this.#nameOf(address);
    const table = native(() => this.#addon.showReaders(this.#place, engineId, channelId));
    this.#tables.set(name, table);
    return {
      readers: () => readerEntries(table.rows()),
      isWanted: (withinMs) => table.isWanted(withinMs),
      [Symbol.dispose]: () => {
        if (this.#tables.get(name) === table) this.#tables.delete(name);
        table.close();
      },
    };
  }

  /** Removes the objects of engines that were killed, whoever they were; answers how many. Living ones are safe. */
  removeDead(): number {
    return this.#addon.removeDead(this.#place);
  }

  /** An engine removes, at start, what dead ones left (rule 6). */
  #tidy(): void {
    if (this.#tidied) return;
    this.#tidied = true;
    this.removeDead();
  }

  #nameOf(address: BusAddress): string {
    return `${this.#place.prefix}.${address.engineId}.ch${address.channelId}`;
  }
}

function specToNative(spec: BusSpec): NativeSpec {
  return {
    engineId: spec.engineId,
    channelId: spec.channelId,
    ...formatToNative(spec.format),
    leadTicks: spec.leadTicks,
    historyTicks: spec.historyTicks,
    directReferences: spec.directReferences ?? 0,
    guardNs: spec.guardNs ?? 0n,
    mapping: spec.mapping,
  };
}
