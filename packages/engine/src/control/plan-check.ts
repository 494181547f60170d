import { create } from "@bufbuild/protobuf";
import { type Clock, nanoseconds, type PlanDraft, PlayoutError, type Segment } from "@retrovue/core";
import {
  type CheckPlanRequest,
  type CheckPlanResponse,
  CheckPlanResponseSchema,
  channelIdField,
  DecoderVerdictSchema,
  durationToWire,
  failureToWire,
  invalidField,
  PlanFaultSchema,
  type PlayoutPlan,
  pictureStreamToWire,
  planFaultsInMessage,
  planFaultToWire,
  planFromWire,
  type SegmentCheck,
  SegmentCheckSchema,
  segmentRefToWire,
  soundStreamToWire,
  textField,
} from "@retrovue/protocol";
import type { ChannelRegistry } from "../channels/channel-registry.js";
import type { Inspection } from "../media/inspection.js";
import type { AssetExaminer } from "../media/media-inspector.js";
import type { PlanResolver } from "../plans/plan-resolver.js";
import { type PlanReadingDeps, plannedBy } from "./plan-reading.js";
import { assetWarnings, planWarnings } from "./plan-warnings.js";

/** What checks are made with. */
export interface PlanCheckDeps extends PlanReadingDeps {
  readonly channels: ChannelRegistry;
  readonly assets: AssetExaminer;
  readonly resolver: PlanResolver;
  readonly clock: Clock;
}

/** Assets opened side by side. */
const atOnceMax = 4;

/** Finds out whether a plan would air: opens every asset once, where no file can hurt, and changes nothing. */
export class PlanCheck {
  readonly #deps: PlanCheckDeps;

  constructor(deps: PlanCheckDeps) {
    this.#deps = deps;
  }

  async check(request: CheckPlanRequest, signal: AbortSignal): Promise<CheckPlanResponse> {
    const { channelId, source } = request;
    if (source.case === undefined) throw invalidField("source", "plan or plan_handle", undefined);
    if (channelId !== 0) channelIdField("channel_id", channelId);
    const work =
      source.case === "plan"
        ? this.#checkMessage.bind(this, await plannedBy(source.value, this.#deps, signal))
        : this.#checkHandle.bind(this, textField("plan_handle", source.value));
    if (channelId !== 0 && this.#deps.channels.configOf(channelId) === undefined)
      throw new PlayoutError("UnknownChannel", `No channel has the id ${channelId}.`, {
        details: { channel: channelId },
      });
    return await work(signal);
  }

  async #checkHandle(handle: string, signal: AbortSignal): Promise<CheckPlanResponse> {
    try {
      const { draft, onSlate } = await this.#deps.resolver.resolve(handle, "request", 1, signal);
      if (onSlate !== undefined) throw onSlate;
      return await this.#checkDraft(draft, undefined, signal);
    } catch (thrown) {
      // Faults of a plan file are what the caller asked for.
      if (!PlayoutError.is(thrown, "InvalidPlan")) throw thrown;
      return create(CheckPlanResponseSchema, { faults: faultsOf(thrown) });
    }
  }

  async #checkMessage(plan: PlayoutPlan, signal: AbortSignal): Promise<CheckPlanResponse> {
    const found = await this.#inspectAll(new Set(plan.segments.map(({ uri }) => uri)), signal);
    const context = { revision: 1, lengthOf: (uri: string) => found.get(uri)?.asset?.duration };
    const faults = planFaultsInMessage(plan, context);
    if (faults.length > 0) return create(CheckPlanResponseSchema, { faults: faults.map(planFaultToWire) });
    return await this.#checkDraft(planFromWire(plan, context), found, signal);
  }

  async #checkDraft(
    draft: PlanDraft,
    before: ReadonlyMap<string, Inspection> | undefined,
    signal: AbortSignal,
  ): Promise<CheckPlanResponse> {
    const uris = new Set(draft.segments.map(({ asset }) => asset?.uri ?? ""));
    const found = before ?? (await this.#inspectAll(uris, signal));
    const now = this.#deps.clock.now();
    const warnings = planWarnings(draft, now, now);
    const segments = draft.segments.map((segment, index) => {
      const check = this.#segmentCheck(segment, index, found.get(segment.asset?.uri ?? ""));
      check.warnings.push(...warnings.filter(({ segmentIndex }) => segmentIndex === index));
      return check;
    });
    return create(CheckPlanResponseSchema, {
      willAir: segments.every(({ opens }) => opens),
      segments,
      warnings: warnings.filter(({ segmentIndex }) => segmentIndex === undefined),
      duration: durationToWire(
        draft.segments.reduce((sum, { duration }) => nanoseconds(sum + duration), nanoseconds(0n)),
      ),
    });
  }

  #segmentCheck(segment: Segment, index: number, found: Inspection | undefined): SegmentCheck {
    const check = create(SegmentCheckSchema, {
      segment: segmentRefToWire(segment, index),
      opens: true,
      duration: durationToWire(segment.duration),
    });
    if (segment.asset === undefined || found === undefined) return check;
    const { asset, decoder, candidates } = found;
    const error = found.error ?? outside(segment, asset?.duration);
    check.opens = error === undefined;
    check.verdicts = candidates.map(({ name, probe }) =>
      create(DecoderVerdictSchema, { decoder: name, score: Math.round(probe.score), reason: probe.reason }),
    );
    if (error !== undefined) check.failure = failureToWire(error, this.#deps.clock.now());
    if (asset === undefined) return check;
    check.decoder = decoder ?? "";
    check.container = asset.container;
    if (asset.duration !== undefined) check.assetDuration = durationToWire(asset.duration);
    if (asset.picture !== undefined) check.picture = pictureStreamToWire(asset.picture);
    if (asset.sound !== undefined) check.sound = soundStreamToWire(asset.sound);
    check.warnings.push(...assetWarnings(segment, index, asset));
    return check;
  }

  /** Each asset once, whatever the number of its airings. */
  async #inspectAll(
    uris: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Inspection>> {
    const found = new Map<string, Inspection>();
    const waiting = [...uris].filter((uri) => uri !== "");
    const work = async () => {
      for (let uri = waiting.shift(); uri !== undefined; uri = waiting.shift()) {
        found.set(uri, await this.#deps.assets.inspect(uri, signal));
        signal.throwIfAborted();
      }
    };
    await Promise.all(Array.from({ length: atOnceMax }, work));
    return found;
  }
}

function outside({ inPoint, asset }: Segment, duration: bigint | undefined): PlayoutError | undefined {
  if (duration === undefined || inPoint < duration) return undefined;
  return new PlayoutError("InvalidPlan", `The in-point lies beyond the end of ${asset?.uri}.`, {
    remedy: "Begin earlier.",
  });
}

/** The faults that an error of a plan file lists as `place: problem`, or the error itself. */
function faultsOf(error: PlayoutError) {
  const { faults } = error.details;
  const list = Array.isArray(faults) ? (faults as readonly string[]) : [];
  if (list.length === 0) return [create(PlanFaultSchema, { message: error.message })];
  return list.map((fault) => {
    const at = fault.indexOf(": ");
    return create(PlanFaultSchema, {
      path: fault.slice(0, Math.max(0, at)),
      message: at < 0 ? fault : fault.slice(at + 2),
    });
  });
}
