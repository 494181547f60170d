import { BufferSupply } from "../bus/buffer-supply.js";
import type { FrameWriter } from "../bus/frame-bus.js";
import { Alarm } from "../clock/alarm.js";
import type { Clock } from "../clock/clock.js";
import { SteadyTime } from "../clock/steady-time.js";
import type { Conformer } from "../conform/conformer.js";
import type { DecoderChooser } from "../decoder/choice.js";
import type { PictureFormat } from "../media/picture-format.js";
import type { ProgramFormat } from "../media/program-format.js";
import { type MetricsRecorder, silentMetrics } from "../metrics/recorder.js";
import { fadeAlphaAt } from "../plan/fade.js";
import type { Place, SegmentPlace } from "../plan/place.js";
import { sameMedia } from "../plan/same.js";
import type { Timeline } from "../plan/timeline.js";
import type { HouseGrid } from "../time/house-grid.js";
import { type Nanoseconds, type Tick, tickAfter } from "../time/units.js";
import { AirNews } from "./air-news.js";
import type { ChannelEvent } from "./events.js";
import { fitsProgram } from "./fits.js";
import { Inheritance } from "./inheritance.js";
import type { PictureMeta } from "./meta.js";
import { PictureLine } from "./picture-line.js";
import { Preroll } from "./preroll.js";
import type { SessionTools } from "./session.js";
import type { ChannelSettings } from "./settings.js";
import { type Preview, Shadow } from "./shadow.js";
import { SoundLine, type SoundOfTick } from "./sound-line.js";
import { Source } from "./source.js";
import { Turns } from "./turns.js";
import { Wake } from "./wake.js";

/** What a channel is made of. All of it is borrowed but the conformer, which the channel closes. */
export interface ChannelOptions {
  readonly grid: HouseGrid;
  readonly format: ProgramFormat;
  readonly settings: ChannelSettings;
  readonly clock: Clock;
  readonly writer: FrameWriter;
  readonly conformer: Conformer;
  readonly chooser: DecoderChooser;
  readonly timeline: Timeline;
  /** Preferred sound languages, best first. */
  readonly languages?: readonly string[];
  /** Buffers that decoders may keep for working ahead: as many as the bus was made with. Default 0: they get none. */
  readonly directReferences?: number;
  readonly onEvent?: (event: ChannelEvent) => void;
  readonly metrics?: MetricsRecorder;
}

/** A tick's place in the plan, and who plays it: undefined for pads. */
interface Staged {
  readonly place: Place;
  readonly source: Source | undefined;
}

/**
 * One running timeline on one bus: the loop that makes each tick's frame, ahead of its time, whatever happens to files and
 * decoders. It holds no state that a successor would need: a new one, given the same timeline, goes on at the
 * right place.
 */
export class Channel {
  readonly #options: ChannelOptions;
  readonly #preroll: Preroll;
  readonly #shadow: Shadow;
  readonly #news: AirNews;
  readonly #pictures: PictureLine;
  readonly #sound: SoundLine;
  readonly #wake = new Wake();
  readonly #alarm: Alarm;
  readonly #metrics: MetricsRecorder;
  readonly #tools: SessionTools & Disposable;
  #timeline: Timeline;
  #next: Tick = 0 as Tick;
  /** Set while a tick waits for its picture and its deadline has come. */
  #isOverdue = false;
  /** The deadline of the tick that waits, while the alarm is set for something that comes before it. */
  #overdueAt: Nanoseconds | undefined;
  /** Set while the next tick is kept back for an edit of the plan that is on its way. */
  #isHeld = false;
  /** Set when it is closing: nothing may be opened any more. */
  #hasEnded = false;
  /** The plan before it was edited, until the first tick after that. */
  #edited: Timeline | undefined;
  #inheritance: Inheritance | undefined;

  constructor(options: ChannelOptions) {
    const { settings, grid, clock, format } = options;
    const time = new SteadyTime(clock);
    this.#options = options;
    const supply = supplyOf(options);
    const turns = new Turns(grid, settings);
    this.#tools = {
      ...options,
      time,
      turns,
      supply,
      [Symbol.dispose]: () => {
        supply?.[Symbol.dispose]();
        time[Symbol.dispose]();
      },
    };
    this.#timeline = options.timeline;
    this.#metrics = options.metrics ?? silentMetrics;
    this.#news = new AirNews({ grid, metrics: this.#metrics, onEvent: (event) => options.onEvent?.(event) });
    this.#pictures = new PictureLine(settings, grid, format);
    this.#sound = new SoundLine(grid, format);
    this.#alarm = new Alarm(clock, () => {
      const later = this.#overdueAt;
      this.#overdueAt = undefined;
      this.#isOverdue = later === undefined;
      if (later !== undefined) this.#alarm.arm(later);
      this.#wake.notify();
    });
    this.#preroll = new Preroll({
      // The first of a turn looks ahead for the last of it, too.
      aheadTicks: grid.ticksIn((settings.prerollNs + settings.leadNsTarget) as Nanoseconds) + turns.ticks - 1,
      sourcesMax: settings.sourcesMax,
      open: (place) => this.#openSource(place),
      previewed: (place) => {
        const source = this.#shadow.take(place);
        source?.moveTo(place, this.#isLateTake(place));
        return source;
      },
    });
    this.#shadow = new Shadow({
      open: (place) => this.#openSource(place, true),
      retire: (source) => this.#preroll.retire(source),
    });
  }

  /** The next tick to be submitted: the first that an edit of the plan can still change. */
  get nextTick(): Tick {
    return this.#next;
  }

  /** Takes effect from the next tick not yet submitted. What is on air and unchanged in it plays on. */
  setTimeline(timeline: Timeline): void {
    this.#edited ??= this.#timeline;
    this.#timeline = timeline;
    this.#metrics.count("planUpdates");
    // At once: the next preview must not take the place of one that this plan airs.
    if (this.#news.hasBegun && !this.#hasEnded) this.#preroll.review(timeline, this.#next);
    this.release();
  }

  /** Keeps an asset ready beside what is on air, for a segment of a plan to come; it takes the place of the one before. */
  setPreview(preview: Preview | undefined): void {
    this.#shadow.set(this.#hasEnded ? undefined : preview);
  }

  /**
   * Keeps the next tick back, until a timeline is set or `release` is called, but not beyond the tick's deadline. Tells which one
   * it is: no earlier one can change any more. Undefined before it runs.
   */
  hold(): Tick | undefined {
    if (this.#next === 0 || this.#hasEnded) return undefined;
    this.#isHeld = true;
    return this.#next;
  }

  /** Lets the tick that is kept back go on. */
  release(): void {
    this.#isHeld = false;
    this.#wake.notify();
  }

  /**
   * Makes frames from tick `first` on until the signal aborts; resolves when all decoders are closed.
   *
   * @param continues true where the tick before `first` is on the bus as planned, so that sound goes on without a fade
   */
  async run(first: Tick, signal: AbortSignal, continues = false): Promise<void> {
    const { writer, settings, grid } = this.#options;
    this.#next = first;
    if (!continues) this.#sound.resume();
    if (writer.head() >= 0)
      this.#inheritance = new Inheritance(writer.head(), first, grid.ticksIn(settings.holdNsMax));
    const stop = () => this.#wake.notify();
    signal.addEventListener("abort", stop);
    const refusals = writer.onRefused(() => this.#metrics.count("framesDropped"));
    try {
      while (!signal.aborted) {
        this.#wantNext();
        await this.#untilTurn(signal);
        this.#skipOverdue();
        await this.#air(this.#next, signal);
      }
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    } finally {
      signal.removeEventListener("abort", stop);
      refusals[Symbol.dispose]();
      this.#alarm[Symbol.dispose]();
      this.#pictures.close();
      this.#hasEnded = true;
      this.#shadow.set(undefined);
      await this.#preroll.close();
      this.#tools[Symbol.dispose]();
      await this.#options.conformer[Symbol.asyncDispose]();
    }
  }

  /** One frame, one line a stage. */
  async #air(n: Tick, signal: AbortSignal): Promise<void> {
    const staged = await this.#staged(n, signal); // plan/ and decoder/
    // While that settled, its decoder may have given way to the next one, or an edit may have asked for the tick.
    if (!this.#isOverdue && (this.#isHeld || !this.#isStaged(n, staged.place, staged.source))) return;
    const { place, source } = staged;
    if (this.#isCommitters(n, place, source)) return this.#passOver(n, place);
    this.#inheritance = undefined;
    const { picture, meta, timing } = this.#pictures.tick(n, place, source, this.#timeline.plan.revision); // conform/
    const { sound, silentSamples, isLate } = this.#soundOf(n, place, source); // conform/
    this.#options.writer.submit(n, picture, sound, { ...meta, silentSamples }); // bus/
    source?.aired(n, timing, isLate);
    this.#submitted(n, place, source, meta);
  }

  /** True where nothing is to air yet but what a predecessor left on the bus. */
  #isCommitters(n: Tick, place: Place, source: Source | undefined): boolean {
    if (place.in !== "segment" || this.#inheritance?.has(n, place) !== true) return false;
    const answer = source?.picture(n, this.#pictures.treatment(n, place));
    return answer?.is === "coming" || answer?.is === "not-yet";
  }

  #passOver(n: Tick, place: Place): void {
    this.#pictures.left(place);
    this.#sound.resume();
    this.#next = tickAfter(n, 1);
  }

  /** Asks for the next tick's picture before sleeping: when the tick's turn comes it is there, and nobody has to be woken for it. */
  #wantNext(): void {
    const n = this.#next;
    const place = this.#timeline.at(n);
    if (place.in === "segment") this.#preroll.sourceOf(place)?.want(n, this.#pictures.treatment(n, place));
  }

  /** Sleeps until the next tick's turn, at which it is within the target lead: decoding runs at the pace of the clock. */
  async #untilTurn(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const at = this.#tools.turns.dueAt(this.#next);
    if (clock.now() < at) await clock.sleepUntil(at, signal);
  }

  /** Ticks whose deadline has passed are the committer's: go on with the first that can still be made. */
  #skipOverdue(): void {
    const { clock, grid } = this.#options;
    const now = clock.now();
    const from = this.#next;
    while (this.#deadline(this.#next) < now) {
      const behind = grid.ticksIn((now - this.#deadline(this.#next)) as Nanoseconds);
      this.#next = tickAfter(this.#next, Math.max(1, behind));
    }
    const ticks = this.#next - from;
    if (ticks === 0) return;
    this.#pictures.skipped(ticks);
    this.#sound.resume();
    this.#metrics.count("framesDropped", ticks);
    this.#options.onEvent?.({ type: "ticks-skipped", from, ticks });
  }

  /** When the planned frame of a tick must be there: one tick before the committer would stand in. */
  #deadline(n: Tick): Nanoseconds {
    const { grid, settings } = this.#options;
    return (grid.tickTime(n) - settings.guardNs - grid.length(1)) as Nanoseconds;
  }

  /** Waits until picture and sound of the tick are there, or its deadline has come. The plan may change meanwhile. */
  async #staged(n: Tick, signal: AbortSignal): Promise<Staged> {
    this.#isOverdue = false;
    let isArmed = false;
    try {
      for (;;) {
        signal.throwIfAborted();
        const place = this.#timeline.at(n);
        this.#preroll.review(this.#timeline, n);
        this.#edited = undefined;
        const source = this.#preroll.sourceOf(place);
        const isStaged = this.#isStaged(n, place, source);
        if (this.#isOverdue) this.#isHeld = false;
        if (this.#isOverdue || (isStaged && !this.#isHeld)) return { place, source };
        if (isArmed) {
          await this.#wake.wait();
          continue;
        }
        // What lies ready with its decoder is here before the next event: no deadline has to be set for it.
        if (await this.#wake.settles()) continue;
        this.#arm(n, source);
        // And is looked for once more before it sleeps: nobody was listening in the moment since.
        isArmed = true;
      }
    } finally {
      if (isArmed) this.#alarm.disarm();
    }
  }

  /** True where nothing that is to come would change what airs at the tick. Asks for what is missing. */
  #isStaged(n: Tick, place: Place, source: Source | undefined): boolean {
    if (place.in !== "segment" || source === undefined) return true;
    const how = this.#pictures.treatment(n, place);
    source.want(n, how);
    source.hasten(n, how);
    const isDecided = source.isWaiting || this.#isReady(n, source, place);
    // What is the committer's is so at its deadline only: until then a retry may help, or an edit come.
    return isDecided && !this.#isCommitters(n, place, source);
  }

  /** Rings at the tick's deadline, and before that when its source is to be hastened. */
  #arm(n: Tick, source: Source | undefined): void {
    const deadline = this.#deadline(n);
    const hasteAt = source?.hasteAt(n);
    const isEarlier = hasteAt !== undefined && hasteAt < deadline;
    this.#overdueAt = isEarlier ? deadline : undefined;
    this.#alarm.arm(isEarlier ? hasteAt : deadline);
  }

  #isReady(n: Tick, source: Source, place: SegmentPlace): boolean {
    if (!source.isReadyFor(n, this.#pictures.treatment(n, place))) return false;
    // A join begins with half a second of sound in reserve, or with all there is.
    return !source.expectsSound || source.hasAired || source.primed;
  }

  #soundOf(n: Tick, place: Place, source: Source | undefined): SoundOfTick {
    if (place.in !== "segment" || place.segment.asset === undefined || source?.expectsSound === false) {
      return this.#sound.planned(n);
    }
    const { grid } = this.#options;
    return this.#sound.tick(n, source?.sound, {
      place,
      gainDb: place.segment.gainDb,
      fadeFrom: fadeAlphaAt(place, n, grid),
      fadeTo: fadeAlphaAt(place, tickAfter(n, 1), grid),
      // Within a run of media there is nothing to de-click, whatever boundaries it crosses.
      cutIn: n === place.anchor.first,
      cutOut: n + 1 === place.end && !isContinued(place, this.#timeline),
    });
  }

  #submitted(n: Tick, place: Place, source: Source | undefined, meta: PictureMeta): void {
    this.#news.submitted(n, place, source, meta);
    this.#next = tickAfter(n, 1);
  }

  /** True where the plan had something else there until now, and this is nearer than what is prepared in time. */
  #isLateTake(place: SegmentPlace): boolean {
    if (this.#edited === undefined || !this.#news.hasBegun) return false;
    const { grid, settings } = this.#options;
    if (place.first >= this.#next + grid.ticksIn(settings.prerollNs)) return false;
    return !sameMedia(this.#edited.at(Math.max(place.first, this.#next) as Tick), place);
  }

  #openSource(place: SegmentPlace, isShadow = false): Source {
    const { onEvent, languages } = this.#options;
    return new Source({
      tools: this.#tools,
      chooser: this.#options.chooser,
      place,
      nextTick: () => this.#next,
      isShadow,
      lateTake: !isShadow && this.#isLateTake(place),
      languages: languages ?? [],
      onProgress: () => this.#wake.notify(),
      onFailure: (failure) => {
        this.#metrics.count("decodeFailureCount");
        onEvent?.({ type: "source-failed", tick: this.#next, failure });
      },
      onChange: (change) => this.#news.decoderChanged(change, this.#next),
      onPreparation: (told) => onEvent?.(told),
      onCorrection: (asset) => {
        this.#metrics.count("corrections");
        onEvent?.({ type: "corrected", tick: this.#next, uri: asset.uri });
      },
      onStuck: (asset, decoderIndex) => onEvent?.({ type: "decoder-stuck", uri: asset.uri, decoderIndex }),
    });
  }
}

function supplyOf({ writer, format, directReferences = 0 }: ChannelOptions): BufferSupply | undefined {
  if (directReferences === 0) return undefined;
  const fits = (of: PictureFormat) => fitsProgram(of, format);
  return new BufferSupply({ writer, format, fits, buffersMax: directReferences });
}

/** True where what follows the place goes on with its media. */
function isContinued(place: SegmentPlace, timeline: Timeline): boolean {
  const following = timeline.placesFrom(place.end, 1)[0];
  return following !== undefined && sameMedia(place, following);
}
