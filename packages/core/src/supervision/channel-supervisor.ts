import type { Committer, CommitterEvent } from "../bus/committer.js";
import type { ChannelEvent } from "../channel/events.js";
import { expectationOf } from "../channel/expectation.js";
import type { ChannelSettings } from "../channel/settings.js";
import type { Preview } from "../channel/shadow.js";
import type { Clock } from "../clock/clock.js";
import { SteadyTime } from "../clock/steady-time.js";
import { settlesWithin } from "../clock/time-limit.js";
import { PlayoutError } from "../errors/playout-error.js";
import { type MetricsRecorder, silentMetrics } from "../metrics/recorder.js";
import type { Plan } from "../plan/plan.js";
import { Timeline } from "../plan/timeline.js";
import type { HouseGrid } from "../time/house-grid.js";
import { type Nanoseconds, nanosecondsFromMs, type Tick, tickAfter } from "../time/units.js";
import { retryAfter } from "./backoff.js";
import { type ChannelSignal, type ChannelState, channelStates, nextState } from "./channel-state.js";
import { type LastLook, nextLookAt } from "./look-pace.js";
import type { Quarantine } from "./quarantine.js";
import type { Suspect, Worker, WorkerExit, WorkerHost } from "./worker.js";
import { WorkerProgress } from "./worker-progress.js";

/** What a supervisor works with. The committer is its own: it starts and disposes it. */
export interface ChannelSupervisorOptions {
  readonly grid: HouseGrid;
  readonly settings: ChannelSettings;
  readonly clock: Clock;
  readonly committer: Committer;
  readonly workers: WorkerHost;
  /** Shared by all channels of an engine: an asset that kills here is not tried there. */
  readonly quarantine: Quarantine;
  readonly onEvent?: (event: SupervisorEvent) => void;
  readonly metrics?: MetricsRecorder;
}

/** What the engine hears of a channel, once per episode. */
export type SupervisorEvent =
  | { readonly type: "state"; readonly from: ChannelState; readonly to: ChannelState }
  | { readonly type: "plan-applied"; readonly revision: number }
  | {
      readonly type: "worker-replaced";
      readonly cause: string;
      readonly barred: readonly string[];
      /** Which configured decoder the first of them is barred for. */
      readonly barredDecoder: number | undefined;
      readonly from: Tick;
      /** Of the processes, the one that is gone and the one in its place; undefined for workers that are none. */
      readonly pidFrom: number | undefined;
      readonly pidTo: number | undefined;
    }
  | { readonly type: "worker-delayed"; readonly afterNs: Nanoseconds }
  | ChannelEvent
  | CommitterEvent;

/** A worker that is well answers within a millisecond; below the minimum lead, so that waiting never costs a tick. */
const holdNsMax = nanosecondsFromMs(50);

/** Boundaries told to the committer ahead; its bound (see `Committer.expect`). */
const expectationsMax = 64;

/** A pair that only hung is tried again after this long: mounts come back. */
const hungBarNs = nanosecondsFromMs(10 * 60_000);

/**
 * A worker that worked and lived this long was of use: the next death is answered at once again, however many there were. Time
 * in which it hung counts: it is the pace of deaths that is slowed down, and a hang takes a second to be found.
 */
const settledNs = nanosecondsFromMs(2_000);

/** Deaths in a row that are answered at once when nobody can be blamed; then with back-off. */
const blamelessMax = 3;

/** A worker and what is known of it. */
interface RunningWorker {
  readonly worker: Worker;
  readonly lane: number;
  readonly progress: WorkerProgress;
}

/**
 * Keeps one channel on air: owns its committer and plan, has a worker make the frames, replaces it when it dies or stops making
 * progress, bars what killed it, and tells the channel's state. Everything it decides follows from the clock and from what it
 * is told, so the simulation runs this very class.
 */
export class ChannelSupervisor {
  readonly #options: ChannelSupervisorOptions;
  readonly #metrics: MetricsRecorder;
  readonly #stop = new AbortController();
  #timeline: Timeline;
  /** The first tick of the channel's life. */
  #first = 0 as Tick;
  #state: ChannelState = "stopped";
  #worker: RunningWorker | undefined;
  #exited: (() => void) | undefined;
  #preview: Preview | undefined;
  #deaths = 0;
  readonly #time: SteadyTime;
  /** By which revision the committer knows what is planned, and from which tick on it can be told more. */
  #told: { readonly revision: number; readonly until: Tick } | undefined;
  #isFailing = false;
  /** True while the committer tells of stand-ins in place of what should air. */
  #isStandingIn = false;
  /** The airing that was told last to have begun, by whichever worker. */
  #begun = "";
  #loop: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  #events: Disposable | undefined;

  constructor(options: ChannelSupervisorOptions, plan: Plan) {
    this.#options = options;
    this.#metrics = options.metrics ?? silentMetrics;
    this.#time = new SteadyTime(options.clock);
    this.#timeline = new Timeline(plan, options.grid);
  }

  get state(): ChannelState {
    return this.#state;
  }

  get timeline(): Timeline {
    return this.#timeline;
  }

  /** Puts the channel on air from tick `first` on. `WrongState` unless it is stopped. */
  start(first: Tick): void {
    this.#signal("start");
    this.#first = first;
    const { committer } = this.#options;
    this.#events = committer.onEvent((event) => this.#onCommitter(event));
    this.#tellExpectations(first);
    committer.start(first);
    this.#spawn(first);
    this.#loop = this.#look();
  }

  /**
   * Takes a new revision: what is on air and unchanged plays on, changes come into force at the first tick not committed
   * yet. A revision that is not newer changes nothing and is answered `false`.
   */
  applyPlan(plan: Plan): boolean {
    if (plan.revision <= this.#timeline.plan.revision) return false;
    this.#timeline = new Timeline(plan, this.#options.grid);
    this.#tellExpectations(this.#nextTick());
    this.#worker?.worker.setPlan(plan);
    this.#options.onEvent?.({ type: "plan-applied", revision: plan.revision });
    return true;
  }

  /** Keeps an asset ready beside what is on air, in the place of the one before; undefined for none. A new worker is told as well. */
  setPreview(preview: Preview | undefined): void {
    this.#preview = preview;
    this.#worker?.worker.setPreview(preview);
  }

  /**
   * Has the worker wait for an edit of the plan, and tells the first tick that it can change. `release` must follow, whether the
   * plan was edited or not. A worker that does not answer at once is not waited for: it may then hand over a tick more.
   */
  async hold(): Promise<Tick> {
    const held = this.#worker?.worker.hold();
    if (held === undefined) return this.#nextTick();
    const isInTime = await settlesWithin(held, holdNsMax, this.#options.clock);
    const tick = isInTime ? await held : undefined;
    return tick === undefined ? tickAfter(this.#nextTick(), 1) : (Math.max(tick, this.#nextTick()) as Tick);
  }

  /** The edit is done, or there is none. */
  release(): void {
    this.#worker?.worker.release();
  }

  /** Ends the worker, then the bus. Resolves when both are gone; idempotent. */
  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  async #end(): Promise<void> {
    this.#stop.abort(new PlayoutError("Closed", "The channel was stopped."));
    const running = this.#worker;
    if (running !== undefined) {
      const exited = new Promise<void>((resolve) => {
        this.#exited = resolve;
      });
      running.worker.stop();
      const { clock, settings } = this.#options;
      if (!(await settlesWithin(exited, settings.stallTimeoutNs, clock))) running.worker.kill("did not stop");
      await exited;
    }
    await this.#loop;
    this.#events?.[Symbol.dispose]();
    this.#time[Symbol.dispose]();
    await this.#options.committer[Symbol.asyncDispose]();
    if (this.#state !== "stopped") this.#signal("stop");
  }

  /** Looks after the channel until it is stopped. */
  async #look(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stop;
    let last: LastLook | undefined;
    while (!signal.aborted) {
      await clock.sleepUntil(nextLookAt(clock.now(), last), signal).catch(() => {});
      if (signal.aborted) return;
      this.#tellExpectations(this.#nextTick());
      // In this order: the state follows from the depth.
      last = { leftNs: this.#checkProgress(), spareNs: this.#checkDepth(), isReady: this.#state === "ready" };
    }
  }

  /** The first tick not committed yet. */
  #nextTick(): Tick {
    const head = this.#options.committer.head();
    return head < this.#first ? this.#first : tickAfter(head, 1);
  }

  /** Tells the committer what is planned, so that it can stand in truly whatever becomes of the worker. */
  #tellExpectations(from: Tick): void {
    const revision = this.#timeline.plan.revision;
    const told = this.#told;
    if (told?.revision === revision && from < told.until) return;
    const places = this.#timeline.placesFrom(from, expectationsMax);
    const onAir = places[0];
    if (onAir === undefined) return;
    this.#told = { revision, until: onAir.end };
    this.#options.committer.expect(places.map((place) => expectationOf(place, revision)));
  }

  #spawn(from: Tick): void {
    const { committer, grid, settings, workers } = this.#options;
    const lane = committer.openLane();
    const { submitted } = committer.counters();
    const progress = new WorkerProgress({ grid, settings, time: this.#time, from, submitted });
    const order = {
      lane,
      plan: this.#timeline.plan,
      from,
      continues: this.#isWholeUpTo(from),
      preview: this.#preview,
    };
    const worker = workers.spawn(order, {
      onEvent: (event) => this.#onWorker(event),
      onAlive: (isOpen) => progress.live(isOpen),
      onExit: (exit) => this.#onExit(lane.lane, exit),
    });
    if (worker.isWarm === true) progress.live(false);
    this.#worker = { worker, lane: lane.lane, progress };
  }

  /** True where the tick before `from` is the last one on the bus, and its sound leads on to it. */
  #isWholeUpTo(from: Tick): boolean {
    const { committer } = this.#options;
    const head = committer.head();
    if (head < this.#first || from !== tickAfter(head, 1)) return false;
    const { soundThrough } = committer.counters();
    // A bus that does not say has told of stand-ins as they began, which may be a moment ago.
    return soundThrough === undefined ? !this.#isStandingIn : soundThrough === head;
  }

  #onExit(lane: number, exit: WorkerExit): void {
    const { committer } = this.#options;
    if (this.#worker?.lane !== lane) return;
    const { progress } = this.#worker;
    progress.note(committer.counters().submitted);
    this.#worker = undefined;
    committer.setReason("workerLost");
    committer.retireLane(lane, "workerLost");
    this.#exited?.();
    if (this.#stop.signal.aborted) return;
    const barred = this.#blame(exit);
    this.#metrics.count("restarts", 1, { what: "worker" });
    // What was killed from outside says nothing of its successor, as long as it came to its work: one that the system kills
    // each time while it opens its file is in a row of deaths as well.
    const isUseful = progress.hasBegun && (exit.fromOutside === true || progress.ageNs >= settledNs);
    this.#deaths = isUseful || barred.length > 0 ? 0 : this.#deaths + 1;
    if (this.#deaths > blamelessMax)
      void this.#spawnLater(retryAfter(this.#deaths - blamelessMax).afterNs, exit, barred);
    else this.#replace(exit, barred);
  }

  #replace(exit: WorkerExit, barred: readonly Suspect[]): void {
    const from = this.#firstReachable();
    this.#spawn(from);
    this.#options.onEvent?.({
      type: "worker-replaced",
      cause: exit.cause,
      barred: barred.map(({ uri }) => uri),
      barredDecoder: barred[0]?.decoderIndex,
      from,
      pidFrom: exit.pid,
      pidTo: this.#worker?.worker.pid,
    });
  }

  async #spawnLater(afterNs: Nanoseconds, exit: WorkerExit, barred: readonly Suspect[]): Promise<void> {
    const { clock, onEvent } = this.#options;
    onEvent?.({ type: "worker-delayed", afterNs });
    await clock.sleepUntil((clock.now() + afterNs) as Nanoseconds, this.#stop.signal).catch(() => {});
    if (!this.#stop.signal.aborted) this.#replace(exit, barred);
  }

  /** The first tick that a worker beginning now can still make: not committed, and its guard time not come. */
  #firstReachable(): Tick {
    const { clock, grid, settings } = this.#options;
    const open = grid.tickAtOrAfter((clock.now() + settings.guardNs + grid.length(1)) as Nanoseconds);
    return Math.max(open, this.#nextTick()) as Tick;
  }

  /**
   * Bars what killed the worker, where that is known. Decoders that were merely at work are not: a worker killed from outside
   * would cost what is on air its decoder. A row of such deaths is slowed down instead.
   */
  #blame(exit: WorkerExit): readonly Suspect[] {
    const { quarantine } = this.#options;
    const guilty = exit.suspects.filter((suspect) => suspect.guilty);
    for (const suspect of guilty) quarantine.bar(suspect);
    return guilty;
  }

  #onWorker(event: ChannelEvent): void {
    const { quarantine, clock, committer, onEvent } = this.#options;
    if (event.type === "segment-began" && !this.#isNews(event)) return;
    onEvent?.(event);
    if (event.type === "worker-began") {
      this.#worker?.progress.begin();
      committer.setReason("starved");
    }
    if (event.type === "source-failed" && event.failure.retry?.exhausted === true)
      this.#onGaveUp(event.failure.asset.uri);
    if (event.type === "decoder-stuck") {
      quarantine.bar(event, (clock.now() + hungBarNs) as Nanoseconds);
      this.#worker?.worker.kill("decoder stuck");
    }
  }

  /** False where a segment goes on that an earlier worker has begun. What begins as planned ends a failure. */
  #isNews({ place, ready }: Extract<ChannelEvent, { type: "segment-began" }>): boolean {
    if (ready) this.#onRecovered();
    const begun = `${place.segment.id} ${place.first}`;
    const isNews = begun !== this.#begun;
    this.#begun = begun;
    return isNews;
  }

  /** Only what is on air makes the channel fail; what is being prepared may still be mended. */
  #onGaveUp(uri: string): void {
    const place = this.#timeline.at(this.#nextTick());
    if (place.in !== "segment" || place.segment.asset?.uri !== uri) return;
    this.#isFailing = true;
    this.#signal("gave-up");
  }

  #onRecovered(): void {
    if (!this.#isFailing) return;
    this.#isFailing = false;
    this.#signal("recovered");
  }

  #onCommitter(event: CommitterEvent): void {
    this.#options.onEvent?.(event);
    if (event.type === "stand-in-began") this.#isStandingIn = true;
    if (event.type !== "stand-in-ended") return;
    this.#isStandingIn = false;
    this.#onRecovered();
  }

  /** How long the worker may still be silent; undefined where there is none. */
  #checkProgress(): bigint | undefined {
    if (this.#worker === undefined) return undefined;
    const { worker, progress } = this.#worker;
    progress.note(this.#options.committer.counters().submitted);
    const leftNs = progress.leftNs();
    if (leftNs <= 0n) worker.kill("no progress");
    return leftNs;
  }

  /** By how much the depth is above the minimum. */
  #checkDepth(): bigint {
    const { clock, grid, committer, settings } = this.#options;
    const depthNs = grid.tickTime(this.#nextTick()) - clock.now();
    // Below the minimum is too little; coming back takes half of the way to the target. While stand-ins are handed over at their
    // deadline the depth stays about the minimum, and with one bound for both ways the state would change at every look.
    const enoughNs =
      this.#state === "buffering" ? (settings.leadNsMin + settings.leadNsTarget) / 2n : settings.leadNsMin;
    const isFilled = depthNs >= enoughNs;
    if (!isFilled && this.#state === "ready") this.#metrics.count("bufferUnderrun");
    const aheadTicks = committer.head() - grid.tickAtOrBefore(clock.now());
    this.#metrics.gauge("bufferDepthFrames", Math.max(0, aheadTicks));
    this.#signal(isFilled ? "filled" : "drained");
    return depthNs - settings.leadNsMin;
  }

  #signal(signal: ChannelSignal): void {
    const from = this.#state;
    const to = nextState(from, signal);
    if (to === from) return;
    this.#state = to;
    this.#metrics.gauge("channelState", channelStates[to]);
    this.#options.onEvent?.({ type: "state", from, to });
  }
}
