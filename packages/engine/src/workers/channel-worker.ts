import {
  Channel,
  type ChannelEvent,
  type ChannelSettings,
  type Clock,
  type ConformerFactory,
  DecoderChooser,
  type DecoderTrail,
  type FrameBus,
  type FrameWriter,
  HouseGrid,
  type MetricsRecorder,
  type NamedDecoder,
  nanosecondsFromMs,
  type Plan,
  type Preview,
  type ProgramFormat,
  SignsOfLife,
  type Tick,
  Timeline,
  type WorkerOrder,
} from "@retrovue/core";
import { SlateClip } from "../channels/slate-clip.js";
import { SlateClock } from "../channels/slate-clock.js";
import { type LiveSlate, SlateWriter } from "../channels/slate-writer.js";

/** How long one probe or open may take: longer than a preroll is ahead, shorter than anyone's patience. */
const openTimeoutNs = nanosecondsFromMs(5_000);

/** A slate that a worker makes picture by picture: the built-in card with the time on it, or a clip beneath a media root. */
export type MovingSlate =
  | { readonly kind: "card"; readonly name: string }
  | { readonly kind: "clip"; readonly uri: string };

/** What a worker has of its channel, whatever it is told to air. Plain values: it may be another process. */
export interface ChannelProfile {
  readonly channelId: number;
  readonly format: ProgramFormat;
  readonly settings: ChannelSettings;
  /** Preferred sound languages, best first. */
  readonly languages: readonly string[];
  /** Buffers that decoders may keep for working ahead: as many as the bus was made with. */
  readonly directReferences: number;
  /** What moves where slate airs; without it the reserved picture stands. */
  readonly slate?: MovingSlate;
}

/** What a worker works with, all borrowed. */
export interface ChannelWorkerTools {
  readonly clock: Clock;
  readonly bus: FrameBus;
  readonly decoders: readonly NamedDecoder[];
  readonly conformers: ConformerFactory;
  readonly isBarred: (uri: string, decoderIndex: number) => boolean;
  readonly onEvent: (event: ChannelEvent) => void;
  /** See `WorkerListener.onAlive`. */
  readonly onAlive: (isOpen: boolean) => void;
  readonly metrics: MetricsRecorder;
  readonly trail?: DecoderTrail;
}

/**
 * Makes one channel's frames until it is told to stop: opens its end of the lane and the conformer, runs the core's `Channel`,
 * and closes what it opened. The same within the engine and in a process of its own.
 */
export class ChannelWorker {
  readonly #profile: ChannelProfile;
  readonly #tools: ChannelWorkerTools;
  readonly #grid: HouseGrid;
  #plan: Plan;
  #preview: Preview | undefined;
  #channel: Channel | undefined;

  constructor(profile: ChannelProfile, tools: ChannelWorkerTools, plan: Plan) {
    this.#profile = profile;
    this.#tools = tools;
    this.#grid = new HouseGrid(profile.format.frameRate, profile.format.sampleRate);
    this.#plan = plan;
  }

  /** Takes effect from the next tick not yet handed over. An older revision changes nothing. */
  setPlan(plan: Plan): void {
    if (plan.revision <= this.#plan.revision) return;
    this.#plan = plan;
    this.#channel?.setTimeline(new Timeline(plan, this.#grid));
  }

  /** Keeps an asset ready beside what is on air, in the place of the one before. */
  setPreview(preview: Preview | undefined): void {
    this.#preview = preview;
    this.#channel?.setPreview(preview);
  }

  /** Keeps the next tick back for an edit, and tells which one it is; undefined before it works. */
  hold(): Tick | undefined {
    return this.#channel?.hold();
  }

  release(): void {
    this.#channel?.release();
  }

  /** Works until the signal aborts; resolves when all is closed. Rejects with what ended it otherwise. */
  async run(order: Omit<WorkerOrder, "plan" | "preview">, signal: AbortSignal): Promise<void> {
    const { format, settings, languages, directReferences } = this.#profile;
    const { clock, bus, decoders, conformers, isBarred, onEvent, onAlive, metrics, trail } = this.#tools;
    using signs = new SignsOfLife(clock, onAlive);
    // Beside the lane: each takes its time, on threads of its own.
    const opening = conformers.open(format, signal);
    // It may fail before the lane is there: until that is awaited nobody else hears it.
    opening.catch(() => {});
    await using lane = await bus.openWriter(order.lane, signal).catch(async (thrown: unknown) => {
      await opening.then((open) => open[Symbol.asyncDispose]()).catch(() => {});
      throw thrown;
    });
    const conformer = await opening;
    await using slate = this.#openSlate(lane);
    const writer = slate === undefined ? lane : new SlateWriter(lane, slate, this.#grid, format);
    this.#channel = new Channel({
      grid: this.#grid,
      format,
      settings,
      clock,
      writer,
      // The channel closes it.
      conformer,
      chooser: new DecoderChooser({
        decoders,
        clock,
        timeoutNs: openTimeoutNs,
        barred: isBarred,
        ...(trail && { trail }),
      }),
      // Newer than the order's, where one came while the lane was opened.
      timeline: new Timeline(this.#plan, this.#grid),
      languages,
      directReferences,
      onEvent: (event) => {
        // From now on its ticks say that it lives.
        if (event.type === "worker-began") signs[Symbol.dispose]();
        onEvent(event);
      },
      metrics,
    });
    this.#channel.setPreview(this.#preview);
    signs.opened();
    await this.#channel.run(order.from, signal, order.continues);
  }

  #openSlate(writer: FrameWriter): LiveSlate | undefined {
    const { format, settings, slate } = this.#profile;
    const grid = this.#grid;
    if (slate === undefined) return undefined;
    if (slate.kind === "card") return new SlateClock({ name: slate.name, grid, format, writer });
    const { clock, decoders, conformers, isBarred, onEvent: onStuck } = this.#tools;
    const { uri } = slate;
    const tools = { clock, writer, decoders, conformers, isBarred, onStuck };
    return new SlateClip({ uri, grid, format, settings, ...tools });
  }
}
