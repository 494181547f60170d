import { PlayoutError } from "../errors/playout-error.js";

/** States of a channel; the numbers are those of `retrovue_playout_channel_state`. */
export const channelStates = Object.freeze({ stopped: 0, buffering: 1, ready: 2, error: 3 } as const);

/** What a channel is doing, as operators see it. */
export type ChannelState = keyof typeof channelStates;

/** What can happen to a channel's state. */
export type ChannelSignal =
  /** StartChannel. */
  | "start"
  /** The bus is filled above the minimum lead, by half of the way to the target. */
  | "filled"
  /** The depth fell below the minimum lead. */
  | "drained"
  /** The quick retries of what should be on air are used up. */
  | "gave-up"
  /** What the plan has is on air again. */
  | "recovered"
  /** StopChannel. */
  | "stop";

/**
 * The whole state machine: `transitions[state][signal]` is the next state; a signal that is missing is illegal there. A signal
 * that repeats what is known leaves the state as it is.
 */
export const channelTransitions: Readonly<
  Record<ChannelState, Readonly<Partial<Record<ChannelSignal, ChannelState>>>>
> = Object.freeze({
  stopped: { start: "buffering", stop: "stopped" },
  buffering: {
    filled: "ready",
    drained: "buffering",
    "gave-up": "error",
    recovered: "buffering",
    stop: "stopped",
  },
  ready: { filled: "ready", drained: "buffering", "gave-up": "error", recovered: "ready", stop: "stopped" },
  error: { filled: "error", drained: "error", "gave-up": "error", recovered: "buffering", stop: "stopped" },
});

/** The state after a signal. `WrongState` naming both where the table has no such step. */
export function nextState(state: ChannelState, signal: ChannelSignal): ChannelState {
  const next = channelTransitions[state][signal];
  if (next === undefined) {
    throw new PlayoutError("WrongState", `A channel that is ${state} cannot take "${signal}".`, {
      details: { state, signal },
    });
  }
  return next;
}
