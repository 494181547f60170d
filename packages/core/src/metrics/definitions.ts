/** What Prometheus calls the kind of a metric. */
export type MetricType = "counter" | "gauge" | "histogram";

/** One metric that the engine exports. */
export interface MetricDefinition {
  /** The full name as Prometheus sees it. */
  readonly name: string;
  readonly type: MetricType;
  /** The HELP line: what is counted or measured, and its unit. */
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets, in the metric's unit. */
  readonly buckets?: readonly number[];
}

/** From a millisecond to a second: the range in which decoding and switching live. */
const latencySeconds = Object.freeze([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]);

/** Seconds that the next segment was ready before its tick. */
const marginSeconds = Object.freeze([0, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5]);

const perChannel = Object.freeze(["channel"]);

const define = (
  name: string,
  type: MetricType,
  help: string,
  labels: readonly string[] = perChannel,
  buckets?: readonly number[],
): MetricDefinition => Object.freeze({ name, type, help, labels, ...(buckets && { buckets }) });

/**
 * Every metric of the engine, in one table; `docs/contracts/metrics.md` lists the same (a test compares them). All but
 * engine-wide ones carry `channel`.
 */
export const metrics = Object.freeze({
  channelState: define(
    "retrovue_playout_channel_state",
    "gauge",
    "State of the channel: 0 stopped, 1 buffering, 2 ready, 3 error.",
  ),
  bufferDepthFrames: define(
    "retrovue_playout_buffer_depth_frames",
    "gauge",
    "Ticks committed ahead of house time.",
  ),
  frameGapSeconds: define(
    "retrovue_playout_frame_gap_seconds",
    "gauge",
    "When the renderer took the last tick minus the tick's time, signed, seconds.",
  ),
  decodeFailureCount: define("retrovue_playout_decode_failure_count", "counter", "Failed opens and decodes."),
  framesDecoded: define("retrovue_playout_frames_decoded_total", "counter", "Pictures that decoders gave."),
  framesDecodedDirect: define(
    "retrovue_playout_frames_decoded_direct_total",
    "counter",
    "Pictures that decoders put into the frame bus themselves, to air without a copy.",
  ),
  framesConformed: define(
    "retrovue_playout_frames_conformed_total",
    "counter",
    "Pictures that were converted or copied into the frame bus.",
  ),
  framesDropped: define(
    "retrovue_playout_frames_dropped_total",
    "counter",
    "Pictures decoded or skipped without being shown because they came too late.",
  ),
  framesPublished: define(
    "retrovue_playout_frames_published_total",
    "counter",
    "Ticks committed to the bus, stand-ins included.",
  ),
  ticksLate: define(
    "retrovue_playout_ticks_late_total",
    "counter",
    "Ticks that were committed after their time, stand-ins included: the machine gave the committer no time.",
  ),
  standInFrames: define(
    "retrovue_playout_standin_frames_total",
    "counter",
    "Ticks that aired a stand-in, by kind and reason.",
    ["channel", "kind", "reason"],
  ),
  bufferUnderrun: define(
    "retrovue_playout_buffer_underrun_total",
    "counter",
    "Times that the depth fell below the minimum lead while running.",
  ),
  decodeLatency: define(
    "retrovue_playout_decode_latency_seconds",
    "histogram",
    "From asking for a picture to having it on the bus, seconds.",
    perChannel,
    latencySeconds,
  ),
  channelUptime: define(
    "retrovue_playout_channel_uptime_seconds",
    "gauge",
    "Since the channel started, seconds.",
  ),
  restarts: define(
    "retrovue_playout_restart_total",
    "counter",
    "Replacements of a decoder, worker or render process.",
    ["channel", "what"],
  ),
  decoderChanges: define(
    "retrovue_playout_decoder_change_total",
    "counter",
    "Times that another decoder plays instead of this one, by why.",
    ["channel", "decoder", "reason"],
  ),
  corrections: define(
    "retrovue_playout_corrections_total",
    "counter",
    "Times that a late decoder was skipped or sought ahead.",
  ),
  planUpdates: define("retrovue_playout_plan_updates_total", "counter", "Plan revisions applied."),
  assetTransitions: define(
    "retrovue_playout_asset_transitions_total",
    "counter",
    "Changes of segment on air.",
  ),
  switchLateness: define(
    "retrovue_playout_switch_lateness_seconds",
    "histogram",
    "Tick that a switch aired at minus the tick asked for, seconds.",
    perChannel,
    latencySeconds,
  ),
  prerollMargin: define(
    "retrovue_playout_preroll_margin_seconds",
    "histogram",
    "How long before its first tick a segment was ready, seconds; 0 if it was not.",
    perChannel,
    marginSeconds,
  ),
  clockOffset: define(
    "retrovue_playout_clock_offset_seconds",
    "gauge",
    "Source minus house time, seconds.",
    [],
  ),
  clockDrift: define(
    "retrovue_playout_clock_drift_ppm",
    "gauge",
    "Rate of the source against the host's monotonic clock, parts per million.",
    [],
  ),
  clockJitter: define(
    "retrovue_playout_clock_jitter_seconds",
    "gauge",
    "95th percentile of the clock offset's scatter, seconds.",
    [],
  ),
  busReaders: define("retrovue_playout_bus_readers", "gauge", "Readers of the channel's frame bus."),
  busReaderOverruns: define(
    "retrovue_playout_bus_reader_overruns_total",
    "counter",
    "Ticks that readers asked for too late, as they report.",
  ),
  busMemory: define(
    "retrovue_playout_bus_memory_bytes",
    "gauge",
    "Shared memory of the channel's frame bus, bytes.",
  ),
  outputBytes: define("retrovue_playout_output_bytes_total", "counter", "Bytes written to an output.", [
    "channel",
    "output",
  ]),
  outputClients: define("retrovue_playout_output_clients", "gauge", "Viewers connected.", [
    "channel",
    "output",
  ]),
  outputDropped: define(
    "retrovue_playout_output_dropped_total",
    "counter",
    "Groups of pictures dropped for slow peers.",
    ["channel", "output"],
  ),
  muxOverflows: define(
    "retrovue_playout_mux_overflow_total",
    "counter",
    "Pictures that were late or left out, and sound that was left out, because the constant mux rate had no room.",
  ),
  renderFaults: define(
    "retrovue_playout_render_faults_total",
    "counter",
    "Ticks that the renderer left out (missed), gave after their time (late), may have torn (torn) or found off the grid (timing).",
    ["channel", "fault"],
  ),
  encodeLatency: define(
    "retrovue_playout_encode_latency_seconds",
    "histogram",
    "From taking a tick to its bytes, seconds.",
    perChannel,
    latencySeconds,
  ),
  realtime: define(
    "retrovue_playout_realtime",
    "gauge",
    "1 where the system gave this thread of the channel realtime scheduling, else 0.",
    ["channel", "thread"],
  ),
  buildInfo: define("retrovue_playout_build_info", "gauge", "Always 1; the labels name the build.", [
    "version",
    "commit",
    "node",
  ]),
  clockCorrectionsLegacy: define(
    "retrovue_clock_corrections_total",
    "counter",
    "Changes of the clock mapping since start. Kept for dashboards that read this name.",
    [],
  ),
  clockJitterLegacy: define(
    "retrovue_clock_jitter_ms_p95",
    "gauge",
    "95th percentile of the clock offset's scatter, milliseconds. Kept for dashboards that read this name.",
    [],
  ),
} satisfies Record<string, MetricDefinition>);

/** The key of a metric in the table. */
export type MetricKey = keyof typeof metrics;

/** The table as a list, in its order. */
export const metricDefinitions: readonly MetricDefinition[] = Object.freeze(Object.values(metrics));
