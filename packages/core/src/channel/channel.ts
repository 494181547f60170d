import type { Expectation } from "../bus/committer.js";
import type { FrameWriter } from "../bus/frame-bus.js";
import { type FrameMeta, noSegmentId } from "../bus/frame-meta.js";
import { Alarm } from "../clock/alarm.js";
import type { Clock } from "../clock/clock.js";
import type { Conformer, PictureTreatment } from "../conform/conformer.js";
import type { DecoderChooser } from "../decoder/choice.js";
import { PlayoutError } from "../errors/playout-error.js";
import type { ProgramFormat } from "../media/program-format.js";
import { type MetricsRecorder, silentMetrics } from "../metrics/recorder.js";
import { fadeAlphaAt } from "../plan/fade.js";
import type { Place, SegmentPlace } from "../plan/place.js";
import type { Timeline } from "../plan/timeline.js";
import type { HouseGrid } from "../time/house-grid.js";
import { type Nanoseconds, type Tick, tickAfter } from "../time/units.js";
import type { ChannelEvent } from "./events.js";
import { Ladder } from "./ladder.js";
import { metaOfPicture, metaOfPlanned, metaOfStandIn } from "./meta.js";
import { Preroll } from "./preroll.js";
import type { ChannelSettings } from "./settings.js";
import type { SharedPicture } from "./shared-picture.js";
import { SoundLine, type SoundOfTick } from "./sound-line.js";
import { Source } from "./source.js";
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
  readonly onEvent?: (event: ChannelEvent) => void;
  readonly metrics?: MetricsRecorder;
}

/** What was decided for a tick's picture. */
interface PictureOfTick {
  readonly picture: Parameters<FrameWriter["submit"]>[1];
  readonly meta: Omit<FrameMeta, "silentSamples">;
}

/**
 * One running timeline on one bus: the loop that makes each tick's frame, ahead of its time, whatever happens to files and
 * decoders. It holds no state that a successor would need: a new one, given the same timeline, goes on at the
 * right place.
 */
export class Channel {
  readonly #options: ChannelOptions;
  readonly #preroll: Preroll;
  readonly #ladder: Ladder;
  readonly #soundLine: SoundLine;
  readonly #wake = new Wake();
  readonly #alarm: Alarm;
  readonly #metrics: MetricsRecorder;
  #timeline: Timeline;
  #next: Tick = 0 as Tick;
  #before: { meta: Omit<FrameMeta, "silentSamples">; place: Place } | undefined;
  /** What aired at the tick before, if that was a planned picture of this channel. */
  #lastPicture: SharedPicture | undefined;
  /** True where ticks before the next one were left to the committer. */
  #hasSkipped = false;
  /** Set while a tick waits for its picture and its deadline has come. */
  #isOverdue = false;
  /** True from an edit of the plan until the first tick after it. */
  #isEdited = false;

  constructor(options: ChannelOptions) {
    const { settings, grid, clock, format } = options;
    this.#options = options;
    this.#timeline = options.timeline;
    this.#metrics = options.metrics ?? silentMetrics;
    this.#ladder = new Ladder(settings, grid);
    this.#soundLine = new SoundLine(grid, format);
    this.#alarm = new Alarm(clock, () => {
      this.#isOverdue = true;
      this.#wake.notify();
    });
    this.#preroll = new Preroll({
      aheadTicks: grid.ticksIn((settings.prerollNs + settings.leadNsTarget) as Nanoseconds),
      sourcesMax: settings.sourcesMax,
      open: (place) => this.#openSource(place),
    });
  }

  /** The next tick to be submitted: the first that an edit of the plan can still change. */
  get nextTick(): Tick {
    return this.#next;
  }

  /** Takes effect from the next tick not yet submitted. What is on air and unchanged in it plays on. */
  setTimeline(timeline: Timeline): void {
    this.#timeline = timeline;
    this.#isEdited = true;
    this.#metrics.count("planUpdates");
    this.#wake.notify();
  }

  /**
   * Makes frames from tick `first` on until the signal aborts; resolves when all decoders are closed.
   *
   * @param continues true where the tick before `first` is on the bus as planned, so that sound goes on without a fade
   */
  async run(first: Tick, signal: AbortSignal, continues = false): Promise<void> {
    this.#next = first;
    if (!continues) this.#soundLine.resume();
    const stop = () => this.#wake.notify();
    signal.addEventListener("abort", stop);
    try {
      while (!signal.aborted) {
        await this.#untilLead(signal);
        this.#skipOverdue();
        await this.#air(this.#next, signal);
      }
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    } finally {
      signal.removeEventListener("abort", stop);
      this.#alarm[Symbol.dispose]();
      this.#ladder.clear();
      await this.#preroll.close();
      await this.#options.conformer[Symbol.asyncDispose]();
    }
  }

  /** One frame, one line a stage. */
  async #air(n: Tick, signal: AbortSignal): Promise<void> {
    const { place, source } = await this.#staged(n, signal); // plan/, decoder/
    const { picture, meta } = this.#pictureOf(n, place, source); // conform/
    const { sound, silentSamples } = this.#soundOf(n, place, source); // conform/
    this.#options.writer.submit(n, picture, sound, { ...meta, silentSamples }); // bus/
    this.#submitted(n, place, meta);
  }

  /** Sleeps until tick `#next` is within the target lead, preparing what comes into reach meanwhile. */
  async #untilLead(signal: AbortSignal): Promise<void> {
    const { clock, grid, settings } = this.#options;
    const at = (grid.tickTime(this.#next) - settings.leadNsTarget) as Nanoseconds;
    if (clock.now() < at) await clock.sleepUntil(at, signal);
  }

  /** Ticks whose deadline has passed are the committer's: go on with the first that can still be made. */
  #skipOverdue(): void {
    const { clock, grid } = this.#options;
    const now = clock.now();
    if (now <= this.#deadline(this.#next)) return;
    const from = this.#next;
    while (this.#deadline(this.#next) < now) {
      const behind = grid.tickAtOrBefore((now - this.#deadline(this.#next)) as Nanoseconds);
      this.#next = tickAfter(this.#next, Math.max(1, behind));
    }
    const ticks = this.#next - from;
    this.#ladder.skipped(ticks);
    this.#soundLine.resume();
    this.#lastPicture = undefined;
    this.#hasSkipped = true;
    this.#metrics.count("framesDropped", ticks);
    this.#options.onEvent?.({ type: "ticks-skipped", from, ticks });
  }

  /** When the planned frame of a tick must be there: one tick before the committer would stand in. */
  #deadline(n: Tick): Nanoseconds {
    const { grid, settings } = this.#options;
    return (grid.tickTime(n) - settings.guardNs - grid.length(1)) as Nanoseconds;
  }

  /** Waits until picture and sound of the tick are there, or its deadline has come. The plan may change meanwhile. */
  async #staged(
    n: Tick,
    signal: AbortSignal,
  ): Promise<{ readonly place: Place; readonly source: Source | undefined }> {
    this.#isOverdue = false;
    let isArmed = false;
    try {
      for (;;) {
        signal.throwIfAborted();
        const place = this.#timeline.at(n);
        this.#preroll.review(this.#timeline, n);
        this.#isEdited = false;
        const source = this.#preroll.sourceOf(place);
        if (place.in !== "segment" || source === undefined || this.#isOverdue) return { place, source };
        const how = this.#treatment(n, place);
        source.want(n, how);
        if (source.isWaiting || this.#isReady(n, source, how)) return { place, source };
        if (!isArmed) this.#alarm.arm(this.#deadline(n));
        isArmed = true;
        await this.#wake.wait();
      }
    } finally {
      if (isArmed) this.#alarm.disarm();
    }
  }

  #isReady(n: Tick, source: Source, how: PictureTreatment): boolean {
    const { grid } = this.#options;
    const answer = source.picture(n, how);
    // A first picture that is shown later will not come earlier by waiting.
    if (answer.is === "coming") return false;
    if (!source.expectsSound) return true;
    const { sound } = source;
    return (
      sound !== undefined && (sound.ended || sound.at + sound.available >= grid.sampleAt(tickAfter(n, 1)))
    );
  }

  #pictureOf(n: Tick, place: Place, source: Source | undefined): PictureOfTick {
    const revision = this.#timeline.plan.revision;
    if (place.in !== "segment" || place.segment.asset === undefined) {
      this.#ladder.clear();
      return { picture: "black", meta: metaOfPlanned(n, place, revision) };
    }
    const answer = source?.picture(n, this.#treatment(n, place));
    if (answer?.is === "picture") {
      const { picture } = answer;
      const isFirst = n === place.first;
      const repeat = this.#lastPicture === picture;
      this.#ladder.aired(n, place, picture);
      source?.wasOnTime();
      this.#lastPicture = picture;
      return {
        picture: picture.buffer,
        meta: metaOfPicture(place, revision, picture, isFirst, repeat, this.#breaks(n, place)),
      };
    }
    return this.#standInOf(n, place, revision, source, answer?.is === "ended");
  }

  #standInOf(
    n: Tick,
    place: SegmentPlace,
    revision: number,
    source: Source | undefined,
    isEnded: boolean,
  ): PictureOfTick {
    const soundOnly = source?.expectsPictures === false;
    if (soundOnly) {
      const meta = metaOfStandIn(
        n,
        place,
        revision,
        { kind: "slate", reason: "soundOnly", held: undefined },
        this.#breaks(n, place),
      );
      return { picture: "slate", meta };
    }
    this.#lastPicture = undefined;
    if (!isEnded) source?.wasLate(n);
    const reason = isEnded ? "endedEarly" : (source?.reason ?? "late");
    const step = this.#ladder.standIn(expectationOf(place, revision), reason);
    const meta = metaOfStandIn(n, place, revision, step, this.#breaks(n, place));
    return { picture: step.held?.buffer ?? (step.kind === "black" ? "black" : "slate"), meta };
  }

  #soundOf(n: Tick, place: Place, source: Source | undefined): SoundOfTick {
    if (place.in !== "segment" || place.segment.asset === undefined || source?.expectsSound === false)
      return this.#soundLine.planned(n);
    const { grid } = this.#options;
    if (n !== place.anchor.first && this.#before !== undefined && !isSameRun(this.#before.place, place))
      this.#soundLine.resume();
    return this.#soundLine.tick(n, source?.sound, {
      gainDb: place.segment.gainDb,
      fadeFrom: fadeAlphaAt(place, n, grid),
      fadeTo: fadeAlphaAt(place, tickAfter(n, 1), grid),
      // Within a run of media there is nothing to de-click, whatever boundaries it crosses.
      cutIn: n === place.anchor.first,
      cutOut: n + 1 === place.end && !isContinued(place, this.#timeline),
    });
  }

  #treatment(n: Tick, place: SegmentPlace): PictureTreatment {
    const alpha = fadeAlphaAt(place, n, this.#options.grid);
    return { aspect: place.segment.aspect ?? this.#options.format.aspectPolicy, alpha, field: "both" };
  }

  /** True where this tick does not follow from the one before: a return from a fault, a splice, a join. */
  #breaks(n: Tick, place: SegmentPlace): boolean {
    const before = this.#before;
    if (before === undefined || this.#hasSkipped) return true;
    if (n === place.first) return false;
    return (
      (before.meta.standIn !== undefined && !before.meta.pad) ||
      segmentIdOf(before.place) !== place.segment.id
    );
  }

  #submitted(n: Tick, place: Place, meta: Omit<FrameMeta, "silentSamples">): void {
    if (this.#before === undefined) this.#options.onEvent?.({ type: "worker-began", tick: n });
    if (place.in === "segment" && n === place.first) {
      this.#metrics.count("assetTransitions");
      this.#options.onEvent?.({
        type: "segment-began",
        tick: n,
        place,
        ready: meta.standIn === undefined || meta.pad,
      });
    }
    this.#before = { meta, place };
    this.#hasSkipped = false;
    this.#next = tickAfter(n, 1);
  }

  #openSource(place: SegmentPlace): Source {
    const { asset } = place.segment;
    if (asset === undefined) throw new PlayoutError("Internal", "A pad needs no source.");
    const { grid, format, settings, clock, writer, conformer, chooser, languages, onEvent } = this.#options;
    return new Source({
      tools: { grid, format, settings, clock, writer, conformer },
      chooser,
      place,
      asset,
      nextTick: () => this.#next,
      lateTake: this.#isEdited && this.#before !== undefined && place.first <= this.#next,
      languages: languages ?? [],
      onProgress: () => this.#wake.notify(),
      onFailure: (failure) => {
        this.#metrics.count("decodeFailureCount");
        onEvent?.({ type: "source-failed", tick: this.#next, failure });
      },
      onCorrection: () => {
        this.#metrics.count("corrections");
        onEvent?.({ type: "corrected", tick: this.#next, uri: asset.uri });
      },
      onStuck: (stuck, decoderIndex) => onEvent?.({ type: "decoder-stuck", uri: stuck.uri, decoderIndex }),
    });
  }
}

/** True where two places are of one run of media. */
const isSameRun = (a: Place, b: Place): boolean =>
  a.in === "segment" &&
  b.in === "segment" &&
  a.anchor.first === b.anchor.first &&
  a.anchor.inPoint === b.anchor.inPoint &&
  a.segment.asset?.uri === b.segment.asset?.uri;

/** True where what follows the place goes on with its media. */
function isContinued(place: SegmentPlace, timeline: Timeline): boolean {
  const following = timeline.placesFrom(place.end, 1)[0];
  return following !== undefined && isSameRun(place, following);
}

const segmentIdOf = (place: Place): string => (place.in === "segment" ? place.segment.id : noSegmentId);

/** What the committer would be told of the place. */
export function expectationOf(place: Place, planRevision: number): Expectation {
  const segment = place.in === "segment" ? place.segment : undefined;
  return {
    firstTick: place.first,
    segmentId: segment?.id ?? noSegmentId,
    planRevision,
    assetUri: segment?.asset?.uri ?? "",
    assetTitle: segment?.asset?.title ?? "",
    pad: segment?.asset === undefined,
  };
}
