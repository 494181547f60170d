import type { PictureBuffer } from "../bus/frame-bus.js";
import type { AssetInfo, AssetRef } from "../media/asset.js";
import type { EndOfMedia, PictureFrame } from "../media/picture.js";
import type { PictureFormat } from "../media/picture-format.js";
import type { SoundBlock } from "../media/sound.js";
import type { MediaTime } from "../time/units.js";
import type { DecoderChangeReason } from "./decoder-change.js";
import type { PictureSupply } from "./picture-supply.js";

/** What a decoder answers when asked whether it would play an asset. */
export interface ProbeResult {
  /**
   * 0 = cannot, 1…100 = how well. 50 is "as software does", 80 "on a device that is free", 100 "made for this
   * very asset". Equal scores are settled by the order of the configuration.
   */
  readonly score: number;
  /** One sentence for people: why this score. Always given. */
  readonly reason: string;
  /**
   * With score 0, for a decoder that plays such assets at other times or on other devices: why not this one, now. People count on
   * it, so the engine says that another decoder plays instead. Left out where an asset is simply not its own.
   */
  readonly refusal?: DecoderChangeReason;
  /** Filled as far as a probe learns it without decoding. */
  readonly asset?: AssetInfo;
}

/** What `open` may be told. */
export interface OpenOptions {
  /**
   * The format that the channel would like. A decoder that can deliver it at no cost (a device that scales, a
   * test pattern) does and says so in `info`; others ignore it.
   */
  readonly wanted?: PictureFormat;
  /** Preferred sound languages, best first; then the default-flagged stream, then the first. */
  readonly languages?: readonly string[];
  /** Pictures that the caller may hold at one time; the decoder's pool is at least this big. Default 4. */
  readonly picturesHeldMax?: number;
  /** Bus buffers to decode straight into, for decoders that decode ahead. Default: none. */
  readonly supply?: PictureSupply;
}

/**
 * **Opens assets.** One factory per configured decoder, made once per process that decodes.
 *
 * *Ownership.* The factory owns what decoders share (devices, library state) and is closed after them, if it
 * is `AsyncDisposable`. On success `open` hands a decoder to the caller, who disposes it; on failure
 * everything half-made is already gone.
 *
 * *Concurrency.* `probe` and `open` may run any number of times at once.
 *
 * *"Not yet" and "end".* Neither exists here: both calls settle, or reject with `Timeout` or `Cancelled` soon
 * after the signal aborts. Where something of theirs hangs that cannot be ended (a system call on storage that is gone), they
 * settle when it is over and no sooner: callers race them against the signal, and see by one that goes on that a thread is stuck.
 *
 * *After an error.* `MediaNotFound`, `MediaForbidden`, `UnsupportedMedia`, `MediaCorrupt` or
 * `DeviceUnavailable`; the factory is as good as before and other decoders are not touched.
 */
export interface DecoderFactory {
  /** Reads as little as it can; has no lasting effect. A file it cannot play is score 0, not an error. */
  probe(asset: AssetRef, signal: AbortSignal): Promise<ProbeResult>;
  /** Opens the asset at its zero; the next picture is the first. */
  open(asset: AssetRef, options: OpenOptions, signal: AbortSignal): Promise<Decoder>;
}

/** What `readPicture` may be told. */
export interface ReadPictureOptions {
  /**
   * A loaned bus buffer. Where the asset's format equals the program format a decoder may decode straight into
   * it, and then answers a frame with `inPlace` true. The caller keeps owning the buffer either way, may offer none for
   * some reads, and offers one only where the picture is to air untouched.
   *
   * It may be stored to until the read settles (or the decoder is disposed), and no longer, also after an abort; and it may be read until the
   * frame's `release()`, which can come while the picture is still on the bus. A codec that refers to its pictures later
   * than that cannot decode them in place, but can still copy them here on its own thread.
   */
  readonly into?: PictureBuffer;
}

/**
 * **Gives the pictures and the sound of one asset, in the asset's own format, in presentation order, on a media
 * time that starts at zero and never jumps.** Zero is the first shown picture (else the first sound).
 *
 * *Ownership.* The caller owns the decoder and disposes it. Pictures and sound blocks come from fixed pools of
 * the decoder and go back by `release()`; after disposal outstanding ones are invalid and their `release()` is
 * quiet. A read that rejects or is aborted has lent nothing.
 *
 * *Concurrency.* One picture read and one sound read may be in flight together, never two of a kind. `seek` runs
 * alone: reads in flight when it starts reject with `Cancelled`. Dispose at any time; it aborts what runs,
 * resolves when all threads and files are gone, and is idempotent. Sound never waits for pictures to be
 * taken, nor pictures for sound: each is decoded ahead up to its own bound.
 *
 * *"Not yet" and "end".* A promise that is pending is "not yet"; the signal is the caller's patience. `EndOfMedia`
 * is a value, comes for each stream by itself (at once for a stream the asset lacks) and is sticky until `seek`.
 *
 * *After an error.* `DecodeFailed` or `MediaCorrupt` on a read ends the decoder: further reads reject alike and
 * only disposal remains. Damage that can be concealed is not an error but `concealed`. After `Cancelled` or
 * `Timeout` the decoder goes on as if the read had not been asked for; no picture and no sample is lost.
 * Every call after disposal rejects with `Closed`.
 */
export interface Decoder extends AsyncDisposable {
  readonly info: AssetInfo;
  /**
   * After it, the next picture is the one shown at `to` (greatest time ≤ `to` + 2 ms, else the first) and the next
   * sample is the one at `to`, nearest, silence included. Exact in long and open groups of pictures.
   * Beyond the end both streams answer `EndOfMedia`.
   */
  seek(to: MediaTime, signal: AbortSignal): Promise<void>;
  /**
   * The next picture whose successor is later than `notBefore`: earlier ones that nobody will see are skipped as
   * cheaply as the codec allows. Pass the last returned time (or less) to get every picture. The last picture has no
   * successor and is never skipped: it is what a channel holds at an early end. Never seeks back. With a signal that is
   * aborted already it rejects and takes nothing; so does `readSound`.
   */
  readPicture(
    notBefore: MediaTime,
    options: ReadPictureOptions,
    signal: AbortSignal,
  ): Promise<PictureFrame | EndOfMedia>;
  /**
   * Between 1 and `samples` samples from where the last read ended; fewer only at the end or before a change of format.
   *
   * Sound is one unbroken line from zero: the caller counts samples and may never look at a block's time, so sample `n`
   * belongs to media time `n / rate`, always. Where the asset has none in between, because it begins late or its
   * timestamps leave a gap, the decoder gives silence of that length; what lies before zero is left out, overlaps are
   * played once. After its last sample the end is told: nothing is made up to fill pictures that go on.
   */
  readSound(samples: number, signal: AbortSignal): Promise<SoundBlock | EndOfMedia>;
}
