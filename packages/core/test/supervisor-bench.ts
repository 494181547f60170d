import { MemoryFrameBus } from "../src/bus/memory-frame-bus.js";
import { defaultChannelSettings } from "../src/channel/settings.js";
import type { SourceFailure } from "../src/channel/source.js";
import { SystemClock } from "../src/clock/system-clock.js";
import { PlayoutError } from "../src/errors/playout-error.js";
import type { FrameMeta, FrameWriter } from "../src/index.js";
import { defaultProgramFormat } from "../src/media/program-format.js";
import type { SegmentPlace } from "../src/plan/place.js";
import type { Plan } from "../src/plan/plan.js";
import { Timeline } from "../src/plan/timeline.js";
import { ChannelSupervisor } from "../src/supervision/channel-supervisor.js";
import { Quarantine } from "../src/supervision/quarantine.js";
import type { SupervisorEvent } from "../src/supervision/supervisor-event.js";
import type { Suspect, Worker, WorkerHost, WorkerListener, WorkerOrder } from "../src/supervision/worker.js";
import { metaOf } from "../src/testing/meta-of.js";
import { HouseGrid } from "../src/time/house-grid.js";
import type { Nanoseconds, Tick } from "../src/time/units.js";
import { ms, planOf, segmentOf } from "./plan-examples.js";
import { VirtualHost } from "./virtual-host.js";

const format = { ...defaultProgramFormat, width: 8, height: 2, frameRate: { num: 25, den: 1 } };
export const grid = new HouseGrid(format.frameRate, format.sampleRate);
const settings = defaultChannelSettings;
const never = new AbortController().signal;

/** A worker that does what the test says, and nothing by itself but to leave when it is told. */
class ScriptedWorker implements Worker {
  readonly plans: Plan[] = [];
  readonly previews: WorkerOrder["preview"][] = [];
  held: Promise<Tick | undefined> = Promise.resolve(undefined);
  isKilled = false;
  killedFor: string | undefined;
  isStopped = false;
  isDeafToStop = false;
  isWarm = false;
  #writer: FrameWriter | undefined;

  constructor(
    readonly order: WorkerOrder,
    readonly listener: WorkerListener,
  ) {}

  setPlan(plan: Plan): void {
    this.plans.push(plan);
  }

  setPreview(preview: WorkerOrder["preview"]): void {
    this.previews.push(preview);
  }

  hold(): Promise<Tick | undefined> {
    return this.held;
  }

  release(): void {}

  kill(cause: string): void {
    if (!this.isKilled) this.die(cause);
    this.isKilled = true;
    this.killedFor ??= cause;
  }

  stop(): void {
    this.isStopped = true;
    if (!this.isDeafToStop) this.die("exit code 0");
  }

  die(cause: string, suspects: readonly Suspect[] = []): void {
    queueMicrotask(() => this.listener.onExit({ cause, suspects }));
  }

  /** Somebody sends it a signal. */
  dieByHand(): void {
    queueMicrotask(() => this.listener.onExit({ cause: "SIGKILL", suspects: [], fromOutside: true }));
  }

  /** Hands a tick over, as planned unless `how` says otherwise. */
  async submit(bus: MemoryFrameBus, tick: number, how: Partial<FrameMeta> = {}): Promise<void> {
    this.#writer ??= await bus.openWriter(this.order.lane, never);
    const picture = how.standIn === undefined ? await this.#writer.loan(never) : "slate";
    this.#writer.submit(tick as Tick, picture, undefined, { ...shown, ...how });
    if (typeof picture !== "string") picture.release();
  }
}

const shown = metaOf({ decoderIndex: 0 });

/** A supervisor over scripted workers, on a real clock of a virtual host. */
export class SupervisorBench implements WorkerHost {
  readonly host = new VirtualHost();
  readonly clock = new SystemClock(this.host);
  readonly bus = new MemoryFrameBus({ clock: this.clock });
  readonly quarantine = new Quarantine();
  readonly events: SupervisorEvent[] = [];
  readonly workers: ScriptedWorker[] = [];
  readonly first = grid.tickAtOrAfter((this.clock.now() + ms(300)) as Nanoseconds);
  supervisor!: ChannelSupervisor;
  settings = settings;
  /** Whether workers had loaded everything before their order. */
  isWarm = false;
  /** What beginning a worker throws: the system has none to give. */
  spawnFault: Error | undefined;
  /** What opening a lane throws. */
  laneFault: Error | undefined;

  async start(first: Tick = this.first, plan: Plan = this.plan()): Promise<this> {
    this.clock.markAired();
    const spec = {
      engineId: "t",
      channelId: 1,
      format,
      leadTicks: grid.ticksIn(settings.leadNsTarget) + 2,
      historyTicks: 10,
      guardNs: settings.guardNs,
      mapping: this.clock.mapping(),
    };
    const committer = await this.bus.create(spec, never);
    committer.setPolicy({ holdTicksMax: 50, after: "slate" });
    const openLane = committer.openLane.bind(committer);
    committer.openLane = () => {
      if (this.laneFault !== undefined) throw this.laneFault;
      return openLane();
    };
    this.supervisor = new ChannelSupervisor(
      {
        grid,
        settings: this.settings,
        clock: this.clock,
        committer,
        workers: this,
        quarantine: this.quarantine,
        onEvent: (event) => this.events.push(event),
      },
      plan,
    );
    this.supervisor.start(first);
    return this;
  }

  plan(revision = 1): Plan {
    return planOf([segmentOf(1, { duration: ms(5_000) }), segmentOf(2)], {
      revision,
      start: grid.tickTime(this.first),
    });
  }

  spawn(order: WorkerOrder, listener: WorkerListener): Worker {
    if (this.spawnFault !== undefined) throw this.spawnFault;
    this.workers.push(new ScriptedWorker(order, listener));
    this.worker.isWarm = this.isWarm;
    return this.worker;
  }

  /** The newest worker. */
  get worker(): ScriptedWorker {
    return this.workers.at(-1) as ScriptedWorker;
  }

  place(tick: Tick = this.first): SegmentPlace {
    return new Timeline(this.plan(), grid).at(tick) as SegmentPlace;
  }

  pass(length: number): Promise<void> {
    return this.host.run(ms(length));
  }

  /** The worker says that it lives, and hands nothing over, for so long. */
  async live(length: number, isOpen: boolean): Promise<void> {
    const { worker } = this;
    const until = this.clock.now() + ms(length);
    while (this.clock.now() < until) {
      worker.listener.onAlive(isOpen);
      await this.pass(50);
    }
  }

  /** The worker hands over tick after tick for so long, as a good one does. */
  async work(length: number, how?: Partial<FrameMeta>): Promise<void> {
    const until = this.clock.now() + ms(length);
    while (this.clock.now() < until) {
      const head = this.supervisor.timeline && this.next();
      await this.worker.submit(this.bus, head, how);
      await this.pass(40);
    }
  }

  #next = -1;
  next(): number {
    this.#next = Math.max(this.#next + 1, this.worker.order.from);
    return this.#next;
  }

  types(type: SupervisorEvent["type"]): SupervisorEvent[] {
    return this.events.filter((event) => event.type === type);
  }

  failure(uri: string, exhausted: boolean): SupervisorEvent & { type: "source-failed" } {
    const failure: SourceFailure = {
      asset: { uri },
      error: new PlayoutError("DecodeFailed", "It failed."),
      reason: "decodeFailed",
      decoderIndex: undefined,
      retry: { afterNs: ms(1_000), exhausted },
    };
    return { type: "source-failed", tick: this.first, failure };
  }

  async stop(): Promise<void> {
    const stopped = this.supervisor.stop();
    await this.pass(10_000);
    await stopped;
  }
}
