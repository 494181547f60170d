import type { Clock } from "../../clock/clock.js";
import type { Decoder, ReadPictureOptions } from "../../decoder/decoder.js";
import { PlayoutError } from "../../errors/playout-error.js";
import type { AssetInfo } from "../../media/asset.js";
import { type EndOfMedia, endOfMedia, type PictureFrame } from "../../media/picture.js";
import type { SoundBlock } from "../../media/sound.js";
import type { MediaTime } from "../../time/units.js";
import { FaultCounter, type FaultScript, type FaultyCall } from "./fault-script.js";
import { makeMove } from "./make-move.js";

/** A decoder that goes wrong as its script says and is otherwise the decoder within it. */
export class FaultyDecoder implements Decoder {
  readonly #counter: FaultCounter;
  readonly #closing = new AbortController();
  #pictures = 0;
  #samples = 0;
  /** Added to times when an endless asset begins again; each stream has come round by itself. */
  #pictureRound: bigint = 0n;
  #soundRound: bigint = 0n;
  #broken: PlayoutError | undefined;

  constructor(
    private readonly inner: Decoder,
    private readonly script: FaultScript,
    private readonly deps: { readonly clock: Clock; readonly onCrash: () => void },
  ) {
    this.#counter = new FaultCounter(script.calls);
  }

  get info(): AssetInfo {
    return this.inner.info;
  }

  async seek(to: MediaTime, signal: AbortSignal): Promise<void> {
    await this.#move("seek", signal);
    const round = this.#roundAt(to);
    await this.inner.seek((to - round) as MediaTime, signal);
    this.#pictureRound = round;
    this.#soundRound = round;
  }

  async readPicture(
    notBefore: MediaTime,
    options: ReadPictureOptions,
    signal: AbortSignal,
  ): Promise<PictureFrame | EndOfMedia> {
    await this.#move("picture", signal);
    if (this.#pictures >= (this.script.picturesMax ?? Number.POSITIVE_INFINITY)) return endOfMedia;
    const from = (notBefore - this.#pictureRound) as MediaTime;
    let read = await this.inner.readPicture(from, options, signal);
    if (read === endOfMedia && this.script.endless === true && this.inner.info.duration !== undefined) {
      this.#pictureRound += this.inner.info.duration;
      this.#soundRound = this.#pictureRound;
      await this.inner.seek(0n as MediaTime, signal);
      read = await this.inner.readPicture(0n as MediaTime, options, signal);
    }
    if (read === endOfMedia) return endOfMedia;
    return this.#twisted(read, this.#pictures++);
  }

  async readSound(samples: number, signal: AbortSignal): Promise<SoundBlock | EndOfMedia> {
    await this.#move("sound", signal);
    const left = (this.script.samplesMax ?? Number.POSITIVE_INFINITY) - this.#samples;
    if (left <= 0) return endOfMedia;
    const read = await this.inner.readSound(Math.min(samples, left), signal);
    if (read === endOfMedia) return endOfMedia;
    this.#samples += read.samples;
    const shift = this.#soundRound + (this.script.lies?.soundTime?.byNs ?? 0n);
    if (shift === 0n) return read;
    return { ...read, time: (read.time + shift) as MediaTime, release: () => read.release() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new PlayoutError("Closed", "The decoder was disposed."));
    await this.inner[Symbol.asyncDispose]();
  }

  async #move(on: FaultyCall, signal: AbortSignal): Promise<void> {
    if (this.#broken) throw this.#broken;
    const move = this.#counter.next(on);
    if (move === undefined) return;
    const either = AbortSignal.any([signal, this.#closing.signal]);
    try {
      await makeMove(move, this.deps.clock, this.deps.onCrash, either);
    } catch (thrown) {
      const failed = PlayoutError.from(thrown);
      if (failed.code === "DecodeFailed" || failed.code === "MediaCorrupt") this.#broken = failed;
      throw failed;
    }
  }

  #roundAt(to: MediaTime): bigint {
    const duration = this.inner.info.duration;
    if (this.script.endless !== true || duration === undefined || duration === 0n) return 0n;
    return (to / duration) * duration;
  }

  #twisted(read: PictureFrame, index: number): PictureFrame {
    const { lies } = this.script;
    const timeLie = lies?.pictureTime;
    const formatLie = lies?.format;
    const shift = this.#pictureRound + (timeLie && index >= timeLie.from ? timeLie.byNs : 0n);
    const claims = formatLie && index >= formatLie.from ? formatLie.claims : undefined;
    if (shift === 0n && claims === undefined) return read;
    // A prototype link keeps what is not lied about, getters and all; `release` must run on the original.
    return Object.create(read, {
      time: { value: (read.time + shift) as MediaTime },
      format: { value: claims ? { ...read.format, ...claims } : read.format },
      release: { value: () => read.release() },
    }) as PictureFrame;
  }
}
