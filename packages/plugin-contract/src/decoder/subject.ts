import { readdir, readlink } from "node:fs/promises";
import type { AssetRef, Decoder, DecoderFactory, OpenOptions } from "@retrovue/core";
import type { Clip } from "../media/clip.js";
import type { SoundOracle } from "./sound-oracle.js";

/** Assets that a decoder must turn down, or may. */
export interface Strangers {
  /** There is nothing at this address. */
  readonly missing: AssetRef;
  /** Something is there, but no medium. */
  readonly foreign: AssetRef;
  /** The clip with its end cut off in the middle of something; undefined for clips that are no files. */
  readonly damaged: AssetRef | undefined;
}

/** What a check of the decoder suite examines: a factory and a clip that it must play. */
export class DecoderSubject implements AsyncDisposable {
  readonly #opened: Decoder[] = [];

  constructor(
    readonly factory: DecoderFactory,
    readonly clip: Clip,
    readonly sound: SoundOracle,
    readonly strangers: Strangers,
    /** Counts what the factory's decoders hold: pictures, blocks, files, threads. Zero when all are disposed. */
    readonly countHeld: (() => number) | undefined,
  ) {}

  /** Opens the clip; whatever a check leaves open is disposed after it. */
  async open(signal: AbortSignal, options: OpenOptions = {}): Promise<Decoder> {
    return this.openAsset({ uri: this.clip.uri }, signal, options);
  }

  async openAsset(asset: AssetRef, signal: AbortSignal, options: OpenOptions = {}): Promise<Decoder> {
    const decoder = await this.factory.open(asset, options, signal);
    this.#opened.push(decoder);
    return decoder;
  }

  /** What is held now; undefined where this cannot be told. */
  async held(): Promise<number | undefined> {
    if (this.countHeld) return this.countHeld();
    return this.clip.path === undefined ? undefined : descriptorsOf(this.clip.path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const decoder of this.#opened) await decoder[Symbol.asyncDispose]();
  }
}

/** File descriptors of this process that are open on `path`; undefined where the system has no `/proc`. */
async function descriptorsOf(path: string): Promise<number | undefined> {
  const names = await readdir("/proc/self/fd").catch(() => undefined);
  if (names === undefined) return undefined;
  const targets = await Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => "")));
  return targets.filter((target) => target === path).length;
}
