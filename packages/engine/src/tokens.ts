import type { Clock, FrameBus, HostTime, MetricsRecorder, WorkerHost } from "@retrovue/core";
import { type Container, Token, tokens } from "@retrovue/core/di";
import type { AsRunFiles } from "./as-run/as-run-files.js";
import type { ChannelDemand } from "./channels/channel-demand.js";
import type { ChannelRegistry } from "./channels/channel-registry.js";
import type { FirstLook } from "./channels/first-look.js";
import type { Slates } from "./channels/slates.js";
import type { ChannelConfig, PlayoutConfig } from "./config/playout-config.js";
import type { ChannelCounts } from "./control/channel-counts.js";
import type { ChannelRecords } from "./control/channel-records.js";
import type { EventLog } from "./control/events/event-log.js";
import type { Health } from "./http/health.js";
import type { HttpListener } from "./http/http-listener.js";
import type { Log } from "./log/log.js";
import type { FileCalls } from "./media/file-calls.js";
import type { AssetExaminer, AssetLengths } from "./media/media-inspector.js";
import type { ChannelPorts } from "./outputs/channel-ports.js";
import type { ViewPages } from "./outputs/view-pages.js";
import type { PlanResolver } from "./plans/plan-resolver.js";
import type { SavedPlans } from "./plans/saved-plans.js";
import type { SandboxStatus } from "./processes/sandbox.js";
import type { RenderHost } from "./render/render-line.js";
import type { PrometheusMetrics } from "./telemetry/prometheus-metrics.js";
import type { SharedQuarantine } from "./workers/shared-quarantine.js";

/** What the composition root binds: the core's ports, and the engine's own parts. */
export const engineTokens = Object.freeze({
  clock: tokens.clock satisfies Token<Clock>,
  frameBus: tokens.frameBus satisfies Token<FrameBus>,
  /** Resolves when workers stand ready for the channels that begin with the engine. */
  warmWorkers: new Token<() => Promise<void>>("Warm workers"),
  /** Makes the workers of a channel in its scope: within the engine, or in processes of their own. */
  workersFor: new Token<(channel: Container) => WorkerHost>("Maker of workers"),
  config: new Token<PlayoutConfig>("Configuration"),
  hostTime: new Token<HostTime>("HostTime"),
  log: new Token<Log>("Log"),
  prometheus: new Token<PrometheusMetrics>("Metrics of the engine"),
  quarantine: new Token<SharedQuarantine>("Quarantine"),
  files: new Token<FileCalls>("Calls to file systems"),
  lengths: new Token<AssetLengths>("Lengths of assets"),
  assets: new Token<AssetExaminer>("Examiner of assets"),
  events: new Token<EventLog>("Events"),
  /** What is known of the channels' lives, for the control plane. */
  records: new Token<ChannelRecords>("Records of channels"),
  /** Counts of each channel since it was started last. */
  counts: new Token<Map<number, ChannelCounts>>("Counts of channels"),
  asRunFiles: new Token<AsRunFiles>("As-run log"),
  slates: new Token<Slates>("Slates"),
  planResolver: new Token<PlanResolver>("Plan handles"),
  savedPlans: new Token<SavedPlans>("Saved plans"),
  sandbox: new Token<SandboxStatus>("Status of the sandbox"),
  channels: new Token<ChannelRegistry>("Channels"),
  demand: new Token<ChannelDemand>("Demand for channels"),
  health: new Token<Health>("Health"),
  /** Makes what encodes a channel in its scope; undefined where the channel has no output. */
  renderFor: new Token<(channel: Container) => RenderHost>("Maker of renderers"),
  /** The server of control and console: transports mount here (core: HttpHost). */
  controlListener: new Token<HttpListener>("HTTP server of control"),
  viewPages: new Token<ViewPages>("Pages for viewers"),
  channelPorts: new Token<ChannelPorts>("Ports of channels"),
  /** Makes who looks at the media of a channel that is about to start. */
  firstLookFor: new Token<() => FirstLook>("Maker of first looks"),
  // In a channel's scope.
  firstLook: new Token<FirstLook>("First look at a channel's media"),
  channelConfig: new Token<ChannelConfig>("Configuration of a channel"),
  channelLog: new Token<Log>("Log of a channel"),
  channelMetrics: tokens.metrics satisfies Token<MetricsRecorder>,
  workers: new Token<WorkerHost>("Workers of a channel"),
});
