import { dirname, join } from "node:path";
import { type Clock, PlayoutError } from "@retrovue/core";
import type { Container } from "@retrovue/core/di";
import { busAddressOf, coreSettings, directReferencesOf } from "./channels/core-settings.js";
import type { FirstLook } from "./channels/first-look.js";
import { Slates, type StillMaker } from "./channels/slates.js";
import { type CompositionInput, contextsOf, opened } from "./compose-plugin.js";
import { beginsWithEngine, type ChannelConfig, type PlayoutConfig } from "./config/playout-config.js";
import type { FileCalls } from "./media/file-calls.js";
import { MediaInspector } from "./media/media-inspector.js";
import { MediaWorker } from "./media/media-worker.js";
import { stillPicture } from "./media/still-picture.js";
import type { ConfiguredPlugins } from "./plugins/configured-plugins.js";
import { DecoderSet } from "./plugins/decoder-set.js";
import { findConfiguredPlugin } from "./plugins/load-plugin.js";
import { makePluginFolders } from "./plugins/plugin-folders.js";
import { notConfined, Sandbox } from "./processes/sandbox.js";
import { InProcessRender } from "./render/in-process-render.js";
import { ProcessRender } from "./render/process-render.js";
import type { RenderTask } from "./render/render-job.js";
import { engineTokens } from "./tokens.js";
import { BreadcrumbFiles } from "./workers/breadcrumb-files.js";
import type { ChannelProfile } from "./workers/channel-worker.js";
import { InProcessWorkers } from "./workers/in-process-workers.js";
import { stillBytesMax } from "./workers/messages.js";
import { beginWorker, ProcessWorkers, workerEntry } from "./workers/process-workers.js";
import { WorkerPool } from "./workers/worker-pool.js";

/** The bus of this package that lives in the engine's memory. */
const memoryBusName = "@retrovue/engine/plugins/memory-bus";

/** Binds who decodes and encodes: the engine itself (`isolation: none`), or processes of their own. */
export async function bindWork(
  container: Container,
  input: CompositionInput,
  plugins: ConfiguredPlugins,
): Promise<void> {
  if (input.config.engine.isolation === "none") await bindDecodingWithin(container, input, plugins);
  else await bindDecodingInProcesses(container, input, plugins);
}

/** Binds who decodes where the engine does it itself: the core's channels, on the engine's own event loop. */
async function bindDecodingWithin(
  container: Container,
  input: CompositionInput,
  plugins: ConfiguredPlugins,
): Promise<void> {
  const { teardown } = input;
  const clock = container.resolve(engineTokens.clock);
  const decoders = await openDecoders(input, plugins, {
    clock,
    files: container.resolve(engineTokens.files),
  });
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
    .bind(engineTokens.sandbox, notConfined("isolation is none: media is opened within the engine"))
    .bind(engineTokens.lengths, new MediaInspector(decoders.decoders, clock))
    .bind(engineTokens.assets, new MediaInspector(decoders.decoders, clock))
    .bind(
      engineTokens.slates,
      slatesOf(input, (uri, format, signal) =>
        stillPicture(uri, format, { decoders: decoders.decoders, conformers, clock }, signal),
      ),
    )
    .bind(engineTokens.firstLookFor, () => ({
      lengthOf: (uri, signal) => new MediaInspector(decoders.decoders, clock).lengthOf(uri, signal),
      [Symbol.asyncDispose]: async () => {},
    }))
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
async function bindDecodingInProcesses(
  container: Container,
  input: CompositionInput,
  plugins: ConfiguredPlugins,
): Promise<void> {
  const { config, log, teardown } = input;
  const { frameBus, decoders, conformer, renderer } = plugins;
  for (const use of [...decoders, conformer, ...(isEncoding(config) ? [renderer] : [])])
    findConfiguredPlugin(use, config.folder);
  const clock = container.resolve(engineTokens.clock);
  const launcher = await Sandbox.open(config, log);
  const { folder, media, engine, channels } = config;
  const preparation = {
    frameBus,
    decoders,
    conformer,
    folder,
    mediaRoots: media.roots,
    protocols: media.protocols,
    folders: makePluginFolders(engine.dataDir, log),
  };
  const mediaWorker = (mediaRoots: readonly string[], messageBytesMax?: number) => {
    const worker = new MediaWorker({
      begin: () => beginWorker({ ...preparation, mediaRoots }, clock, workerEntry, launcher, messageBytesMax),
      timer: input.host.timer,
      log,
    });
    teardown.add("decoders", "worker for media", () => worker[Symbol.asyncDispose]());
    return worker;
  };
  const lengths = mediaWorker(media.roots);
  // Slates may lie anywhere, since only the configuration names them; plans may not profit from that. A reload may name other folders.
  const slateMakers = new Map<string, MediaWorker>();
  const slateMaker = (folder: string) => {
    const known = slateMakers.get(folder);
    if (known !== undefined) return known;
    const maker = mediaWorker([folder], stillBytesMax);
    slateMakers.set(folder, maker);
    return maker;
  };
  const breadcrumbs = new BreadcrumbFiles(join(engine.dataDir, "run", engine.id), log, () => clock.now());
  teardown.add("telemetry", "breadcrumbs", () => breadcrumbs[Symbol.dispose]());
  const pool = new WorkerPool({
    preparation,
    breadcrumbs,
    launcher,
    clock,
    timer: input.host.timer,
    spares: engine.spareWorkers,
    expected: channels.filter(beginsWithEngine).length,
    log,
  });
  teardown.add("decoders", "spare workers", () => pool[Symbol.asyncDispose]());
  container
    .bind(
      engineTokens.renderFor,
      (channel) =>
        new ProcessRender({
          order: { frameBus, renderer, folder, task: renderTaskOf(channel) },
          launcher,
          clock,
          metrics: channel.resolve(engineTokens.channelMetrics),
          log: channel.resolve(engineTokens.channelLog),
        }),
    )
    .bind(engineTokens.sandbox, launcher.status)
    .bind(engineTokens.lengths, lengths)
    .bind(engineTokens.assets, lengths)
    .bind(
      engineTokens.slates,
      slatesOf(input, (uri, format, signal) => slateMaker(dirname(uri)).still(uri, format, signal)),
    )
    .bind(
      engineTokens.firstLookFor,
      () =>
        new MediaWorker({
          begin: () => pool.take(),
          onGone: (pid, cause) => breadcrumbs.leftBy(pid, cause),
          timer: input.host.timer,
          log,
        }),
    )
    .bind(engineTokens.warmWorkers, () => pool.warm())
    .bind(
      engineTokens.workersFor,
      (channel) =>
        new ProcessWorkers({
          pool,
          first: handOverOf(channel.resolve(engineTokens.firstLook)),
          breadcrumbs,
          profile: profileOf(channel.resolve(engineTokens.channelConfig)),
          clock,
          quarantine: channel.resolve(engineTokens.quarantine),
          metrics: channel.resolve(engineTokens.channelMetrics),
          log: channel.resolve(engineTokens.channelLog),
        }),
    );
}

/** Buses in the engine's own memory cannot be reached from worker processes. */
export function refuseUnreachableBus({ engine, frameBus, file = "the configuration" }: PlayoutConfig): void {
  if (engine.isolation !== "process" || frameBus.use !== memoryBusName) return;
  throw new PlayoutError(
    "InvalidConfig",
    `${file}: frameBus: ${frameBus.use} cannot be reached by worker processes.`,
    {
      remedy: "Set engine.isolation to none, or name another bus.",
    },
  );
}

const openDecoders = (
  { config, log }: CompositionInput,
  plugins: ConfiguredPlugins,
  { clock, files }: { readonly clock: Clock; readonly files: FileCalls },
) =>
  DecoderSet.open({
    uses: plugins.decoders,
    contextFor: (use) => contextsOf(config, log, makePluginFolders(config.engine.dataDir, log))(use.use),
    ports: { clock },
    files,
    folder: config.folder,
  });

function slatesOf({ host, log, teardown }: CompositionInput, still: StillMaker): Slates {
  const slates = new Slates(still, { timer: host.timer, log });
  teardown.add("decoders", "slates", () => slates[Symbol.dispose]());
  return slates;
}

/** Whether a stream may go anywhere, of a channel here or of one that a request makes: only then a renderer is needed. */
export const isEncoding = ({ channels, transports }: PlayoutConfig): boolean =>
  transports.length > 0 || channels.some(({ outputs }) => outputs.length > 0);

function renderTaskOf(channel: Container): RenderTask {
  const { engine } = channel.resolve(engineTokens.config);
  const { id, name, format, encode } = channel.resolve(engineTokens.channelConfig);
  return { bus: busAddressOf(engine.id, id), format, encode: { ...encode, serviceName: name } };
}

/** The process that has looked at the channel's media already. */
const handOverOf = (look: FirstLook) => (look instanceof MediaWorker ? look : undefined);

const profileOf = (channel: ChannelConfig): ChannelProfile => ({
  channelId: channel.id,
  format: channel.format,
  settings: coreSettings(channel),
  directReferences: directReferencesOf(channel),
  languages: channel.languages,
  ...(channel.slate.kind === "card" && { slate: { kind: "card", name: channel.name } }),
  ...(channel.slate.kind === "clip" && { slate: { kind: "clip", uri: channel.slate.path } }),
});
