import {
  type Clock,
  type ControlServices,
  type Endpoint,
  type FrameBus,
  type HostTime,
  nanosecondsFromMs,
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
}

/** How long the first channels wait for their workers to load plugins: a cold disk takes a second or two. */
const warmNsMax = nanosecondsFromMs(5_000);

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
  readonly #reloadDeps: ReloadDeps;
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
   * Composes an engine and starts the channels that begin with it. Resolves when each of them is on air or has failed, which
   * keeps no other one off air.
   *
   * Rejects where the engine itself cannot run: a plugin that does not load, `PortInUse` for its control address. What was
   * opened by then is closed again.
   */
  static async start(options: EngineOptions): Promise<Engine> {
    const { config, host, log } = options;
    const teardown = new Teardown(host, log);
    const hold = new ProcessHold();
    // The very last: without it the process would end in the middle of its end.
    teardown.add("clock", "process", () => hold[Symbol.dispose]());
    try {
      const container = await compose({ config, host, log, teardown });
      const health = container.resolve(engineTokens.health);
      const channels = container.resolve(engineTokens.channels);
      teardown.add("health", "health", () => health.draining());
      teardown.add("channels", "channels", () => channels.close());
      teardown.add("outputs", "outputs", () => channels.closeOutputs());
      measure(container, options.build);
      const addresses = await serveHttp(container, teardown);
      log.info(
        { ...addresses, engine: config.engine.id, channels: config.channels.length },
        "engine started",
      );
      await forgetOldPlans(container);
      // From its first tick on a channel should have a worker that can make it.
      await warmed(container, host);
      // Each start waits for its own at most.
      void container.resolve(engineTokens.slates).prepare(config.channels);
      const { control, resume } = openControl(container, options.build.version, teardown);
      const demand = container.resolve(engineTokens.demand);
      teardown.add("health", "demand", () => demand[Symbol.dispose]());
      await channels.startConfigured();
      await resume();
      demand.start();
      // Calls are taken when there is something to control, and at the end before anything else is closed.
      const endpoints = await serveControl(container, control, teardown);
      for (const { protocol, address } of endpoints) log.info({ protocol, address }, "control plane listens");
      health.serving();
      return new Engine(container, teardown, addresses, { control, endpoints });
    } catch (thrown) {
      await teardown.close();
      throw PlayoutError.from(thrown);
    }
  }

  /**
   * Takes over what another reading of the configuration says of channels, plans and the log's level, and names in the log what
   * cannot change while it runs. Never rejects; one reload at a time, in order.
   */
  reload(wanted: PlayoutConfig): Promise<void> {
    this.#reloading = this.#reloading.then(async () => {
      if (!this.#ending.signal.aborted) this.#config = await reload(this.#config, wanted, this.#reloadDeps);
    });
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

/** Waits for workers that load their plugins, but not for one that never does. */
async function warmed(container: Container, host: HostTime): Promise<void> {
  const late = Promise.withResolvers<void>();
  using _timer = host.timer.after(warmNsMax, () => late.resolve());
  await Promise.race([container.resolve(engineTokens.warmWorkers)(), late.promise]);
}

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
