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
  const isStaged = () => channel.look().head >= channel.firstTick && channel.look().standIn === undefined;
  if (isStaged()) return true;
  const answer = Promise.withResolvers<boolean>();
  // The bus tells of a stand-in after it was committed, so a look at each event sees both together.
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
