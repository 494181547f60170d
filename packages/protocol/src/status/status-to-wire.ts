import { create } from "@bufbuild/protobuf";
import type {
  ClockHealth,
  PlanFault as CorePlanFault,
  ProgramFormat as CoreProgramFormat,
  Nanoseconds,
  PlayoutError,
  Rational,
  Segment,
  StandInKind,
  StandInReason,
} from "@retrovue/core";
import { aspectPolicies, segmentKinds } from "../enums/plan-enums.js";
import { clockStates, standInKinds, standInReasonTable } from "../enums/status-enums.js";
import { messageOf, metadataOf } from "../errors/error-info.js";
import { type ClockStatus, ClockStatusSchema } from "../gen/retrovue/master_clock_pb.js";
import {
  type Failure,
  FailureSchema,
  type SegmentRef,
  SegmentRefSchema,
  type StandInCount,
  StandInCountSchema,
} from "../gen/retrovue/playout_events_pb.js";
import {
  type PlanFault,
  PlanFaultSchema,
  type ProgramFormat,
  ProgramFormatSchema,
  type Ratio,
  RatioSchema,
} from "../gen/retrovue/playout_status_pb.js";
import { timestampToWire } from "../time/wire-time.js";

/** A fraction. */
export const ratioToWire = ({ num, den }: Rational): Ratio => create(RatioSchema, { num, den });

/** A channel's format. */
export const programFormatToWire = (format: CoreProgramFormat): ProgramFormat =>
  create(ProgramFormatSchema, {
    width: format.width,
    height: format.height,
    frameRate: ratioToWire(format.frameRate),
    sampleAspect: ratioToWire(format.sampleAspect),
    pixelFormat: format.pixelFormat,
    sampleRate: format.sampleRate,
    channels: format.channels,
    aspect: aspectPolicies.toWire(format.aspectPolicy),
  });

/** How well a clock follows its source. */
export const clockStatusToWire = (health: ClockHealth): ClockStatus =>
  create(ClockStatusSchema, {
    source: health.source,
    state: clockStates.toWire(health.state),
    offsetNs: health.offsetNs,
    driftPpm: health.driftPpm,
    jitterNsP95: health.jitterNsP95,
    corrections: BigInt(health.corrections),
    alarm: health.alarm,
  });

/**
 * A segment as events and status name it.
 *
 * @param index its place in the plan, counted from 0
 */
export const segmentRefToWire = (segment: Segment, index: number): SegmentRef =>
  create(SegmentRefSchema, {
    id: segment.id,
    index,
    kind: segmentKinds.toWire(segment.kind),
    uri: segment.asset?.uri ?? "",
    title: segment.asset?.title ?? "",
    labels: { ...segment.labels },
  });

/** A failure inside a message; what fails the call itself is `statusOf`. */
export const failureToWire = (error: PlayoutError, at: Nanoseconds): Failure =>
  create(FailureSchema, {
    code: error.code,
    message: messageOf(error),
    details: metadataOf(error.details),
    at: timestampToWire(at),
  });

/** So many ticks of a stand-in. */
export const standInCountToWire = (kind: StandInKind, reason: StandInReason, ticks: number): StandInCount =>
  create(StandInCountSchema, {
    kind: standInKinds.toWire(kind),
    reason: standInReasonTable.toWire(reason),
    ticks: BigInt(ticks),
  });

/** One fault of a plan, as CheckPlan tells it; its place should be in the words of a plan file. */
export const planFaultToWire = ({ path, problem, expected, found, remedy }: CorePlanFault): PlanFault =>
  create(PlanFaultSchema, { path, message: `${problem}; expected ${expected}, found ${found}. ${remedy}` });
