import type { ClockHealth, StandInKind, StandInReason } from "@retrovue/core";
import { ClockState } from "../gen/retrovue/master_clock_pb.js";
import {
  ChannelState,
  StandInKind as WireStandInKind,
  StandInReason as WireStandInReason,
} from "../gen/retrovue/playout_events_pb.js";
import { enumTable } from "./enum-table.js";

/** The word for a channel's state; in the order of the metric's numbers. */
export type ChannelStateWord = "stopped" | "buffering" | "ready" | "error";

/** A channel's state. */
export const channelStates = enumTable<ChannelStateWord, ChannelState>(
  {
    stopped: ChannelState.STOPPED,
    buffering: ChannelState.BUFFERING,
    ready: ChannelState.READY,
    error: ChannelState.ERROR,
  },
  {
    [ChannelState.STOPPED]: "stopped",
    [ChannelState.BUFFERING]: "buffering",
    [ChannelState.READY]: "ready",
    [ChannelState.ERROR]: "error",
  },
);

/** What airs where the planned picture is not there. */
export const standInKinds = enumTable<StandInKind, WireStandInKind>(
  {
    hold: WireStandInKind.HOLD,
    slate: WireStandInKind.SLATE,
    black: WireStandInKind.BLACK,
  },
  {
    [WireStandInKind.UNSPECIFIED]: undefined,
    [WireStandInKind.HOLD]: "hold",
    [WireStandInKind.SLATE]: "slate",
    [WireStandInKind.BLACK]: "black",
  },
);

/** Why it is not there. */
export const standInReasonTable = enumTable<StandInReason, WireStandInReason>(
  {
    none: WireStandInReason.UNSPECIFIED,
    planned: WireStandInReason.PLANNED,
    opening: WireStandInReason.OPENING,
    late: WireStandInReason.LATE,
    openFailed: WireStandInReason.OPEN_FAILED,
    decodeFailed: WireStandInReason.DECODE_FAILED,
    endedEarly: WireStandInReason.ENDED_EARLY,
    hung: WireStandInReason.HUNG,
    workerLost: WireStandInReason.WORKER_LOST,
    starved: WireStandInReason.STARVED,
    quarantined: WireStandInReason.QUARANTINED,
    lateTake: WireStandInReason.LATE_TAKE,
    soundOnly: WireStandInReason.SOUND_ONLY,
  },
  {
    [WireStandInReason.UNSPECIFIED]: "none",
    [WireStandInReason.PLANNED]: "planned",
    [WireStandInReason.OPENING]: "opening",
    [WireStandInReason.LATE]: "late",
    [WireStandInReason.OPEN_FAILED]: "openFailed",
    [WireStandInReason.DECODE_FAILED]: "decodeFailed",
    [WireStandInReason.ENDED_EARLY]: "endedEarly",
    [WireStandInReason.HUNG]: "hung",
    [WireStandInReason.WORKER_LOST]: "workerLost",
    [WireStandInReason.STARVED]: "starved",
    [WireStandInReason.QUARANTINED]: "quarantined",
    [WireStandInReason.LATE_TAKE]: "lateTake",
    [WireStandInReason.SOUND_ONLY]: "soundOnly",
  },
);

/** How a clock stands to its source. */
export const clockStates = enumTable<ClockHealth["state"], ClockState>(
  {
    "free-run": ClockState.FREE_RUN,
    locked: ClockState.LOCKED,
    holdover: ClockState.HOLDOVER,
  },
  {
    [ClockState.UNSPECIFIED]: undefined,
    [ClockState.FREE_RUN]: "free-run",
    [ClockState.LOCKED]: "locked",
    [ClockState.HOLDOVER]: "holdover",
  },
);
