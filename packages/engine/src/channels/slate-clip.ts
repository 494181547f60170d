import {
  Channel,
  type ChannelEvent,
  type ChannelSettings,
  type Clock,
  type Conformer,
  type ConformerFactory,
  DecoderChooser,
  type FrameMeta,
  type FrameWriter,
  type HouseGrid,
  mediaTime,
  type NamedDecoder,
  type Nanoseconds,
  nanoseconds,
  nanosecondsFromMs,
  orAbort,
  type PictureBuffer,
  type Plan,
  type ProgramFormat,
  type Tick,
  type TickSound,
  TimeLimit,
  Timeline,
  tickAfter,
} from "@retrovue/core";
import type { LiveSlate, SlateMoment } from "./slate-writer.js";

/** What a clip is played with, all borrowed. */
export interface SlateClipTools {
  readonly uri: string;
  readonly grid: HouseGrid;
  readonly format: ProgramFormat;
  readonly settings: ChannelSettings;
  readonly clock: Clock;
  readonly writer: FrameWriter;
  readonly decoders: readonly NamedDecoder[];
  readonly conformers: ConformerFactory;
  /** A clip that killed a worker is not opened again by whoever did: the reserved picture airs. */
  readonly isBarred: (uri: string, decoderIndex: number) => boolean;
  /**
   * Hears of a decoder that does not come to an end, as of one on air: only the end of the process frees what it holds. Of the clip's
   * other failures nothing is told, since they are not those of what is on air.
   */
  readonly onStuck?: (event: Extract<ChannelEvent, { type: "decoder-stuck" }>) => void;
}

/** From the first tick of slate to the clip's first: what opening it may take. Its first picture, reserved on the bus, airs meanwhile. */
const openNs = nanosecondsFromMs(1_000);
/** The clip is closed when no slate was asked for so long. */
const idleNs = nanosecondsFromMs(3_000);
/** How far the clip is made ahead of the channel that asks for it, ticks: what it may hold of the bus's buffers beside what airs. */
const aheadTicks = 2;
/** One open may take this long, as on air. */
const openTimeoutNs = nanosecondsFromMs(5_000);
/** The decoder that was asked how long the clip is may take so long to close, as on air. */
const closeTimeoutNs = nanosecondsFromMs(2_000);
/** A clip that does not open, or ends by a failure, is tried again after this long while slate airs: mounts come back. */
const retryNs = nanosecondsFromMs(30_000);
/** A clip that does not say how long it is airs once, for a day at most. */
const dayNs = nanosecondsFromMs(86_400_000);

/** A picture of the clip, given back when all ticks that show it have aired. */
class HeldPicture {
  #holds = 1;

  constructor(readonly buffer: PictureBuffer) {}

  hold(): this {
    this.#holds += 1;
    return this;
  }

  release(): void {
    this.#holds -= 1;
    if (this.#holds === 0) this.buffer.release();
  }
}

interface Kept {
  readonly held: HeldPicture;
  readonly moment: SlateMoment;
}

/** One attempt to play the clip. */
interface Playing {
  readonly stop: AbortController;
  ended: Promise<void>;
  /** Since when it has failed; undefined while it has not. */
  failedAt: Tick | undefined;
}

/**
 * A clip as slate, in a loop, with its sound: a channel of its own, whose frames are taken by the channel beside it instead of a bus.
 * It opens when slate airs and closes when it does not any more; a clip that does not open leaves the reserved picture, and is tried
 * again every 30 s for as long as slate airs.
 */
export class SlateClip implements LiveSlate {
  readonly #tools: SlateClipTools;
  readonly #kept = new Map<Tick, Kept>();
  #playing: Playing | undefined;
  #closing: Promise<void> = Promise.resolve();
  #wantedAt = 0 as Tick;

  constructor(tools: SlateClipTools) {
    this.#tools = tools;
  }

  at(n: Tick): SlateMoment | undefined {
    this.#wantedAt = n;
    this.#forgetBefore(n);
    const failedAt = this.#playing?.failedAt;
    if (failedAt !== undefined && n - failedAt >= this.#tools.grid.ticksIn(retryNs)) this.#stop();
    this.#playing ??= this.#play(n);
    return this.#kept.get(n)?.moment;
  }

  rest(n: Tick): void {
    if (this.#playing === undefined) return;
    this.#forgetBefore(n);
    if (n - this.#wantedAt > this.#tools.grid.ticksIn(idleNs)) this.#stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop();
    await this.#closing;
  }

  #stop(): void {
    const playing = this.#playing;
    if (playing === undefined) return;
    this.#playing = undefined;
    playing.stop.abort();
    this.#closing = Promise.all([this.#closing, playing.ended]).then(() => {
      if (this.#playing === undefined) this.#forgetBefore(Number.MAX_SAFE_INTEGER as Tick);
    });
  }

  #forgetBefore(n: Tick): void {
    for (const [tick, { held }] of this.#kept) {
      if (tick >= n) continue;
      this.#kept.delete(tick);
      held.release();
    }
  }

  #play(n: Tick): Playing {
    const stop = new AbortController();
    const playing: Playing = { stop, ended: Promise.resolve(), failedAt: undefined };
    playing.ended = this.#closing
      .then(() => this.#run(n, stop.signal))
      .catch(() => {
        playing.failedAt = this.#wantedAt;
      });
    return playing;
  }

  async #run(n: Tick, signal: AbortSignal): Promise<void> {
    const { uri, grid, format, settings, clock, conformers, decoders, isBarred, onStuck } = this.#tools;
    const chooser = new DecoderChooser({ decoders, clock, timeoutNs: openTimeoutNs, barred: isBarred });
    const lengthNs = await this.#lengthBy(chooser, signal);
    const first = tickAfter(n, grid.ticksIn(openNs));
    const conformer: Conformer = await conformers.open(format, signal);
    const channel = new Channel({
      grid,
      format,
      settings: {
        ...settings,
        leadNsTarget: (settings.leadNsTarget + grid.length(aheadTicks)) as Nanoseconds,
        // Each in time for any turn of the channel that it is the slate of.
        turnNs: 0n as Nanoseconds,
        prerollNs: openNs,
        sourcesMax: 2,
      },
      clock,
      writer: this.#writer(),
      // The channel closes it.
      conformer,
      chooser,
      timeline: new Timeline(loopOf(uri, grid.tickTime(first), lengthNs), grid),
      onEvent: (event) => {
        if (event.type === "decoder-stuck") onStuck?.(event);
      },
    });
    await channel.run(first, signal);
  }

  /** How long a round of the clip is. */
  async #lengthBy(chooser: DecoderChooser, signal: AbortSignal): Promise<Nanoseconds> {
    const { uri, clock, onStuck } = this.#tools;
    const stuck = (decoderIndex: number) => onStuck?.({ type: "decoder-stuck", uri, decoderIndex });
    const { decoder, index } = await chooser.open({ uri }, {}, new Set(), signal, stuck);
    const { duration } = decoder.info;
    using limit = new TimeLimit(clock, closeTimeoutNs, new AbortController().signal, `closing ${uri}`);
    limit.signal.addEventListener("abort", () => stuck(index), { once: true });
    await orAbort(Promise.resolve(decoder[Symbol.asyncDispose]()), limit.signal);
    return duration === undefined ? dayNs : nanoseconds(duration);
  }

  /** Takes the clip's frames, in buffers of the bus, and keeps them until they air or their tick has passed. */
  #writer(): FrameWriter {
    const { writer } = this.#tools;
    const lent = new Map<PictureBuffer, HeldPicture>();
    return {
      loan: async (signal) => {
        const held = new HeldPicture(await writer.loan(signal));
        const { index, planes, strides } = held.buffer;
        const own: PictureBuffer = {
          index,
          planes,
          strides,
          release: () => {
            if (lent.delete(own)) held.release();
          },
        };
        lent.set(own, held);
        return own;
      },
      submit: (tick, picture, sound, meta) => {
        const held = typeof picture === "string" ? undefined : lent.get(picture);
        if (held !== undefined && isPlanned(meta) && tick >= this.#wantedAt) this.#keep(tick, held, sound);
      },
      onRefused: () => ({ [Symbol.dispose]() {} }),
      head: () => -1 as Tick,
      async [Symbol.asyncDispose]() {},
    };
  }

  #keep(tick: Tick, held: HeldPicture, sound: TickSound | undefined): void {
    const copied = sound && {
      channels: sound.channels.map((of) => of.slice(0, sound.samples)),
      samples: sound.samples,
    };
    this.#kept.set(tick, { held: held.hold(), moment: { picture: held.buffer, sound: copied } });
  }
}

const isPlanned = (meta: FrameMeta): boolean => meta.standIn === undefined;

const loopOf = (uri: string, start: Nanoseconds, duration: Nanoseconds): Plan => ({
  revision: 1,
  start,
  end: "loop",
  segments: [
    {
      id: "1".padStart(32, "0"),
      kind: "filler",
      asset: { uri },
      inPoint: mediaTime(0n),
      duration,
      start: undefined,
      gainDb: 0,
      fadeInNs: 0n as Nanoseconds,
      fadeOutNs: 0n as Nanoseconds,
      aspect: undefined,
      labels: {},
    },
  ],
});
