import { create } from "@bufbuild/protobuf";
import { type CallContext, type Clock, type Nanoseconds, PlayoutError, type Tick } from "@retrovue/core";
import {
  type ApplyPlanRequest,
  type ApplyPlanResponse,
  ApplyPlanResponseSchema,
  ControlStyle,
  channelIdField,
  type GetPlanRequest,
  type GetPlanResponse,
  GetPlanResponseSchema,
  type Handlers,
  invalidField,
  type PlayoutPlans,
  planFromWire,
  planToWire,
  timestampFromWire,
  timestampToWire,
} from "@retrovue/protocol";
import { type ChannelRegistry, inlineSource } from "../channels/channel-registry.js";
import type { ChannelRuntime } from "../channels/channel-runtime.js";
import type { CallQueues } from "./call-queues.js";
import type { ChannelRecords } from "./channel-records.js";
import { type EditTiming, editPlan, type PlanEdit } from "./plan-edit.js";
import { lengthsFor, type PlanReadingDeps, plannedBy } from "./plan-reading.js";
import { planWarnings } from "./plan-warnings.js";
import type { Styles } from "./styles.js";

/** What the service works with. */
export interface PlayoutPlansDeps extends PlanReadingDeps {
  readonly channels: ChannelRegistry;
  readonly records: ChannelRecords;
  readonly styles: Styles;
  readonly calls: CallQueues;
  readonly clock: Clock;
}

/** Replaces and reads back channels' plans. */
export class PlayoutPlansService implements Handlers<typeof PlayoutPlans> {
  readonly #deps: PlayoutPlansDeps;

  constructor(deps: PlayoutPlansDeps) {
    this.#deps = deps;
  }

  async applyPlan(request: ApplyPlanRequest, context: CallContext): Promise<ApplyPlanResponse> {
    const { channels, styles, calls, records } = this.#deps;
    const id = channelIdField("channel_id", request.channelId);
    const message = await plannedBy(request.plan, this.#deps, context.signal);
    const effective = effectiveOf(request);
    styles.refuseOther(channels.onAir(id), ControlStyle.PLAN);
    const lengths = await lengthsFor(message, this.#deps, context.signal);
    return await calls.run(
      id,
      () =>
        records.causedBy(id, context.correlationId, async () => {
          const channel = channels.onAir(id);
          styles.refuseOther(channel, ControlStyle.PLAN);
          const draft = planFromWire(message, {
            revision: channel.plan.revision + 1,
            lengthOf: (uri) => lengths.get(uri),
          });
          const wanted = wantedTick(effective, channel);
          const editFrom = (next: Tick) => {
            // Here, since a reload may have edited the plan while the edit waited for its turn.
            this.#refuseUnexpected(request, channel);
            return editPlan(channel.plan, draft, this.#timing(wanted, next, channel), channel.grid);
          };
          const apply = (next: Tick) => this.#apply(channel, editFrom(next), next);
          const edit = request.dryRun
            ? editFrom(channel.nextTick)
            : await channel.edit(wanted, apply, context.signal);
          if (!request.dryRun) styles.pin(channel, ControlStyle.PLAN);
          const at = channel.grid.tickTime(edit.effectiveTick);
          return create(ApplyPlanResponseSchema, {
            revision: BigInt(edit.plan.revision),
            changed: edit.changed,
            effectiveTick: BigInt(edit.effectiveTick),
            effectiveAt: timestampToWire(at),
            late: edit.isLate,
            onAirKept: edit.onAirKept,
            warnings: [...planWarnings(draft, at, at)],
          });
        }),
      context.signal,
    );
  }

  async getPlan(request: GetPlanRequest): Promise<GetPlanResponse> {
    const { channels, records } = this.#deps;
    const id = channelIdField("channel_id", request.channelId);
    const record = records.of(id);
    if (channels.configOf(id) === undefined)
      throw new PlayoutError("UnknownChannel", `No channel has the id ${id}.`, { details: { channel: id } });
    const { revision } = request;
    const applied = revision === undefined ? record?.applied : record?.revision(Number(revision));
    if (applied === undefined) {
      const what =
        revision === undefined
          ? `Channel ${id} has no plan.`
          : `Revision ${revision} of channel ${id} is not kept.`;
      throw new PlayoutError("UnknownPlan", what, { details: { channel: id } });
    }
    const { plan, appliedAt, effectiveTick } = applied;
    return create(GetPlanResponseSchema, {
      revision: BigInt(plan.revision),
      plan: planToWire(plan),
      source: applied.source,
      appliedAt: timestampToWire(appliedAt),
      effectiveTick: BigInt(effectiveTick),
    });
  }

  #apply(channel: ChannelRuntime, edit: PlanEdit, next: Tick): PlanEdit {
    const { channels, records } = this.#deps;
    const { plan, changed, isLate, following } = edit;
    if (!changed) return edit;
    const from = { source: inlineSource, handle: undefined, ...(following && { following }) };
    const apply = () => channels.apply(channel.id, plan, from, next);
    if (isLate) records.late(apply);
    else apply();
    return edit;
  }

  #refuseUnexpected({ expectedRevision }: ApplyPlanRequest, { id, plan }: ChannelRuntime): void {
    if (expectedRevision === undefined || this.#deps.channels.isInForce(id, Number(expectedRevision))) return;
    throw new PlayoutError(
      "RevisionConflict",
      `Revision ${plan.revision} of channel ${id} is in force, not ${expectedRevision}.`,
      {
        remedy: "Read the plan back and make the change from there.",
        details: { channel: id, expected: Number(expectedRevision), inForce: plan.revision },
      },
    );
  }

  #timing(wanted: Tick | undefined, next: Tick, { grid }: ChannelRuntime): EditTiming {
    return { wanted, next, onAir: grid.tickAtOrBefore(this.#deps.clock.now()) };
  }
}

/** From when on a plan is wanted: both undefined for as soon as possible. */
interface Effective {
  readonly tick?: Tick;
  readonly at?: Nanoseconds;
}

function effectiveOf({ effective }: ApplyPlanRequest): Effective {
  if (effective.case === "effectiveTick") return { tick: tickField(effective.value) };
  if (effective.case === "effectiveAt") return { at: timestampFromWire("effective_at", effective.value) };
  return {};
}

const wantedTick = ({ at, tick }: Effective, { grid }: ChannelRuntime): Tick | undefined =>
  at === undefined ? tick : grid.tickAtOrAfter(at);

function tickField(value: bigint): Tick {
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    throw invalidField("effective_tick", "a tick below 2^53", value);
  return Number(value) as Tick;
}
