import { create } from "@bufbuild/protobuf";
import { type CallContext, PlayoutError, type Timer } from "@retrovue/core";
import {
  type ApiVersion,
  type ApiVersionRequest,
  ApiVersionSchema,
  apiVersion,
  ControlStyle,
  channelIdField,
  type Handlers,
  type LoadPreviewRequest,
  type PlayoutControl,
  parseProgramFormat,
  type StartChannelRequest,
  StartChannelResponseSchema,
  type StopChannelRequest,
  StopChannelResponseSchema,
  type SwitchToLiveRequest,
  textField,
  type UpdatePlanRequest,
  UpdatePlanResponseSchema,
  wholeField,
} from "@retrovue/protocol";
import type { ChannelRegistry } from "../channels/channel-registry.js";
import type { ChannelSettings } from "../config/playout-config.js";
import type { Log } from "../log/log.js";
import type { ChannelPorts } from "../outputs/channel-ports.js";
import type { CallQueues } from "./call-queues.js";
import type { ChannelRecords } from "./channel-records.js";
import { firstFrameStaged } from "./first-frame.js";
import type { PreviewControl } from "./preview-control.js";
import type { RequestedChannel, RequestedChannels } from "./requested-channels.js";
import { requestedFormat } from "./requested-format.js";
import type { Styles } from "./styles.js";

/** What the service works with. */
export interface PlayoutControlDeps {
  readonly channels: ChannelRegistry;
  readonly ports: Pick<ChannelPorts, "open" | "release">;
  readonly records: ChannelRecords;
  readonly styles: Styles;
  readonly calls: CallQueues;
  readonly preview: PreviewControl;
  /** What a channel has that only a request names. */
  readonly defaults: Pick<ChannelSettings, "format" | "encode">;
  readonly timer: Timer;
  readonly requested: RequestedChannels;
  readonly log: Log;
}

const portMax = 65_535;

/** What a start answers that changed nothing. */
const alreadyStarted = "already started";

/** Starts, feeds and stops channels: the service whose names and numbers are fixed. */
export class PlayoutControlService implements Handlers<typeof PlayoutControl> {
  readonly #deps: PlayoutControlDeps;

  constructor(deps: PlayoutControlDeps) {
    this.#deps = deps;
  }

  async getVersion(_request: ApiVersionRequest): Promise<ApiVersion> {
    return create(ApiVersionSchema, { version: apiVersion });
  }

  async startChannel(request: StartChannelRequest, context: CallContext) {
    const { channels, defaults, calls, records, requested } = this.#deps;
    const id = channelIdField("channel_id", request.channelId);
    const handle = textField("plan_handle", request.planHandle);
    const port = wholeField("port", request.port, { min: 0, max: portMax });
    const text = request.programFormatJson;
    const format = requestedFormat(text, channels.configOf(id) ?? defaults);
    const message = await calls.run(
      id,
      () =>
        records.causedBy(id, context.correlationId, async () => {
          // A start that is under way has a plan of its own, like a channel that runs; one that fails leaves the channel to this one.
          await channels.startsSettled(id, context.signal);
          if (channels.running(id) !== undefined) return alreadyStarted;
          const isConfigured = channels.configOf(id) !== undefined;
          const done = await this.#start(id, { handle, ...(format && { format }) }, port, context.signal);
          if (done !== alreadyStarted)
            requested.started({ channel: id, handle, port, format: text, isConfigured });
          return done;
        }),
      context.signal,
    );
    return create(StartChannelResponseSchema, { success: true, message });
  }

  async updatePlan(request: UpdatePlanRequest, context: CallContext) {
    const { channels, styles, calls, records } = this.#deps;
    const id = channelIdField("channel_id", request.channelId);
    const handle = textField("plan_handle", request.planHandle);
    const message = await calls.run(
      id,
      () =>
        records.causedBy(id, context.correlationId, async () => {
          styles.refuseOther(channels.onAir(id), ControlStyle.PLAN);
          const { changed, onSlate } = await channels.update(id, handle, "request", context.signal);
          const channel = channels.onAir(id);
          styles.pin(channel, ControlStyle.PLAN);
          if (onSlate !== undefined) return `on slate: ${onSlate.message}`;
          return changed ? `revision ${channel.plan.revision}` : "unchanged";
        }),
      context.signal,
    );
    return create(UpdatePlanResponseSchema, { success: true, message });
  }

  async stopChannel(request: StopChannelRequest, context: CallContext) {
    const { channels, ports, calls, records, requested } = this.#deps;
    const id = channelIdField("channel_id", request.channelId);
    const message = await calls.run(
      id,
      () =>
        records.causedBy(id, context.correlationId, async () => {
          if (channels.configOf(id) === undefined)
            throw new PlayoutError("UnknownChannel", `No channel has the id ${id}.`, {
              details: { channel: id },
            });
          // A caller that leaves while somebody else's start is under way has stopped nothing.
          await channels.startsSettled(id, context.signal);
          requested.stopped(id);
          const wasRunning = await channels.stop(id, "request");
          await ports.release(id);
          return wasRunning ? "stopped" : "already stopped";
        }),
      context.signal,
    );
    return create(StopChannelResponseSchema, { success: true, message });
  }

  loadPreview(request: LoadPreviewRequest, context: CallContext) {
    return this.#deps.preview.load(request, context);
  }

  switchToLive(request: SwitchToLiveRequest, context: CallContext) {
    return this.#deps.preview.switch(request, context);
  }

  attachStream(): Promise<never> {
    return unbuilt("AttachStream");
  }

  detachStream(): Promise<never> {
    return unbuilt("DetachStream");
  }

  startBlockPlanSession(): Promise<never> {
    return unbuilt("StartBlockPlanSession");
  }

  feedBlockPlan(): Promise<never> {
    return unbuilt("FeedBlockPlan");
  }

  stopBlockPlanSession(): Promise<never> {
    return unbuilt("StopBlockPlanSession");
  }

  // biome-ignore lint/correctness/useYield: it is not built yet, and says so.
  async *subscribeBlockEvents(): AsyncIterable<never> {
    await unbuilt("SubscribeBlockEvents");
  }

  /**
   * Puts on air again what requests had on air when the engine ended, with the plans of then. Never rejects; resolves when each is
   * on air or has failed.
   */
  async resume(): Promise<void> {
    const { requested, channels, log } = this.#deps;
    await Promise.all(
      (await requested.load()).map(async (one) => {
        if (isGone(one, channels)) {
          requested.stopped(one.channel);
          return;
        }
        try {
          await this.#resume(one);
        } catch (thrown) {
          // It is tried again after the next restart, unless a request stops it.
          const err = PlayoutError.from(thrown);
          log.error({ channel: one.channel, plan: one.handle, err }, "requested channel not resumed");
        }
      }),
    );
  }

  async #resume(one: RequestedChannel): Promise<void> {
    const { channels, ports, defaults, calls, log } = this.#deps;
    const { channel: id, handle, port, format: text } = one;
    const config = channels.configOf(id);
    if (config?.run === "on-demand") return;
    await calls.run(
      id,
      async () => {
        if (channels.running(id) !== undefined) return;
        const own = config?.format ?? defaults.format;
        const format = text.trim() === "" ? undefined : parseProgramFormat(text, own);
        const opened =
          port === 0
            ? undefined
            : await ports.open(id, port).catch((err: unknown) => {
                log.error({ channel: id, port, err }, "the channel's port is not served");
                return undefined;
              });
        let isNew: boolean | undefined;
        try {
          ({ isNew } = await channels.start(id, { handle, resumes: true, ...(format && { format }) }));
        } finally {
          if (isNew !== true) await opened?.giveBack();
        }
        if (isNew === true) log.info({ channel: id, plan: handle }, "requested channel resumed");
      },
      new AbortController().signal,
    );
  }

  async #start(
    id: number,
    order: Parameters<ChannelRegistry["start"]>[1] & object,
    port: number,
    signal: AbortSignal,
  ): Promise<string> {
    const { channels, ports, records, timer } = this.#deps;
    // First the port: where it is taken the channel is not started.
    const opened = port === 0 ? undefined : await ports.open(id, port);
    let isNew: boolean | undefined;
    let onSlate: PlayoutError | undefined;
    try {
      ({ onSlate, isNew } = await channels.start(id, { ...order, signal }));
    } finally {
      if (isNew !== true) await opened?.giveBack();
    }
    // A viewer came first, while the port was opened.
    if (isNew === false) return alreadyStarted;
    if (onSlate !== undefined) return `started on slate: ${onSlate.message}`;
    const channel = channels.onAir(id);
    if (await firstFrameStaged(channel, records, timer, signal)) return "started";
    const why = records.of(id)?.lastFailure?.error.message ?? "its first frame takes longer than 2 s";
    return `started on slate: ${why}`;
  }
}

/** True for one that the configuration named then and does not any more: whoever wrote that took it out. */
const isGone = ({ channel, isConfigured }: RequestedChannel, channels: ChannelRegistry): boolean =>
  isConfigured && channels.configOf(channel) === undefined;

async function unbuilt(name: string): Promise<never> {
  throw new PlayoutError("Unimplemented", `${name} is not built yet.`, { details: { method: name } });
}
