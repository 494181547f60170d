import type { Plan, SupervisorEvent, Tick } from "@retrovue/core";
import type { OutputEvent } from "../outputs/output-events.js";
import type { ChannelRuntime } from "./channel-runtime.js";

/** A plan that is about to come into force. */
export interface PlanChange {
  readonly plan: Plan;
  /** Where it came from: a plan handle, `inline`, `preview` or `blocks`. */
  readonly source: string;
  /** The first tick that follows it. */
  readonly effectiveTick: Tick;
  /** The revision before. */
  readonly before: number;
}

/** Who takes a channel off air: a call, a reload that leaves it out, the want of viewers, or the engine's own end. */
export type StoppedBy = "request" | "configuration" | "demand" | "engine";

/** Who has a channel begin: viewers or readers; undefined for anyone else. */
export type StartedBy = "demand" | undefined;

/** Hears what channels do, as it happens and in order. None of these may throw. */
export interface ChannelObserver {
  /** A channel is on air. What it told while it was being made came before, as `heard`. */
  started(channel: ChannelRuntime, source: string, by: StartedBy): void;
  /** A plan comes into force right after this. */
  planned(channel: ChannelRuntime, change: PlanChange): void;
  /** Something happened to a channel. */
  heard(id: number, event: SupervisorEvent): void;
  /** Something happened to a channel's outputs. */
  heardOutput(id: number, event: OutputEvent): void;
  /** A channel goes off air; its runtime is still whole. */
  stopping(channel: ChannelRuntime, by: StoppedBy): void;
}
