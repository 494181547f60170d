import { create } from "@bufbuild/protobuf";
import {
  type CallContext,
  type Clock,
  type MetricsRecorder,
  msFloor,
  nanoseconds,
  nanosecondsFromMs,
  nsPerMs,
  PlayoutError,
  ptsOfTick,
  splicePlan,
  type Tick,
  type Timer,
} from "@retrovue/core";
import {
  ControlStyle,
  channelIdField,
  type LoadPreviewRequest,
  type LoadPreviewResponse,
  LoadPreviewResponseSchema,
  ResultCode,
  type SwitchToLiveRequest,
  type SwitchToLiveResponse,
  SwitchToLiveResponseSchema,
  segmentIdOf,
  wholeField,
} from "@retrovue/protocol";
import type { ChannelRegistry } from "../channels/channel-registry.js";
import type { ChannelRuntime } from "../channels/channel-runtime.js";
import type { AssetExaminer } from "../media/media-inspector.js";
import type { PlanResolver } from "../plans/plan-resolver.js";
import type { CallQueues } from "./call-queues.js";
import type { ChannelRecords } from "./channel-records.js";
import { LoadedPreview } from "./loaded-preview.js";
import { inPointFault, previewWish } from "./preview-request.js";
import type { Styles } from "./styles.js";

/** What preview and switch work with. */
export interface PreviewControlDeps {
  readonly channels: ChannelRegistry;
  readonly records: ChannelRecords;
  readonly styles: Styles;
  readonly calls: CallQueues;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly assets: AssetExaminer;
  readonly resolver: Pick<PlanResolver, "locate">;
  readonly metricsOf: (id: number) => MetricsRecorder | undefined;
}

/** How long LoadPreview waits for the channel's worker; what takes longer goes on, and its switch says `NOT_READY`. */
const primingNsMax = nanosecondsFromMs(2_000);

/** A switch as it was taken. */
interface Taken {
  readonly tick: Tick;
  /** The tick that was asked for; the next free one where it was to be at once. */
  readonly wanted: Tick;
}

/** Makes assets ready in the shadow and puts them on air at a tick. The same for all channels; one preview each. */
export class PreviewControl {
  readonly #deps: PreviewControlDeps;
  /** By life on air: the worker of a channel's next one does not keep it. */
  readonly #previews = new WeakMap<ChannelRuntime, LoadedPreview>();
  /** Those whose switch waits for its tick. */
  readonly #switching = new WeakSet<ChannelRuntime>();
  /** Makes the ids of segments of one asset differ. */
  #loads = 0;

  constructor(deps: PreviewControlDeps) {
    this.#deps = deps;
    deps.records.onEvent((id, event) => {
      if (event.type !== "preparation") return;
      const channel = deps.channels.running(id);
      if (channel !== undefined) this.#previews.get(channel)?.heard(event);
    });
  }

  async load(request: LoadPreviewRequest, { signal }: CallContext): Promise<LoadPreviewResponse> {
    const { channels, styles, assets, resolver, timer } = this.#deps;
    const id = channelIdField("channel_id", request.channelId);
    const houseRate = channels.configOf(id)?.format.frameRate ?? { num: 25, den: 1 };
    const wish = previewWish(request, houseRate);
    styles.refuseOther(channels.onAir(id), ControlStyle.PREVIEW);
    const located = resolver.locate(wish.asset, signal);
    // Whoever switches right behind this call is to find its preview.
    const uri = typeof located === "string" ? located : await located;
    // As it is by now.
    const channel = channels.onAir(id);
    styles.refuseOther(channel, ControlStyle.PREVIEW);
    styles.pin(channel, ControlStyle.PREVIEW);
    const preview = new LoadedPreview(uri, this.#segmentIdFor(id), wish);
    this.#previews.set(channel, preview);
    const fail = (why: PlayoutError) => {
      preview.fail(why);
      // The one before was replaced all the same: nobody can switch to it, so it is not kept open either.
      if (this.#loaded(channel) === preview) channel.setPreview(undefined);
      return notLoaded(why.message);
    };
    // First by a process that nobody's programme depends on: a file that ends whoever opens it is found out there.
    const { error, asset, decoder } = await assets.inspect(uri, signal).catch((thrown: unknown) => {
      // The caller left: what it asked for would be said to be not ready yet for ever.
      fail(PlayoutError.from(thrown));
      throw thrown;
    });
    const failure = error ?? inPointFault(uri, wish.inPoint, asset?.duration);
    if (failure !== undefined) return fail(failure);
    preview.opened(asset?.duration);
    // Switched to, replaced, or stopped meanwhile.
    if (this.#loaded(channel) === preview) channel.setPreview(preview.order);
    else return notLoaded("Another call took its place while it was opened, or the channel was stopped.");
    await preview.settledWithin(primingNsMax, timer, signal);
    if (preview.phase === "failed")
      return notLoaded(preview.failure?.message ?? "The preview does not open.");
    if (channels.running(id) !== channel) return notLoaded("The channel was stopped meanwhile.");
    const by = `${decoder ?? "a decoder"} plays it`;
    return create(LoadPreviewResponseSchema, {
      success: true,
      message: preview.phase === "primed" ? `primed; ${by}` : `priming goes on; ${by}`,
      shadowDecodeStarted: true,
      resultCode: ResultCode.OK,
    });
  }

  async switch(request: SwitchToLiveRequest, context: CallContext): Promise<SwitchToLiveResponse> {
    const { channels, styles, calls, records } = this.#deps;
    const id = channelIdField("channel_id", request.channelId);
    const targetMs = wholeField("target_boundary_time_ms", request.targetBoundaryTimeMs, {
      min: 0,
      max: Number.MAX_SAFE_INTEGER,
    });
    const channel = channels.onAir(id);
    styles.refuseOther(channel, ControlStyle.PREVIEW);
    const preview = this.#loaded(channel);
    if (preview === undefined) return violation("No preview is loaded; call LoadPreview first.");
    if (this.#switching.has(channel))
      return refused(ResultCode.REJECTED_BUSY, "A switch is under way already.");
    if (preview.phase === "failed")
      return refused(ResultCode.FAILED, "The preview did not open; load another one.");
    if (preview.phase !== "primed" && targetMs === 0)
      return refused(ResultCode.NOT_READY, "The preview is not primed yet; ask again.");
    this.#switching.add(channel);
    try {
      styles.pin(channel, ControlStyle.PREVIEW);
      const taken = await calls.run(
        id,
        () =>
          records.causedBy(id, context.correlationId, () =>
            this.#splice(channel, preview, targetMs, context.signal),
          ),
        context.signal,
      );
      return await this.#onAir(channel, taken, context.signal);
    } finally {
      this.#switching.delete(channel);
    }
  }

  /** What the channel keeps ready; undefined where it keeps nothing, or runs no more. */
  #loaded(channel: ChannelRuntime): LoadedPreview | undefined {
    return this.#deps.channels.running(channel.id) === channel ? this.#previews.get(channel) : undefined;
  }

  #splice(
    channel: ChannelRuntime,
    preview: LoadedPreview,
    targetMs: number,
    signal: AbortSignal,
  ): Promise<Taken> {
    const { channels, clock, records } = this.#deps;
    const { id, grid } = channel;
    const target = targetMs === 0 ? undefined : grid.tickAtOrAfter(nanoseconds(BigInt(targetMs) * nsPerMs));
    const splice = (next: Tick): Taken => {
      const tick = Math.max(next, target ?? next) as Tick;
      const onAir = grid.tickAtOrBefore(clock.now());
      const plan = splicePlan(channel.plan, tick, [preview.segment(grid)], onAir, grid);
      const apply = () => channels.apply(id, plan, { source: "preview", handle: undefined }, next);
      if (target !== undefined && target < next) records.late(apply);
      else apply();
      if (this.#loaded(channel) === preview) this.#previews.delete(channel);
      return { tick, wanted: target ?? next };
    };
    return channel.edit(target, splice, signal);
  }

  /** Waits until the tick is on air, and tells how the switch went. */
  async #onAir(
    channel: ChannelRuntime,
    { tick, wanted }: Taken,
    signal: AbortSignal,
  ): Promise<SwitchToLiveResponse> {
    const { clock, channels, records, metricsOf } = this.#deps;
    const { grid, id } = channel;
    const at = grid.tickTime(tick);
    await clock.sleepUntil(at, signal);
    if (channels.running(id) !== channel)
      return refused(ResultCode.FAILED, "The channel was stopped meanwhile.");
    metricsOf(id)?.observe("switchLateness", Number(at - grid.tickTime(wanted)) / 1e9);
    const standIn = records.of(id)?.onAir()?.standIn;
    const notes = [
      ...(wanted < tick ? ["late: the target was committed already, so the next free tick was taken"] : []),
      ...(standIn === undefined ? [] : [`a stand-in airs (${standIn.reason})`]),
    ];
    return create(SwitchToLiveResponseSchema, {
      success: true,
      message: notes.length === 0 ? "on air" : notes.join("; "),
      ptsContiguous: true,
      liveStartPts: ptsOfTick(grid, tick),
      resultCode: ResultCode.OK,
      switchCompletionTimeMs: BigInt(msFloor(at)),
    });
  }

  /** Never one that a plan of an earlier run of the engine may still hold. */
  #segmentIdFor(id: number): string {
    this.#loads += 1;
    return segmentIdOf(["preview", id, `${this.#deps.clock.now()}`, this.#loads]);
  }
}

const notLoaded = (message: string): LoadPreviewResponse =>
  create(LoadPreviewResponseSchema, { message, resultCode: ResultCode.FAILED });

const refused = (resultCode: ResultCode, message: string): SwitchToLiveResponse =>
  create(SwitchToLiveResponseSchema, { message, resultCode });

const violation = (reason: string): SwitchToLiveResponse =>
  create(SwitchToLiveResponseSchema, {
    message: reason,
    resultCode: ResultCode.PROTOCOL_VIOLATION,
    violationReason: `FAILED: ${reason}`,
  });
