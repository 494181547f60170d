import { create } from "@bufbuild/protobuf";
import {
  type CallContext,
  type Clock,
  type Nanoseconds,
  nanoseconds,
  nsPerSecond,
  PlayoutError,
} from "@retrovue/core";
import {
  type CheckPlanRequest,
  channelIdField,
  durationFromWire,
  type EngineStatus,
  EngineStatusSchema,
  type GetChannelRequest,
  GetChannelResponseSchema,
  type Handlers,
  invalidField,
  type ListChannelsRequest,
  ListChannelsResponseSchema,
  type PlayoutStatus,
  timestampToWire,
  type WatchEventsRequest,
  wholeField,
} from "@retrovue/protocol";
import type { ChannelRegistry } from "../channels/channel-registry.js";
import { ChannelReport, type ChannelReportDeps } from "./channel-report.js";
import type { EventLog } from "./events/event-log.js";
import type { PlanCheck } from "./plan-check.js";

/** What the service works with. */
export interface PlayoutStatusDeps extends ChannelReportDeps {
  readonly channels: ChannelRegistry;
  readonly events: EventLog;
  readonly clock: Clock;
  readonly planCheck: PlanCheck;
  readonly engine: { readonly id: string; readonly version: string; readonly startedAt: Nanoseconds };
  readonly isDraining: () => boolean;
}

/** Channels that a watch may name: as many as an engine may have. */
const channelIdsMax = 1_000;

const heartbeatDefaultNs = nanoseconds(10n * nsPerSecond);
const heartbeatNsMin = nsPerSecond;
const heartbeatNsMax = 60n * nsPerSecond;

/** Reads state, follows events and checks plans. */
export class PlayoutStatusService implements Handlers<typeof PlayoutStatus> {
  readonly #deps: PlayoutStatusDeps;
  readonly #report: ChannelReport;

  constructor(deps: PlayoutStatusDeps) {
    this.#deps = deps;
    this.#report = new ChannelReport(deps);
  }

  async listChannels(_request: ListChannelsRequest) {
    // The sequence first: what happens while the rest is read is then seen twice, never not at all.
    const engine = this.#engine();
    const channels = this.#deps.channels.list().map(({ id }) => this.#report.of(id));
    return create(ListChannelsResponseSchema, { engine, channels });
  }

  async getChannel(request: GetChannelRequest) {
    const id = channelIdField("channel_id", request.channelId);
    if (this.#deps.channels.configOf(id) === undefined)
      throw new PlayoutError("UnknownChannel", `No channel has the id ${id}.`, { details: { channel: id } });
    return create(GetChannelResponseSchema, { engine: this.#engine(), channel: this.#report.of(id) });
  }

  watchEvents(request: WatchEventsRequest, { signal }: CallContext) {
    const { channelIds, runId, afterSequence } = request;
    if (channelIds.length > channelIdsMax)
      throw invalidField("channel_ids", `at most ${channelIdsMax} ids`, channelIds.length);
    for (const [index, id] of channelIds.entries()) channelIdField(`channel_ids[${index}]`, id);
    if (runId.length > 64) throw invalidField("run_id", "at most 64 characters", runId);
    if (afterSequence !== undefined && runId === "")
      throw invalidField("run_id", "the run of after_sequence", runId);
    const sequence =
      afterSequence === undefined
        ? undefined
        : wholeField("after_sequence", afterSequence, { min: 0, max: Number.MAX_SAFE_INTEGER });
    return this.#deps.events.watch(
      {
        channelIds: new Set(channelIds),
        after: sequence === undefined ? undefined : { runId, sequence },
        heartbeatNs: heartbeatOf(request),
      },
      signal,
    );
  }

  checkPlan(request: CheckPlanRequest, { signal }: CallContext) {
    return this.#deps.planCheck.check(request, signal);
  }

  #engine(): EngineStatus {
    const { events, engine, clock, isDraining } = this.#deps;
    return create(EngineStatusSchema, {
      engineId: engine.id,
      runId: events.runId,
      version: engine.version,
      eventSequence: BigInt(events.sequence),
      startedAt: timestampToWire(engine.startedAt),
      houseTime: timestampToWire(clock.now()),
      draining: isDraining(),
    });
  }
}

function heartbeatOf({ heartbeatInterval }: WatchEventsRequest): Nanoseconds {
  if (heartbeatInterval === undefined) return heartbeatDefaultNs;
  const ns = durationFromWire("heartbeat_interval", heartbeatInterval);
  if (ns < heartbeatNsMin || ns > heartbeatNsMax)
    throw invalidField("heartbeat_interval", "1 s to 60 s", `${Number(ns) / 1e9} s`);
  return ns;
}
