import type { CommitterEvent } from "../bus/committer.js";
import type { ChannelEvent } from "../channel/events.js";
import { expectationOf } from "../channel/expectation.js";
import type { Preview } from "../channel/shadow.js";
import { SteadyTime } from "../clock/steady-time.js";
import { settlesWithin } from "../clock/time-limit.js";
import { PlayoutError } from "../errors/playout-error.js";
import { type MetricsRecorder, silentMetrics } from "../metrics/recorder.js";
import type { Plan } from "../plan/plan.js";
import { Timeline } from "../plan/timeline.js";
import { type Nanoseconds, nanosecondsFromMs, type Tick, tickAfter } from "../time/units.js";
import type { Retry } from "./backoff.js";
import { type ChannelSignal, type ChannelState, channelStates, nextState } from "./channel-state.js";
import { type LastLook, nextLookAt } from "./look-pace.js";
import { RowOfDeaths } from "./row-of-deaths.js";
import type { ChannelSupervisorOptions } from "./supervisor-options.js";
import type { Suspect, Worker, WorkerExit } from "./worker.js";
import { WorkerProgress } from "./worker-progress.js";

/**
 * How long a worker that is asked to leave has for it, then it is killed: its share of the 5 s that the engine's end takes
 * (docs/teardown.md), whatever a decoder may be silent for while it is on air.
 */
export const workerStopNsMax = nanosecondsFromMs(1_000);

/** A worker that is well answers within a millisecond; below the minimum lead, so that waiting never costs a tick. */
const holdNsMax = nanosecondsFromMs(50);

/** Boundaries told to the committer ahead; its bound (see `Committer.expect`). */
const expectationsMax = 64;

/** A pair that only hung is tried again after this long: mounts come back. */
const hungBarNs = nanosecondsFromMs(10 * 60_000);

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
  readonly #deaths: RowOfDeaths;
  readonly #time: SteadyTime;
  /** By which revision the committer knows what is planned, and from which tick on it can be told more. */
  #told: { readonly revision: number; readonly until: Tick } | undefined;
  /** True while what is on air has used up its quick retries. */
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
    this.#deaths = new RowOfDeaths(options);
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
    this.#replace(first, undefined, []);
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
    this.#deaths.hurry();
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
      if (!(await settlesWithin(exited, workerStopNsMax, this.#options.clock)))
        running.worker.kill("did not stop");
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
    let worker: Worker;
    try {
      worker = workers.spawn(order, {
        onEvent: (event) => this.#onWorker(event),
        onAlive: (isOpen) => progress.live(isOpen),
        onExit: (exit) => this.#onExit(lane.lane, exit),
      });
    } catch (thrown) {
      committer.retireLane(lane.lane, "workerLost");
      throw thrown;
    }
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
    const isForgiven = barred.length > 0 || (progress.hasBegun && exit.fromOutside === true);
    const retry = this.#deaths.add(progress, isForgiven);
    if (retry !== undefined) void this.#spawnLater(retry, exit, barred);
    else this.#replace(this.#firstReachable(), exit, barred);
  }

  /** @param exit of the one before it; undefined for the first */
  #replace(from: Tick, exit: WorkerExit | undefined, barred: readonly Suspect[]): void {
    try {
      this.#spawn(from);
    } catch (thrown) {
      // Descriptors or memory are used up, as a rule.
      void this.#spawnLater(this.#deaths.addUnborn(), exit, barred, PlayoutError.from(thrown));
      return;
    }
    if (exit === undefined) return;
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

  async #spawnLater(
    { afterNs, exhausted }: Retry,
    exit: WorkerExit | undefined,
    barred: readonly Suspect[],
    error?: PlayoutError,
  ): Promise<void> {
    this.#options.onEvent?.({ type: "worker-delayed", afterNs, ...(error && { error }) });
    if (exhausted) this.#signal("gave-up");
    await this.#deaths.wait(afterNs, this.#timeline, this.#nextTick(), this.#stop.signal);
    if (!this.#stop.signal.aborted) this.#replace(this.#firstReachable(), exit, barred);
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
    if (!this.#deaths.isExhausted) this.#signal("recovered");
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
    if (this.#deaths.settles(progress) && !this.#isFailing) this.#signal("recovered");
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
