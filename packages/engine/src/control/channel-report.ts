import { create } from "@bufbuild/protobuf";
import { type Clock, elapsedAt, nanoseconds, type SegmentPlace, type Tick } from "@retrovue/core";
import {
  type ChannelCounters,
  ChannelCountersSchema,
  type ChannelStatus,
  ChannelStatusSchema,
  channelStates,
  clockStatusToWire,
  durationToWire,
  failureToWire,
  type NextSegment,
  NextSegmentSchema,
  type OnAir,
  OnAirSchema,
  OutputStatusSchema,
  programFormatToWire,
  Readiness,
  segmentRefToWire,
  standInCountToWire,
  standInKinds,
  standInReasonTable,
  timestampToWire,
} from "@retrovue/protocol";
import type { ChannelRegistry } from "../channels/channel-registry.js";
import type { ChannelRuntime } from "../channels/channel-runtime.js";
import type { ChannelCounts } from "./channel-counts.js";
import type { ChannelRecord } from "./channel-record.js";
import type { ChannelRecords } from "./channel-records.js";
import { mediaTimeOf } from "./events/as-run.js";
import type { Styles } from "./styles.js";

/** What reports are made from. */
export interface ChannelReportDeps {
  readonly channels: ChannelRegistry;
  readonly records: ChannelRecords;
  readonly styles: Styles;
  readonly clock: Clock;
  /** Counts of a running channel. */
  readonly countsOf: (id: number) => ChannelCounts | undefined;
  readonly engine: { readonly id: string };
}

/** Tells the state of channels. */
export class ChannelReport {
  readonly #deps: ChannelReportDeps;

  constructor(deps: ChannelReportDeps) {
    this.#deps = deps;
  }

  /** One channel at this instant; it is known to the registry. */
  of(id: number): ChannelStatus {
    const { channels, records, clock } = this.#deps;
    const config = channels.configOf(id);
    const since = records.stateOf(id)?.since;
    const status = create(ChannelStatusSchema, {
      channelId: id,
      name: config?.name ?? "",
      state: channelStates.toWire("stopped"),
      ...(since !== undefined && { stateSince: timestampToWire(since) }),
      ...(config && { programFormat: programFormatToWire(config.format) }),
      onDemand: channels.isOnDemand(id),
      clock: clockStatusToWire(clock.health()),
    });
    const [channel, record] = [channels.running(id), records.of(id)];
    return channel === undefined || record === undefined ? status : this.#running(status, channel, record);
  }

  #running(status: ChannelStatus, channel: ChannelRuntime, record: ChannelRecord): ChannelStatus {
    const { styles, engine } = this.#deps;
    const { id, grid, plan } = channel;
    const { now, head } = channel.look();
    const tick = grid.tickAtOrBefore(now);
    const depth = Math.max(0, head - tick);
    status.state = channelStates.toWire(channel.state);
    status.controlStyle = styles.of(channel);
    status.onAirSince = timestampToWire(record.onAirSince);
    status.planRevision = BigInt(plan.revision);
    status.planSource = record.applied.source;
    status.tick = BigInt(tick);
    status.depthFrames = depth;
    status.depth = durationToWire(grid.length(depth));
    status.frameBus = `${engine.id.toLowerCase()}/${id}`;
    status.counters = this.#counters(channel);
    status.outputs = outputsOf(channel);
    const onAir = onAirOf(channel, record, tick);
    if (onAir !== undefined) status.onAir = onAir;
    const next = nextOf(channel, record, tick);
    if (next !== undefined) status.next = next;
    const { lastFailure } = record;
    if (lastFailure !== undefined) status.lastFailure = failureToWire(lastFailure.error, lastFailure.at);
    return status;
  }

  #counters(channel: ChannelRuntime): ChannelCounters {
    channel.measure();
    const counts = this.#deps.countsOf(channel.id);
    const { counters } = channel.look();
    const total = (...of: Parameters<ChannelCounts["total"]>) => BigInt(counts?.total(...of) ?? 0);
    return create(ChannelCountersSchema, {
      framesPublished: BigInt(counters.committed),
      framesDecoded: total("framesDecoded"),
      framesDropped: total("framesDropped"),
      standIns: (counts?.standIns() ?? []).map(({ kind, reason, ticks }) =>
        standInCountToWire(kind, reason, ticks),
      ),
      bufferUnderruns: total("bufferUnderrun"),
      decodeFailures: total("decodeFailureCount"),
      workerRestarts: total("restarts", { what: "worker" }),
      rendererRestarts: total("restarts", { what: "renderer" }),
      decoderRestarts: total("restarts", { what: "decoder" }),
      planUpdates: total("planUpdates"),
      assetTransitions: total("assetTransitions"),
      busReaders: counts?.last("busReaders") ?? 0,
      busReaderOverruns: total("busReaderOverruns"),
    });
  }
}

function onAirOf(channel: ChannelRuntime, record: ChannelRecord, tick: Tick): OnAir | undefined {
  const now = record.onAir();
  if (now === undefined) return undefined;
  const { place, standIn } = now;
  const { grid } = channel;
  const aired = {
    firstTick: BigInt(place.first),
    endTick: BigInt(Math.min(place.end, Number.MAX_SAFE_INTEGER)),
    ...(standIn && {
      standIn: standInKinds.toWire(standIn.kind),
      standInReason: standInReasonTable.toWire(standIn.reason),
    }),
  };
  if (place.in !== "segment") return create(OnAirSchema, aired);
  const mediaTime = mediaTimeOf(place, tick, grid);
  return create(OnAirSchema, {
    ...aired,
    segment: segmentRefToWire(place.segment, place.index),
    elapsed: durationToWire(elapsedAt(place, tick, grid)),
    remaining: durationToWire(nanoseconds(grid.tickTime(place.end) - grid.tickTime(tick))),
    ...(mediaTime !== undefined && { mediaTime: durationToWire(mediaTime) }),
    round: BigInt(place.round),
    decoder: record.decoderAt(tick),
  });
}

const readinessOf = {
  none: Readiness.UNSPECIFIED,
  preparing: Readiness.PREPARING,
  primed: Readiness.PRIMED,
  failed: Readiness.FAILED,
} as const;

function nextOf(channel: ChannelRuntime, record: ChannelRecord, tick: Tick): NextSegment | undefined {
  const [onAir, ...following] = channel.placesFrom(tick, 3);
  const next = following.find((place): place is SegmentPlace => place.in === "segment");
  if (next === undefined) return undefined;
  const prepared = record.preparations.of(next, onAir);
  return create(NextSegmentSchema, {
    segment: segmentRefToWire(next.segment, next.index),
    firstTick: BigInt(next.first),
    at: timestampToWire(channel.grid.tickTime(next.first)),
    readiness: readinessOf[prepared?.state ?? "none"],
    ...(prepared?.failure && { failure: failureToWire(prepared.failure.error, prepared.failure.at) }),
  });
}

function outputsOf({ id, outputs }: ChannelRuntime): ChannelStatus["outputs"] {
  if (outputs?.httpTs === undefined) return [];
  return [
    create(OutputStatusSchema, {
      name: "http-ts",
      type: "http-ts",
      address: `/channel/${id}.ts`,
      clients: outputs.httpTs.clients,
      bytes: BigInt(outputs.hub.bytes),
    }),
  ];
}
