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
import type { ChannelRegistry } from "../channels/channel-registry.js";
import type { ChannelRuntime } from "../channels/channel-runtime.js";
import type { ChannelRecords } from "./channel-records.js";
import { type EditTiming, editPlan, type PlanEdit } from "./plan-edit.js";
import { lengthsFor, type PlanReadingDeps, plannedBy } from "./plan-reading.js";
import { planWarnings } from "./plan-warnings.js";
import type { Styles } from "./styles.js";
import type { Turns } from "./turns.js";

/** What the service works with. */
export interface PlayoutPlansDeps extends PlanReadingDeps {
  readonly channels: ChannelRegistry;
  readonly records: ChannelRecords;
  readonly styles: Styles;
  readonly turns: Turns;
  readonly clock: Clock;
}

/** Where plans that came as values are said to come from. */
const source = "inline";

/** Replaces and reads back channels' plans. */
export class PlayoutPlansService implements Handlers<typeof PlayoutPlans> {
  readonly #deps: PlayoutPlansDeps;
  /** Channels whose loop was put in force by a revision of our own, and which one its caller was told. */
  readonly #carriedOn = new Map<number, { readonly told: number; readonly inForce: number }>();

  constructor(deps: PlayoutPlansDeps) {
    this.#deps = deps;
  }

  async applyPlan(request: ApplyPlanRequest, context: CallContext): Promise<ApplyPlanResponse> {
    const { channels, styles, turns, records } = this.#deps;
    const id = channelIdField("channel_id", request.channelId);
    const message = plannedBy(request.plan, this.#deps);
    const effective = effectiveOf(request);
    channels.onAir(id);
    styles.refuseOther(id, ControlStyle.PLAN);
    const lengths = await lengthsFor(message, this.#deps, context.signal);
    return await turns.take(id, () =>
      records.causedBy(id, context.correlationId, async () => {
        const channel = channels.onAir(id);
        styles.refuseOther(id, ControlStyle.PLAN);
        this.#refuseUnexpected(request, channel);
        const draft = planFromWire(message, {
          revision: channel.plan.revision + 1,
          lengthOf: (uri) => lengths.get(uri),
        });
        const wanted = wantedTick(effective, channel);
        const editFrom = (next: Tick) =>
          editPlan(channel.plan, draft, this.#timing(wanted, next, channel), channel.grid);
        const edit = request.dryRun
          ? editFrom(channel.nextTick)
          : await channel.edit(wanted, (next) => this.#apply(channel, editFrom(next), next));
        if (!request.dryRun) styles.pin(id, ControlStyle.PLAN);
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
    const { plan, changed, isLate, effectiveTick, then } = edit;
    if (!changed) return edit;
    const apply = () => channels.apply(channel.id, plan, { source, handle: undefined }, next);
    if (isLate) records.late(apply);
    else apply();
    if (then !== undefined) void this.#goOn(channel, plan.revision, effectiveTick, then);
    return edit;
  }

  /** Puts the loop itself in force once its first round is on air, unless another plan came meanwhile. */
  async #goOn(
    channel: ChannelRuntime,
    revision: number,
    at: Tick,
    then: NonNullable<PlanEdit["then"]>,
  ): Promise<void> {
    const { channels, clock, turns } = this.#deps;
    const { grid, id } = channel;
    await clock.sleepUntil(grid.tickTime(at), new AbortController().signal);
    await turns.take(id, async () => {
      if (channels.running(id) !== channel || channel.plan.revision !== revision) return;
      await channel.edit(undefined, (next) => {
        const { plan } = editPlan(channel.plan, then, this.#timing(undefined, next, channel), grid);
        channels.apply(id, plan, { source, handle: undefined }, next);
        // The caller knows the revision that it was told; this one is the same plan to it.
        this.#carriedOn.set(id, { told: revision, inForce: plan.revision });
      });
    });
  }

  #refuseUnexpected({ expectedRevision }: ApplyPlanRequest, { id, plan }: ChannelRuntime): void {
    if (expectedRevision === undefined || expectedRevision === BigInt(plan.revision)) return;
    const { told, inForce } = this.#carriedOn.get(id) ?? {};
    if (inForce === plan.revision && expectedRevision === BigInt(told ?? 0)) return;
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
