import { create } from "@bufbuild/protobuf";
import {
  type ChannelState,
  type DecoderChangeReason,
  type HouseGrid,
  type Nanoseconds,
  PlayoutError,
  type SupervisorEvent,
  type Tick,
} from "@retrovue/core";
import {
  ChannelStateChangedSchema,
  channelStates,
  DecoderRestartedSchema,
  durationToWire,
  failureToWire,
  PlanAppliedSchema,
  ProcessKind,
  SegmentEndedSchema,
  SegmentOutcome,
  type SegmentRef,
  SegmentStartedSchema,
  StandInBeganSchema,
  StandInEndedSchema,
  segmentRefToWire,
  standInCountToWire,
  standInKinds,
  standInReasonTable,
  timestampToWire,
  WorkerReplacedSchema,
} from "@retrovue/protocol";
import type { PlanChange } from "../../channels/channel-observer.js";
import type { AiringBegan, AiringEnded, Outcome } from "./as-run.js";
import { lateTicks, mediaTimeOf } from "./as-run.js";
import type { EventBody } from "./event-log.js";

const outcomes: Readonly<Record<Outcome, SegmentOutcome>> = {
  completed: SegmentOutcome.COMPLETED,
  replaced: SegmentOutcome.REPLACED,
  stopped: SegmentOutcome.STOPPED,
};

/** What an event needs besides what happened. */
export interface EventContext {
  readonly now: Nanoseconds;
  /** The segment that is planned at the event's tick; undefined where there is none. */
  readonly segment: SegmentRef | undefined;
  /** The channel's last failure; undefined where there was none. */
  readonly failure: PlayoutError | undefined;
  /** The names of the configured decoders, by their index. */
  readonly decoders: readonly string[];
}

/** A segment went on air, played by a decoder of this name. */
export const segmentStarted = (airing: AiringBegan, grid: HouseGrid, decoder: string): EventBody => {
  const { place, tick } = airing;
  const mediaTime = mediaTimeOf(place, tick, grid);
  return {
    case: "segmentStarted",
    value: create(SegmentStartedSchema, {
      segment: segmentRefToWire(place.segment, place.index),
      firstTick: BigInt(place.first),
      endTick: BigInt(place.end),
      ...(mediaTime !== undefined && { mediaTime: durationToWire(mediaTime) }),
      round: BigInt(place.round),
      decoder,
      lateTicks: BigInt(lateTicks(airing)),
    }),
  };
};

/** A segment left the air: the as-run's line. */
export const segmentEnded = (
  { place, from, end, outcome, standIns, failure }: AiringEnded,
  grid: HouseGrid,
): EventBody => ({
  case: "segmentEnded",
  value: create(SegmentEndedSchema, {
    segment: segmentRefToWire(place.segment, place.index),
    firstTick: BigInt(from),
    endTick: BigInt(end),
    startedAt: timestampToWire(grid.tickTime(from)),
    endedAt: timestampToWire(grid.tickTime(end)),
    outcome: outcomes[outcome],
    ticksAsPlanned: BigInt(end - from - standIns.reduce((sum, { ticks }) => sum + ticks, 0)),
    standIns: standIns.map(({ kind, reason, ticks }) => standInCountToWire(kind, reason, ticks)),
    ...(failure && { failure: failureToWire(failure, grid.tickTime(end)) }),
  }),
});

/** A plan comes into force. */
export const planApplied = (
  { plan, before, effectiveTick, source }: PlanChange,
  isLate: boolean,
): EventBody => ({
  case: "planApplied",
  value: create(PlanAppliedSchema, {
    revision: BigInt(plan.revision),
    revisionBefore: BigInt(before),
    effectiveTick: BigInt(effectiveTick),
    late: isLate,
    source,
    segments: plan.segments.length,
  }),
});

/** A channel's state changed. */
export const stateChanged = (
  from: ChannelState,
  to: ChannelState,
  { failure, now }: EventContext,
): EventBody => ({
  case: "channelStateChanged",
  value: create(ChannelStateChangedSchema, {
    from: channelStates.toWire(from),
    to: channelStates.toWire(to),
    reason: reasonOf(from, to),
    ...(to === "error" && failure && { failure: failureToWire(failure, now) }),
  }),
});

/** What a supervisor told, as an event; undefined for what is told elsewhere or is none of a client's business. */
export function bodyOf(
  event: SupervisorEvent,
  context: EventContext,
): { readonly body: EventBody; readonly tick?: Tick } | undefined {
  const { segment, failure, now, decoders } = context;
  switch (event.type) {
    case "state":
      return { body: stateChanged(event.from, event.to, context) };
    case "stand-in-began":
      return {
        tick: event.tick,
        body: {
          case: "standInBegan",
          value: create(StandInBeganSchema, {
            kind: standInKinds.toWire(event.kind),
            reason: standInReasonTable.toWire(event.reason),
            ...(segment && { segment }),
            ...(failure && { failure: failureToWire(failure, now) }),
          }),
        },
      };
    case "stand-in-ended":
      return {
        tick: event.tick,
        body: {
          case: "standInEnded",
          value: create(StandInEndedSchema, { ticks: BigInt(event.ticks), ...(segment && { segment }) }),
        },
      };
    case "decoder-changed":
      return {
        tick: event.tick,
        body: {
          case: "decoderRestarted",
          value: create(DecoderRestartedSchema, {
            ...(segment && { segment }),
            decoderFrom: event.from.name,
            decoderTo: event.to.name,
            failure: failureToWire(withReason(event.error, event.reason), now),
          }),
        },
      };
    case "source-failed":
      // Where another decoder is tried at once, it is told when that one plays.
      if (event.failure.retry === undefined) return undefined;
      return {
        tick: event.tick,
        body: {
          case: "decoderRestarted",
          value: create(DecoderRestartedSchema, {
            ...(segment && { segment }),
            decoderFrom: decoders[event.failure.decoderIndex ?? -1] ?? "",
            failure: failureToWire(PlayoutError.from(event.failure.error), now),
          }),
        },
      };
    case "worker-replaced":
      return {
        tick: event.from,
        body: {
          case: "workerReplaced",
          value: create(WorkerReplacedSchema, {
            process: ProcessKind.WORKER,
            cause: event.cause,
            pidFrom: event.pidFrom ?? 0,
            pidTo: event.pidTo ?? 0,
            quarantinedUri: event.barred[0] ?? "",
            quarantinedDecoder: decoders[event.barredDecoder ?? -1] ?? "",
          }),
        },
      };
    default:
      return undefined;
  }
}

/** The reason is in the details, where programs find it. */
const withReason = ({ code, what, remedy, details }: PlayoutError, reason: DecoderChangeReason) =>
  new PlayoutError(code, what, { ...(remedy !== undefined && { remedy }), details: { ...details, reason } });

function reasonOf(from: ChannelState, to: ChannelState): string {
  if (to === "stopped") return "The channel was stopped.";
  if (from === "stopped") return "The channel was started.";
  if (to === "error") return "What is planned keeps failing; a stand-in airs, and it is tried again.";
  if (from === "error") return "What is planned is back.";
  return to === "ready" ? "The lead is there." : "The lead ran out.";
}
