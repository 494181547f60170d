import type { Timer } from "@retrovue/core";
import { nanosecondsFromMs } from "@retrovue/core";
import type { ChannelRuntime } from "../channels/channel-runtime.js";
import type { ChannelRecords } from "./channel-records.js";

/** How long a start waits for its first frame (control-api.md). */
export const firstFrameNsMax = nanosecondsFromMs(2_000);

/**
 * Waits until a channel's first frame is staged: on the bus, and what the plan has there. False where that takes longer than
 * 2 s of real time, or the signal aborts: the channel then airs slate meanwhile.
 */
export async function firstFrameStaged(
  channel: ChannelRuntime,
  records: ChannelRecords,
  timer: Timer,
  signal: AbortSignal,
): Promise<boolean> {
  const isStaged = () => isFirstFrameStaged(channel);
  if (isStaged()) return true;
  const answer = Promise.withResolvers<boolean>();
  using _events = records.onEvent((id) => {
    if (id === channel.id && isStaged()) answer.resolve(true);
  });
  using _late = timer.after(firstFrameNsMax, () => answer.resolve(isStaged()));
  using _look = looking(timer, () => isStaged() && answer.resolve(true));
  const leave = () => answer.resolve(false);
  signal.addEventListener("abort", leave, { once: true });
  try {
    return await answer.promise;
  } finally {
    signal.removeEventListener("abort", leave);
  }
}

/**
 * Judged by the counts, which change with the commit itself; that a stand-in began is told a moment later. Where the plan has
 * no media yet, black is what it has.
 */
function isFirstFrameStaged(channel: ChannelRuntime): boolean {
  const { head, counters } = channel.look();
  if (head < channel.firstTick) return false;
  const [place] = channel.placesFrom(channel.firstTick, 1);
  if (place?.in !== "segment" || place.segment.asset === undefined) return true;
  const { hold, slate, black } = counters.standIns;
  return counters.committed > hold + slate + black;
}

/** No event tells that a tick was committed as planned, so it is looked for. */
const lookEveryNs = nanosecondsFromMs(5);

function looking(timer: Timer, look: () => void): Disposable {
  let waiting: Disposable | undefined;
  const again = () => {
    look();
    waiting = timer.after(lookEveryNs, again);
  };
  again();
  return { [Symbol.dispose]: () => waiting?.[Symbol.dispose]() };
}
