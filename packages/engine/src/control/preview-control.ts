import { create } from "@bufbuild/protobuf";
import {
  type CallContext,
  type Clock,
  type HouseGrid,
  type MediaTime,
  mediaTime,
  msFloor,
  nanoseconds,
  nsPerMs,
  nsPerSecond,
  PlayoutError,
  ptsOfTick,
  type Rational,
  type Segment,
  splicePlan,
  type Tick,
} from "@retrovue/core";
import {
  ControlStyle,
  channelIdField,
  invalidField,
  type LoadPreviewRequest,
  type LoadPreviewResponse,
  LoadPreviewResponseSchema,
  ResultCode,
  type SwitchToLiveRequest,
  type SwitchToLiveResponse,
  SwitchToLiveResponseSchema,
  segmentIdOf,
  textField,
  wholeField,
} from "@retrovue/protocol";
import type { ChannelRegistry } from "../channels/channel-registry.js";
import type { ChannelRuntime } from "../channels/channel-runtime.js";
import type { AssetExaminer } from "../media/media-inspector.js";
import type { PlanResolver } from "../plans/plan-resolver.js";
import type { ChannelRecords } from "./channel-records.js";
import type { Styles } from "./styles.js";
import type { Turns } from "./turns.js";

/** What preview and switch work with. */
export interface PreviewControlDeps {
  readonly channels: ChannelRegistry;
  readonly records: ChannelRecords;
  readonly styles: Styles;
  readonly turns: Turns;
  readonly clock: Clock;
  readonly assets: AssetExaminer;
  readonly resolver: Pick<PlanResolver, "locate">;
  /**
   * Ticks after the next one that an edit can still reach for sure: a worker in a process of its own may hand over one more
   * tick before it hears of the edit.
   */
  readonly marginTicks: number;
}

/** One preview of a channel. */
interface Preview {
  readonly uri: string;
  readonly inPoint: MediaTime;
  /** Undefined: to the end. */
  readonly frames: bigint | undefined;
  readonly rate: Rational;
  /** The asset's own length, as soon as it was opened; undefined where it has none or does not say. */
  length?: MediaTime | undefined;
  phase: "opening" | "primed" | "failed";
}

const frameMax = Number.MAX_SAFE_INTEGER;
const rateTermMax = 2 ** 31 - 1;

/** How long media without end may stay on air after a switch. */
const endlessNs = 86_400n * nsPerSecond;

/** Opens assets in the shadow and puts them on air at a tick. The same for all channels; one preview each. */
export class PreviewControl {
  readonly #deps: PreviewControlDeps;
  readonly #previews = new Map<number, Preview>();
  /** Channels whose switch waits for its tick. */
  readonly #switching = new Set<number>();
  /** Makes the ids of segments of one asset differ. */
  #switches = 0;

  constructor(deps: PreviewControlDeps) {
    this.#deps = deps;
  }

  /** The channel was stopped. */
  forget(id: number): void {
    this.#previews.delete(id);
  }

  async load(request: LoadPreviewRequest, { signal }: CallContext): Promise<LoadPreviewResponse> {
    const { channels, styles, assets } = this.#deps;
    const id = channelIdField("channel_id", request.channelId);
    const asset = textField("asset_path", request.assetPath);
    const startFrame = BigInt(wholeField("start_frame", request.startFrame, { min: 0, max: frameMax }));
    const frames = framesOf(request.frameCount);
    const rate = rateOf(request);
    const channel = channels.onAir(id);
    styles.refuseOther(id, ControlStyle.PREVIEW);
    const { num, den } = rate ?? channel.grid.frameRate;
    const preview: Preview = {
      uri: this.#deps.resolver.locate(asset),
      inPoint: mediaTime((startFrame * BigInt(den) * nsPerSecond) / BigInt(num)),
      frames,
      rate: rate ?? channel.grid.frameRate,
      phase: "opening",
    };
    styles.pin(id, ControlStyle.PREVIEW);
    this.#previews.set(id, preview);
    const found = await assets.inspect(preview.uri, signal);
    const failure = found.error ?? inPointFault(preview, found.asset?.duration);
    preview.phase = failure === undefined ? "primed" : "failed";
    preview.length = found.asset?.duration;
    if (failure !== undefined) {
      return create(LoadPreviewResponseSchema, { message: failure.message, resultCode: ResultCode.FAILED });
    }
    return create(LoadPreviewResponseSchema, {
      success: true,
      message: `primed; ${found.decoder ?? "a decoder"} plays it`,
      shadowDecodeStarted: true,
      resultCode: ResultCode.OK,
    });
  }

  async switch(request: SwitchToLiveRequest, context: CallContext): Promise<SwitchToLiveResponse> {
    const { channels, styles, turns, records } = this.#deps;
    const id = channelIdField("channel_id", request.channelId);
    const targetMs = wholeField("target_boundary_time_ms", request.targetBoundaryTimeMs, {
      min: 0,
      max: Number.MAX_SAFE_INTEGER,
    });
    const channel = channels.onAir(id);
    styles.refuseOther(id, ControlStyle.PREVIEW);
    const preview = this.#previews.get(id);
    if (preview === undefined) return violation("No preview is loaded; call LoadPreview first.");
    if (this.#switching.has(id)) return refused(ResultCode.REJECTED_BUSY, "A switch is under way already.");
    if (preview.phase === "failed")
      return refused(ResultCode.FAILED, "The preview did not open; load another one.");
    if (preview.phase === "opening" && targetMs === 0)
      return refused(ResultCode.NOT_READY, "The preview is not primed yet; ask again.");
    this.#switching.add(id);
    try {
      styles.pin(id, ControlStyle.PREVIEW);
      const taken = await turns.take(id, () =>
        records.causedBy(id, context.correlationId, async () => this.#splice(channel, preview, targetMs)),
      );
      return await this.#onAir(channel, taken, context.signal);
    } finally {
      this.#switching.delete(id);
    }
  }

  #splice(
    channel: ChannelRuntime,
    preview: Preview,
    targetMs: number,
  ): { readonly tick: Tick; readonly isLate: boolean } {
    const { channels, clock, marginTicks, records } = this.#deps;
    const { id, grid } = channel;
    const next = (channel.nextTick + marginTicks) as Tick;
    const wanted = targetMs === 0 ? next : grid.tickAtOrAfter(nanoseconds(BigInt(targetMs) * nsPerMs));
    const tick = Math.max(next, wanted) as Tick;
    const isLate = wanted < next;
    const onAir = grid.tickAtOrBefore(clock.now());
    const plan = splicePlan(channel.plan, tick, [this.#segment(preview, id, tick, grid)], onAir, grid);
    const from = { source: "preview", handle: undefined };
    const apply = () => channels.apply(id, plan, from);
    if (isLate) records.late(apply);
    else apply();
    if (this.#previews.get(id) === preview) this.#previews.delete(id);
    return { tick, isLate };
  }

  /** Waits until the tick is on air, and tells how the switch went. */
  async #onAir(
    channel: ChannelRuntime,
    { tick, isLate }: { readonly tick: Tick; readonly isLate: boolean },
    signal: AbortSignal,
  ): Promise<SwitchToLiveResponse> {
    const { clock, channels, records } = this.#deps;
    const at = channel.grid.tickTime(tick);
    await clock.sleepUntil(at, signal);
    if (channels.running(channel.id) !== channel)
      return refused(ResultCode.FAILED, "The channel was stopped meanwhile.");
    const standIn = records.of(channel.id)?.onAir()?.standIn;
    const notes = [
      ...(isLate ? ["late: the target was committed already, so the next free tick was taken"] : []),
      ...(standIn === undefined ? [] : [`a stand-in airs (${standIn.reason})`]),
    ];
    return create(SwitchToLiveResponseSchema, {
      success: true,
      message: notes.length === 0 ? "on air" : notes.join("; "),
      ptsContiguous: true,
      liveStartPts: ptsOfTick(channel.grid, tick),
      resultCode: ResultCode.OK,
      switchCompletionTimeMs: BigInt(msFloor(at)),
    });
  }

  #segment(
    { uri, inPoint, frames, rate, length }: Preview,
    id: number,
    tick: Tick,
    grid: HouseGrid,
  ): Segment {
    this.#switches += 1;
    const rest = length === undefined || length <= inPoint ? endlessNs : length - inPoint;
    const duration =
      frames === undefined ? rest : (frames * BigInt(rate.den) * nsPerSecond) / BigInt(rate.num);
    const oneTick = grid.length(1);
    return {
      id: segmentIdOf(["preview", id, tick, this.#switches]),
      kind: "content",
      asset: { uri },
      inPoint,
      duration: nanoseconds(duration > oneTick ? duration : oneTick),
      start: undefined,
      gainDb: 0,
      fadeInNs: nanoseconds(0n),
      fadeOutNs: nanoseconds(0n),
      aspect: undefined,
      labels: {},
    };
  }
}

function framesOf(frameCount: bigint): bigint | undefined {
  if (frameCount === -1n) return undefined;
  if (frameCount >= 1n && frameCount <= BigInt(frameMax)) return frameCount;
  throw invalidField("frame_count", "-1 for all up to the end, or 1 or more", frameCount);
}

function rateOf({ fpsNumerator, fpsDenominator }: LoadPreviewRequest): Rational | undefined {
  if (fpsNumerator === 0 && fpsDenominator === 0) return undefined;
  const num = wholeField("fps_numerator", fpsNumerator, { min: 1, max: rateTermMax });
  const den = wholeField("fps_denominator", fpsDenominator, { min: 1, max: rateTermMax });
  if (num / den > 1_000 || num / den < 1)
    throw invalidField("fps_numerator", "a rate from 1 to 1000", `${num}/${den}`);
  return { num, den };
}

function inPointFault({ uri, inPoint }: Preview, length: MediaTime | undefined): PlayoutError | undefined {
  if (length === undefined || inPoint < length) return undefined;
  return new PlayoutError("InvalidArgument", `start_frame lies beyond the end of ${uri}.`, {
    remedy: "Begin earlier.",
    details: { field: "start_frame" },
  });
}

const refused = (resultCode: ResultCode, message: string): SwitchToLiveResponse =>
  create(SwitchToLiveResponseSchema, { message, resultCode });

const violation = (reason: string): SwitchToLiveResponse =>
  create(SwitchToLiveResponseSchema, {
    message: reason,
    resultCode: ResultCode.PROTOCOL_VIOLATION,
    violationReason: `FAILED: ${reason}`,
  });
