import type { CommitterEvent } from "../bus/committer.js";
import type { ChannelEvent } from "../channel/events.js";
import type { PlayoutError } from "../errors/playout-error.js";
import type { Nanoseconds, Tick } from "../time/units.js";
import type { ChannelState } from "./channel-state.js";

/** What the engine hears of a channel, once per episode. */
export type SupervisorEvent =
  | { readonly type: "state"; readonly from: ChannelState; readonly to: ChannelState }
  | { readonly type: "plan-applied"; readonly revision: number }
  | {
      readonly type: "worker-replaced";
      readonly cause: string;
      readonly barred: readonly string[];
      /** Which configured decoder the first of them is barred for. */
      readonly barredDecoder: number | undefined;
      readonly from: Tick;
      /** Of the processes, the one that is gone and the one in its place; undefined for workers that are none. */
      readonly pidFrom: number | undefined;
      readonly pidTo: number | undefined;
    }
  | {
      readonly type: "worker-delayed";
      readonly afterNs: Nanoseconds;
      /** Why none could be begun; undefined where the ones before it died. */
      readonly error?: PlayoutError;
    }
  | ChannelEvent
  | CommitterEvent;
