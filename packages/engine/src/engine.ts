import {
  type Clock,
  type ControlServices,
  type Endpoint,
  type FrameBus,
  type HostTime,
  type Nanoseconds,
  nanosecondsFromMs,
  orAbort,
  PlayoutError,
} from "@retrovue/core";
import type { Container } from "@retrovue/core/di";
import type { ChannelRegistry } from "./channels/channel-registry.js";
import { ProcessHold } from "./clock/process-hold.js";
import { compose } from "./compose.js";
import type { PlayoutConfig } from "./config/playout-config.js";
import { openControl } from "./control/open-control.js";
import { serveControl } from "./control/serve-control.js";
import { type EngineAddresses, serveHttp } from "./http/serve.js";
import type { Log } from "./log/log.js";
import type { FileCalls } from "./media/file-calls.js";
import type { ChannelPorts } from "./outputs/channel-ports.js";
import { type ReloadDeps, reload } from "./reload.js";
import { Teardown, type TeardownReport } from "./teardown.js";
import { ClockGauges, recordBuild } from "./telemetry/engine-gauges.js";
import { engineTokens } from "./tokens.js";

/** What an engine runs on. */
export interface EngineOptions {
  readonly config: PlayoutConfig;
  readonly host: HostTime;
  readonly log: Log;
  /** Told by `/metrics`. */
  readonly build: { readonly version: string; readonly commit: string; readonly node: string };
  /** Who asks for files that may not answer, where the program around the engine does so as well. Default: the engine's own. */
  readonly files?: FileCalls | undefined;
  /** Ends the start: what has started by then is closed, within 5 s, and `start` rejects with `Cancelled`. */
  readonly signal?: AbortSignal;
}

/** How long the first channels wait for their workers to load plugins: a cold disk takes a second or two. */
const warmNsMax = nanosecondsFromMs(5_000);

/**
 * How long the engine waits for the channels that begin with it, those that requests had on air, and its own files: one whose plan
 * lies on a share that does not answer is told by then, or soon (media/file-calls.ts), and begins when it can.
 */
const startNsMax = nanosecondsFromMs(10_000);

/** How long a reload may take: five rounds of files that hang whoever looks at them (media/media-worker.ts). */
const reloadNsMax = nanosecondsFromMs(60_000);

/** One running engine: the channels of a configuration, their metrics, and their health. It runs until `stop`. */
export class Engine {
  readonly addresses: EngineAddresses;
  readonly channels: ChannelRegistry;
  /** Ports that serve one channel each. */
  readonly channelPorts: ChannelPorts;
  readonly clock: Clock;
  /** For readers within the engine's process. */
  readonly frameBus: FrameBus;
  /** The control plane, for programs that run an engine within themselves. */
  readonly control: ControlServices;
  /** Where the control plane listens. */
  readonly endpoints: readonly Endpoint[];
  readonly #teardown: Teardown;
  readonly #log: Log;
  readonly #ending = new AbortController();
  readonly #host: HostTime;
  readonly #reloadDeps: Omit<ReloadDeps, "late">;
  #config: PlayoutConfig;
  /** Reloads one after another. */
  #reloading: Promise<void> = Promise.resolve();

  private constructor(
    container: Container,
    teardown: Teardown,
    addresses: EngineAddresses,
    served: { readonly control: ControlServices; readonly endpoints: readonly Endpoint[] },
  ) {
    this.addresses = addresses;
    this.control = served.control;
    this.endpoints = served.endpoints;
    this.channels = container.resolve(engineTokens.channels);
    this.channelPorts = container.resolve(engineTokens.channelPorts);
    this.clock = container.resolve(engineTokens.clock);
    this.frameBus = container.resolve(engineTokens.frameBus);
    this.#log = container.resolve(engineTokens.log);
    this.#host = container.resolve(engineTokens.hostTime);
    this.#teardown = teardown;
    this.#config = container.resolve(engineTokens.config);
    this.#reloadDeps = {
      channels: this.channels,
      ports: this.channelPorts,
      resolver: container.resolve(engineTokens.planResolver),
      slates: container.resolve(engineTokens.slates),
      log: this.#log,
      sourceOf: (id) => container.resolve(engineTokens.records).of(id)?.applied.source,
      signal: this.#ending.signal,
    };
  }

  /**
   * Composes an engine and starts the channels that begin with it. Resolves when each of them is on air, has failed or has taken
   * longer than 10 s, none of which keeps another one off air.
   *
   * Rejects where the engine itself cannot run: a plugin that does not load, `PortInUse` for its control address; and with
   * `Cancelled` where the signal aborts, whose details name parts that `failed` to close and those that are `unfinished`. What was
   * opened by then is closed again.
   */
  static async start(options: EngineOptions): Promise<Engine> {
    const { host, log, signal = new AbortController().signal } = options;
    const teardown = new Teardown(host, log);
    const hold = new ProcessHold();
    // The very last: without it the process would end in the middle of its end.
    teardown.add("clock", "process", () => hold[Symbol.dispose]());
    try {
      return await orAbort(Engine.#begin(options, teardown, signal), signal);
    } catch (thrown) {
      // Whoever ends it only while it closes has not kept it from starting.
      const wasEnded = signal.aborted;
      const { failed, unfinished } = await teardown.close();
      if (!wasEnded) throw PlayoutError.from(thrown);
      throw new PlayoutError("Cancelled", "The engine was ended while it started.", {
        cause: signal.reason,
        details: { failed, unfinished },
      });
    }
  }

  /** May overlook its signal for a while: what it opens once the end has begun is closed at once. */
  static async #begin(options: EngineOptions, teardown: Teardown, signal: AbortSignal): Promise<Engine> {
    const { config, host, log, files } = options;
    const container = await compose({ config, host, log, files, teardown });
    const health = container.resolve(engineTokens.health);
    const channels = container.resolve(engineTokens.channels);
    teardown.add("health", "health", () => health.draining());
    teardown.add("channels", "channels", () => channels.close());
    teardown.add("outputs", "outputs", () => channels.closeOutputs());
    measure(container, options.build);
    const addresses = await serveHttp(container, teardown);
    log.info({ ...addresses, engine: config.engine.id, channels: config.channels.length }, "engine started");
    await isDoneWithin(startNsMax, forgetOldPlans(container), host);
    // From its first tick on a channel should have a worker that can make it.
    await isDoneWithin(warmNsMax, container.resolve(engineTokens.warmWorkers)(), host);
    signal.throwIfAborted();
    // Each start waits for its own at most.
    void container.resolve(engineTokens.slates).prepare(config.channels);
    const { control, resume } = openControl(container, options.build.version, teardown);
    const demand = container.resolve(engineTokens.demand);
    teardown.add("health", "demand", () => demand[Symbol.dispose]());
    if (!(await isDoneWithin(startNsMax, channels.startConfigured(), host)))
      for (const id of channels.starting())
        log.error({ channel: id, err: slowStart(id) }, "channel not started yet");
    if (!(await isDoneWithin(startNsMax, resume(), host)))
      log.error("requested channels are still being resumed; the engine goes on");
    signal.throwIfAborted();
    demand.start();
    // Calls are taken when there is something to control, and at the end before anything else is closed.
    const endpoints = await serveControl(container, control, teardown);
    for (const { protocol, address } of endpoints) log.info({ protocol, address }, "control plane listens");
    signal.throwIfAborted();
    health.serving();
    return new Engine(container, teardown, addresses, { control, endpoints });
  }

  /**
   * Takes over what another reading of the configuration says of channels, plans and the log's level, and names in the log what
   * cannot change while it runs. What takes longer than 60 s is told and not waited for. Never rejects; one reload at a time, in order.
   */
  reload(wanted: PlayoutConfig): Promise<void> {
    const next = this.#reloading.then(async () => {
      if (this.#ending.signal.aborted) return;
      const late = new AbortController();
      using _timer = this.#host.timer.after(reloadNsMax, () =>
        late.abort(new PlayoutError("Timeout", "The reload took longer than 60 s.")),
      );
      this.#config = await reload(this.#config, wanted, { ...this.#reloadDeps, late: late.signal });
    });
    // The next one has its chance all the same.
    this.#reloading = next.catch((thrown: unknown) =>
      this.#log.error({ err: PlayoutError.from(thrown) }, "the configuration was not reloaded"),
    );
    return this.#reloading;
  }

  /** Ends everything in the order of docs/teardown.md, within 5 s. Never rejects; idempotent. */
  async stop(): Promise<TeardownReport> {
    this.#log.info("engine stopping");
    this.#ending.abort(new PlayoutError("Closed", "The engine is closing."));
    const report = await this.#teardown.close();
    this.#log.info({ failed: report.failed.length, unfinished: report.unfinished.length }, "engine stopped");
    return report;
  }
}

/** Waits for work that goes on by itself, but only for so long. True where it is done; rejects as it does. */
async function isDoneWithin(
  length: Nanoseconds,
  work: Promise<unknown>,
  host: Pick<HostTime, "timer">,
): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  using _timer = host.timer.after(length, () => late.resolve(false));
  return await Promise.race([work.then(() => true), late.promise]);
}

const slowStart = (id: number): PlayoutError =>
  new PlayoutError(
    "Timeout",
    `Channel ${id} takes longer than 10 s to start; the engine goes on without it.`,
    {
      remedy: "See whether the files of its plan answer; it goes on air when it can.",
      details: { channel: id },
    },
  );

/** Tells the build, and has values that are looked up brought in when metrics are scraped. */
function measure(container: Container, build: EngineOptions["build"]): void {
  const metrics = container.resolve(engineTokens.prometheus);
  const clock = container.resolve(engineTokens.clock);
  const channels = container.resolve(engineTokens.channels);
  const clockGauges = new ClockGauges(metrics);
  recordBuild(metrics, build);
  metrics.onScrape(() => {
    channels.measure();
    clockGauges.look(clock.health());
  });
}

async function forgetOldPlans(container: Container): Promise<void> {
  const { channels, engine } = container.resolve(engineTokens.config);
  const now = container.resolve(engineTokens.hostTime).utc();
  const kept = new Set(channels.map(({ id }) => id));
  await container.resolve(engineTokens.savedPlans).prune(kept, now, engine.keepDays);
}
