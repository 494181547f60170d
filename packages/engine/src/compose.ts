import { randomUUID } from "node:crypto";
import { dirname } from "node:path";
import {
  type Clock,
  DisciplinedClock,
  type HostTime,
  PlayoutError,
  type PluginContext,
  type PortName,
  type PortTypes,
  SystemClock,
} from "@retrovue/core";
import { Container } from "@retrovue/core/di";
import { ChannelRegistry } from "./channels/channel-registry.js";
import { busAddressOf, coreSettings } from "./channels/core-settings.js";
import { Slates } from "./channels/slates.js";
import { configuredClock } from "./clock/configured-clock.js";
import type { ChannelConfig, PlayoutConfig } from "./config/playout-config.js";
import { ChannelCounts } from "./control/channel-counts.js";
import { ChannelRecords } from "./control/channel-records.js";
import { EventLog } from "./control/events/event-log.js";
import { Health } from "./http/health.js";
import { HttpListener } from "./http/http-listener.js";
import { type Log, pluginLog } from "./log/log.js";
import { MediaAccess } from "./media/media-access.js";
import { MediaInspector } from "./media/media-inspector.js";
import { MediaWorker } from "./media/media-worker.js";
import { stillPicture } from "./media/still-picture.js";
import { ChannelOutputs } from "./outputs/channel-outputs.js";
import { ChannelPorts } from "./outputs/channel-ports.js";
import { ViewPages } from "./outputs/view-pages.js";
import { PlanResolver } from "./plans/plan-resolver.js";
import { SavedPlans } from "./plans/saved-plans.js";
import { type ConfiguredPlugins, configuredPlugins } from "./plugins/configured-plugins.js";
import { DecoderSet } from "./plugins/decoder-set.js";
import { findConfiguredPlugin, loadPlugin, type PluginUse } from "./plugins/load-plugin.js";
import { InProcessRender } from "./render/in-process-render.js";
import { ProcessRender } from "./render/process-render.js";
import type { RenderTask } from "./render/render-job.js";
import type { Teardown } from "./teardown.js";
import { PrometheusMetrics } from "./telemetry/prometheus-metrics.js";
import { engineTokens } from "./tokens.js";
import type { ChannelProfile } from "./workers/channel-worker.js";
import { InProcessWorkers } from "./workers/in-process-workers.js";
import { beginWorker, ProcessWorkers } from "./workers/process-workers.js";
import { SharedQuarantine } from "./workers/shared-quarantine.js";
import { WorkerPool } from "./workers/worker-pool.js";

/** The bus of this package that lives in the engine's memory. */
const memoryBusName = "@retrovue/engine/plugins/memory-bus";

/** What an engine is composed of besides its configuration. */
export interface CompositionInput {
  readonly config: PlayoutConfig;
  readonly host: HostTime;
  readonly log: Log;
  /** Everything that is opened is registered here at once, so that a composition that fails half-way can be closed. */
  readonly teardown: Teardown;
}

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
    .bindFactory(engineTokens.channels, (scope) => channelRegistry(scope))
    .bindFactory(engineTokens.controlListener, () => new HttpListener(log))
    .bindFactory(engineTokens.viewPages, (scope) => new ViewPages(scope.resolve(engineTokens.channels)))
    .bindFactory(
      engineTokens.channelPorts,
      (scope) => new ChannelPorts(scope.resolve(engineTokens.viewPages), config.http.view.listen, log),
    )
    .bindFactory(
      engineTokens.health,
      (scope) => new Health(() => scope.resolve(engineTokens.channels).list()),
    );
  if (config.engine.isolation === "none") await bindDecodingWithin(container, input, plugins);
  else bindDecodingInProcesses(container, input, plugins);
  return container;
}

/** Binds who decodes where the engine does it itself: the core's channels, on the engine's own event loop. */
async function bindDecodingWithin(
  container: Container,
  input: CompositionInput,
  plugins: ConfiguredPlugins,
): Promise<void> {
  const { teardown } = input;
  const clock = container.resolve(engineTokens.clock);
  const decoders = await openDecoders(input, plugins, clock);
  teardown.add("decoders", "decoders", () => decoders[Symbol.asyncDispose]());
  const conformers = await opened(input, plugins.conformer, { clock });
  const renderers = isEncoding(input.config) ? await opened(input, plugins.renderer, { clock }) : undefined;
  container
    .bind(engineTokens.renderFor, (channel) => {
      if (renderers === undefined)
        throw new PlayoutError("WrongState", "No channel of this engine is encoded.");
      return new InProcessRender({
        task: renderTaskOf(channel),
        clock,
        bus: channel.resolve(engineTokens.frameBus),
        renderers,
        log: channel.resolve(engineTokens.channelLog),
      });
    })
    .bind(engineTokens.lengths, new MediaInspector(decoders.decoders, clock))
    .bind(engineTokens.assets, new MediaInspector(decoders.decoders, clock))
    .bind(
      engineTokens.slates,
      new Slates(
        (uri, format, signal) =>
          stillPicture(uri, format, { decoders: decoders.decoders, conformers, clock }, signal),
        input.log,
      ),
    )
    .bind(engineTokens.warmWorkers, async () => {})
    .bind(
      engineTokens.workersFor,
      (channel) =>
        new InProcessWorkers({
          profile: profileOf(channel.resolve(engineTokens.channelConfig)),
          log: channel.resolve(engineTokens.channelLog),
          tools: {
            clock,
            bus: channel.resolve(engineTokens.frameBus),
            decoders: decoders.decoders,
            conformers,
            metrics: channel.resolve(engineTokens.channelMetrics),
            isBarred: (uri, index) =>
              channel.resolve(engineTokens.quarantine).isBarred(uri, index, clock.now()),
          },
        }),
    );
}

/** Binds who decodes where each channel has a process of its own. Plugins are loaded there; here they are only found. */
function bindDecodingInProcesses(
  container: Container,
  input: CompositionInput,
  plugins: ConfiguredPlugins,
): void {
  const { config, log, teardown } = input;
  const { frameBus, decoders, conformer, renderer } = plugins;
  for (const use of [...decoders, conformer, ...(isEncoding(config) ? [renderer] : [])])
    findConfiguredPlugin(use, config.folder);
  const clock = container.resolve(engineTokens.clock);
  const { folder, media, engine, channels } = config;
  const preparation = {
    frameBus,
    decoders,
    conformer,
    folder,
    mediaRoots: media.roots,
    protocols: media.protocols,
  };
  const mediaWorker = (mediaRoots: readonly string[]) => {
    const worker = new MediaWorker({
      begin: () => beginWorker({ ...preparation, mediaRoots }, clock),
      timer: input.host.timer,
      log,
    });
    teardown.add("decoders", "worker for media", () => worker[Symbol.asyncDispose]());
    return worker;
  };
  const lengths = mediaWorker(media.roots);
  // Slates may lie anywhere, since only the configuration names them; plans may not profit from that.
  const slateMaker = mediaWorker(slateFolders(config));
  const pool = new WorkerPool({
    preparation,
    clock,
    spares: engine.spareWorkers,
    expected: channels.filter(({ autostart }) => autostart).length,
    log,
  });
  teardown.add("decoders", "spare workers", () => pool[Symbol.asyncDispose]());
  container
    .bind(
      engineTokens.renderFor,
      (channel) =>
        new ProcessRender({
          order: { frameBus, renderer, folder, task: renderTaskOf(channel) },
          clock,
          metrics: channel.resolve(engineTokens.channelMetrics),
          log: channel.resolve(engineTokens.channelLog),
        }),
    )
    .bind(engineTokens.lengths, lengths)
    .bind(engineTokens.assets, lengths)
    .bind(
      engineTokens.slates,
      new Slates((uri, format, signal) => slateMaker.still(uri, format, signal), log),
    )
    .bind(engineTokens.warmWorkers, () => pool.warm())
    .bind(
      engineTokens.workersFor,
      (channel) =>
        new ProcessWorkers({
          pool,
          profile: profileOf(channel.resolve(engineTokens.channelConfig)),
          clock,
          quarantine: channel.resolve(engineTokens.quarantine),
          metrics: channel.resolve(engineTokens.channelMetrics),
          log: channel.resolve(engineTokens.channelLog),
        }),
    );
}

/** Buses in the engine's own memory cannot be reached from worker processes. */
function refuseUnreachableBus({ engine, frameBus, file = "the configuration" }: PlayoutConfig): void {
  if (engine.isolation !== "process" || frameBus.use !== memoryBusName) return;
  throw new PlayoutError(
    "InvalidConfig",
    `${file}: frameBus: ${frameBus.use} cannot be reached by worker processes.`,
    {
      remedy: "Set engine.isolation to none, or name another bus.",
    },
  );
}

const openDecoders = ({ config, log }: CompositionInput, plugins: ConfiguredPlugins, clock: Clock) =>
  DecoderSet.open({
    uses: plugins.decoders,
    contextFor: (use) => contextsOf(config, log)(use.use),
    ports: { clock },
    folder: config.folder,
  });

/** Loads a plugin, makes its port, and sees to it that it is closed. */
async function opened<Port extends PortName>(
  { config, log, teardown }: CompositionInput,
  use: PluginUse & { readonly port: Port },
  ports: Partial<PortTypes>,
): Promise<PortTypes[Port]> {
  const loaded = await loadPlugin(use, config.folder);
  const port = await loaded.create(contextsOf(config, log)(use.use), ports);
  teardown.add("decoders", use.place, async () => {
    const { [Symbol.asyncDispose]: closeSoon, [Symbol.dispose]: close } = port as Partial<
      AsyncDisposable & Disposable
    >;
    if (closeSoon) await closeSoon.call(port);
    else close?.call(port);
  });
  return port;
}

/** What each plugin is given; its log names it. */
const contextsOf =
  (config: PlayoutConfig, log: Log) =>
  (plugin: string): PluginContext => ({
    log: pluginLog(log, plugin),
    configFolder: config.folder,
    mediaRoots: config.media.roots,
    protocols: config.media.protocols,
  });

/** Folders of configured slates. */
const slateFolders = ({ channels }: PlayoutConfig): readonly string[] => [
  ...new Set(channels.flatMap(({ slate }) => (slate.kind === "card" ? [] : [dirname(slate.path)]))),
];

/** Whether a stream may go anywhere, of a channel here or of one that a request makes: only then a renderer is needed. */
const isEncoding = ({ channels, transports }: PlayoutConfig): boolean =>
  transports.length > 0 || channels.some(({ outputs }) => outputs.length > 0);

function renderTaskOf(channel: Container): RenderTask {
  const { engine } = channel.resolve(engineTokens.config);
  const { id, format, encode } = channel.resolve(engineTokens.channelConfig);
  return { bus: busAddressOf(engine.id, id), format, encode };
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
  });
}

const profileOf = (channel: ChannelConfig): ChannelProfile => ({
  channelId: channel.id,
  format: channel.format,
  settings: coreSettings(channel),
  languages: channel.languages,
});

function planResolver(scope: Container): PlanResolver {
  const { plans, folder, media, unresolvedPlan } = scope.resolve(engineTokens.config);
  return new PlanResolver({
    plans,
    folder,
    roots: media.roots,
    access: new MediaAccess(media),
    lengths: scope.resolve(engineTokens.lengths),
    unresolved: unresolvedPlan,
  });
}

function channelRegistry(scope: Container): ChannelRegistry {
  const { channels, engine, defaults } = scope.resolve(engineTokens.config);
  return new ChannelRegistry({
    channels,
    observer: scope.resolve(engineTokens.records),
    madeOnRequest: (id) => ({ ...requestedChannel, ...defaults, id, name: `Channel ${id}` }),
    resolver: scope.resolve(engineTokens.planResolver),
    savedPlans: scope.resolve(engineTokens.savedPlans),
    log: scope.resolve(engineTokens.log),
    onAir: () => {
      const clock = scope.resolve(engineTokens.clock);
      // From first air on nothing but an order steps these.
      if (clock instanceof SystemClock || clock instanceof DisciplinedClock) clock.markAired();
    },
    toolsFor: (config, log) => {
      const metrics = new ChannelCounts(scope.resolve(engineTokens.prometheus).forChannel(config.id));
      scope.resolve(engineTokens.counts).set(config.id, metrics);
      const channel = scope
        .child()
        .bind(engineTokens.channelConfig, config)
        .bind(engineTokens.channelLog, log)
        .bind(engineTokens.channelMetrics, metrics)
        .bindFactory(engineTokens.workers, (own) => scope.resolve(engineTokens.workersFor)(own));
      return {
        engineId: engine.id,
        clock: scope.resolve(engineTokens.clock),
        bus: scope.resolve(engineTokens.frameBus),
        quarantine: scope.resolve(engineTokens.quarantine),
        metrics,
        workers: channel.resolve(engineTokens.workers),
        slates: scope.resolve(engineTokens.slates),
        openOutputs: () => outputsOf(channel),
      };
    },
  });
}

/** What a channel has that only a request names, besides the configured defaults. */
const requestedChannel = Object.freeze({
  plan: undefined,
  autostart: false,
  run: "always",
  port: undefined,
  outputs: [{ type: "http-ts", clientsMax: 64 }],
} satisfies Partial<ChannelConfig>);

function channelRecords(scope: Container): ChannelRecords {
  const clock = scope.resolve(engineTokens.clock);
  return new ChannelRecords({
    events: scope.resolve(engineTokens.events),
    now: () => clock.now(),
    sleepUntil: (at, signal) => clock.sleepUntil(at, signal),
    decoders: scope.resolve(engineTokens.config).decoders.map(({ use }) => use),
  });
}
