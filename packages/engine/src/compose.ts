import { randomUUID } from "node:crypto";
import {
  type BusAddress,
  DisciplinedClock,
  type FrameBus,
  type Nanoseconds,
  nanosecondsFromMs,
  SystemClock,
} from "@retrovue/core";
import { Container } from "@retrovue/core/di";
import { AsRunFiles } from "./as-run/as-run-files.js";
import { AsRunRecorder } from "./as-run/as-run-recorder.js";
import { ChannelDemand, type DemandTable } from "./channels/channel-demand.js";
import { ChannelRegistry } from "./channels/channel-registry.js";
import { busAddressOf } from "./channels/core-settings.js";
import { makeBus } from "./channels/make-bus.js";
import { startsAtOnce } from "./channels/start-turns.js";
import { configuredClock } from "./clock/configured-clock.js";
import { type CompositionInput, contextsOf, opened } from "./compose-plugin.js";
import { bindWork, isEncoding, refuseUnreachableBus } from "./compose-work.js";
import type { PlayoutConfig } from "./config/playout-config.js";
import { ChannelCounts } from "./control/channel-counts.js";
import { ChannelRecords } from "./control/channel-records.js";
import { EventLog } from "./control/events/event-log.js";
import { Health } from "./http/health.js";
import { HttpListener } from "./http/http-listener.js";
import { BarredFiles } from "./media/barred-files.js";
import { FileCalls } from "./media/file-calls.js";
import { MediaAccess } from "./media/media-access.js";
import { ChannelOutputs } from "./outputs/channel-outputs.js";
import { ChannelPorts } from "./outputs/channel-ports.js";
import { ViewPages } from "./outputs/view-pages.js";
import { PlanResolver } from "./plans/plan-resolver.js";
import { SavedPlans } from "./plans/saved-plans.js";
import { configuredPlugins } from "./plugins/configured-plugins.js";
import { PrometheusMetrics } from "./telemetry/prometheus-metrics.js";
import { engineTokens } from "./tokens.js";
import { SharedQuarantine } from "./workers/shared-quarantine.js";

/**
 * The composition root: makes an engine's parts from its configuration and binds them. Nothing is on air yet. The only place,
 * with `Engine`, that resolves from the container.
 */
export async function compose(input: CompositionInput): Promise<Container> {
  const { config, host, log, teardown } = input;
  refuseUnreachableBus(config);
  const plugins = configuredPlugins(config);
  const contextFor = contextsOf(config, log);
  const clock = await configuredClock(
    config,
    plugins.clock,
    host,
    contextFor(plugins.clock?.use ?? config.clock.use),
  );
  teardown.add("clock", "clock", () => clock[Symbol.dispose]?.());
  const bus = await opened(input, plugins.frameBus, { clock });

  const container = Container.create()
    .bind(engineTokens.config, config)
    .bind(engineTokens.hostTime, host)
    .bind(engineTokens.log, log)
    .bind(engineTokens.files, fileCalls(input))
    .bind(engineTokens.clock, clock)
    .bind(engineTokens.frameBus, bus)
    .bind(engineTokens.quarantine, new SharedQuarantine())
    .bind(engineTokens.prometheus, new PrometheusMetrics())
    .bindFactory(engineTokens.planResolver, (scope) => planResolver(scope))
    .bind(engineTokens.counts, new Map())
    .bind(
      engineTokens.events,
      new EventLog({ runId: randomUUID(), now: () => clock.now(), timer: host.timer }),
    )
    .bindFactory(engineTokens.records, (scope) => channelRecords(scope))
    .bindFactory(engineTokens.savedPlans, () => new SavedPlans(config.engine.dataDir, log))
    .bind(engineTokens.asRunFiles, asRunFiles(input))
    .bindFactory(engineTokens.channels, (scope) => channelRegistry(scope))
    .bindFactory(engineTokens.controlListener, () => new HttpListener(log))
    .bindFactory(
      engineTokens.viewPages,
      (scope) => new ViewPages(scope.resolve(engineTokens.channels), scope.resolve(engineTokens.demand)),
    )
    .bindFactory(engineTokens.demand, (scope) => channelDemand(scope))
    .bindFactory(
      engineTokens.channelPorts,
      (scope) => new ChannelPorts(scope.resolve(engineTokens.viewPages), config.http.view.listen, log),
    )
    .bindFactory(
      engineTokens.health,
      (scope) =>
        new Health(
          () => scope.resolve(engineTokens.channels).list(),
          () => scope.resolve(engineTokens.sandbox),
        ),
    );
  const barred = new BarredFiles({
    quarantine: container.resolve(engineTokens.quarantine),
    files: container.resolve(engineTokens.files),
    timer: host.timer,
    now: () => clock.now(),
    log,
  });
  teardown.add("decoders", "barred files", () => barred[Symbol.dispose]());
  await bindWork(container, input, plugins);
  return container;
}

/** Begins a channel's outputs; undefined where it has none. */
function outputsOf(channel: Container): ChannelOutputs | undefined {
  const config = channel.resolve(engineTokens.channelConfig);
  if (config.outputs.length === 0) return undefined;
  const host = channel.resolve(engineTokens.hostTime);
  return new ChannelOutputs({
    config,
    render: channel.resolve(engineTokens.renderFor)(channel),
    clock: channel.resolve(engineTokens.clock),
    now: () => host.monotonic(),
    metrics: channel.resolve(engineTokens.channelMetrics),
    log: channel.resolve(engineTokens.channelLog),
    onEvent: (event) => channel.resolve(engineTokens.records).heardOutput(config.id, event),
  });
}

function fileCalls({
  config,
  host,
  files = new FileCalls({ places: [], timer: host.timer }),
}: CompositionInput) {
  for (const place of [config.folder, ...config.media.roots]) files.know(place);
  return files;
}

function planResolver(scope: Container): PlanResolver {
  const { plans, folder, media, unresolvedPlan } = scope.resolve(engineTokens.config);
  const files = scope.resolve(engineTokens.files);
  return new PlanResolver({
    plans,
    folder,
    roots: media.roots,
    access: new MediaAccess(media, files),
    files,
    lengths: scope.resolve(engineTokens.lengths),
    unresolved: unresolvedPlan,
  });
}

function channelRegistry(scope: Container): ChannelRegistry {
  const config = scope.resolve(engineTokens.config);
  const { channels, engine, defaults } = config;
  return new ChannelRegistry({
    channels,
    clock: scope.resolve(engineTokens.clock),
    patienceNs: engine.isolation === "process" ? patienceNs : (0n as Nanoseconds),
    observer: scope.resolve(engineTokens.records),
    madeOnRequest: (id) => ({ ...requestedChannel(config), ...defaults, id, name: `Channel ${id}` }),
    resolver: scope.resolve(engineTokens.planResolver),
    savedPlans: scope.resolve(engineTokens.savedPlans),
    log: scope.resolve(engineTokens.log),
    onAir: () => {
      const clock = scope.resolve(engineTokens.clock);
      // From first air on nothing but an order steps these.
      if (clock instanceof SystemClock || clock instanceof DisciplinedClock) clock.markAired();
    },
    firstLook: scope.resolve(engineTokens.firstLookFor),
    makeBus: (config, signal) =>
      makeBus(
        config,
        {
          engineId: engine.id,
          clock: scope.resolve(engineTokens.clock),
          bus: scope.resolve(engineTokens.frameBus),
          slates: scope.resolve(engineTokens.slates),
        },
        signal,
      ),
    toolsFor: (config, log, look) => {
      const metrics = new ChannelCounts(scope.resolve(engineTokens.prometheus).forChannel(config.id));
      scope.resolve(engineTokens.counts).set(config.id, metrics);
      const channel = scope
        .child()
        .bind(engineTokens.channelConfig, config)
        .bind(engineTokens.channelLog, log)
        .bind(engineTokens.channelMetrics, metrics)
        .bind(engineTokens.firstLook, look)
        .bindFactory(engineTokens.workers, (own) => scope.resolve(engineTokens.workersFor)(own));
      return {
        engineId: engine.id,
        clock: scope.resolve(engineTokens.clock),
        bus: scope.resolve(engineTokens.frameBus),
        quarantine: scope.resolve(engineTokens.quarantine),
        metrics,
        workers: channel.resolve(engineTokens.workers),
        openOutputs: () => outputsOf(channel),
      };
    },
  });
}

/** Workers of channels that begin with the engine begin side by side, with code that nobody has compiled yet: on a busy machine 0.4 s. */
const patienceNs = nanosecondsFromMs(500);

/** What a channel has that only a request names, besides the configured defaults. */
const requestedChannel = (config: PlayoutConfig) => ({
  plan: undefined,
  autostart: false,
  run: "always" as const,
  port: undefined,
  outputs: isEncoding(config) ? [{ type: "http-ts" as const, clientsMax: requestedClientsMax }] : [],
});

/** As `channels[].outputs` has it by default. */
const requestedClientsMax = 100;

function channelDemand(scope: Container): ChannelDemand {
  const { engine } = scope.resolve(engineTokens.config);
  const bus: FrameBus & { showReaders?: (address: BusAddress) => DemandTable } = scope.resolve(
    engineTokens.frameBus,
  );
  return new ChannelDemand({
    channels: scope.resolve(engineTokens.channels),
    tableOf: bus.showReaders && ((id) => bus.showReaders?.(busAddressOf(engine.id, id)) as DemandTable),
    host: scope.resolve(engineTokens.hostTime),
    log: scope.resolve(engineTokens.log),
    startsAtOnce,
  });
}

function asRunFiles({ config, log, teardown }: CompositionInput): AsRunFiles {
  const { dataDir, keepDays } = config.engine;
  const files = new AsRunFiles({ dataDir, keepDays, log });
  teardown.add("telemetry", "as-run log", () => files[Symbol.asyncDispose]());
  return files;
}

function channelRecords(scope: Container): ChannelRecords {
  const clock = scope.resolve(engineTokens.clock);
  const { engine } = scope.resolve(engineTokens.config);
  const files = scope.resolve(engineTokens.asRunFiles);
  return new ChannelRecords({
    events: scope.resolve(engineTokens.events),
    airLog: new AsRunRecorder(engine.id, (line) => files.append(line)),
    now: () => clock.now(),
    sleepUntil: (at, signal) => clock.sleepUntil(at, signal),
    decoders: scope.resolve(engineTokens.config).decoders.map(({ use }) => use),
  });
}
