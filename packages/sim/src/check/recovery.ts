import { type Nanoseconds, nanosecondsFromMs } from "@retrovue/core";
import type { Actor } from "../world/cast.js";

/** A decoder that gives nothing is given up after this long (timing.md, stallTimeoutMs). */
const hangMs = 2_000;

/** The first retry of what failed (timing.md, Failure policy). */
const retryMs = 1_000;

/** How long an open may take before the next decoder is tried. */
const openMs = 5_000;

/** How long a decoder may take to close before its worker is given up. */
const closeMs = 2_000;

/**
 * While a source waits, the lead that was used up before is filled again, with stand-ins: up to all of it (500 ms). And
 * a look of the supervisor, or the spare that takes over.
 */
const slackMs = 600;

/** The farthest that a late decoder is sought ahead: half of 16 times the first patience. */
const aheadMs = 8_000;

/**
 * Within how long, counted from its first stand-in, an asset must be back on air; undefined where nothing will bring it back.
 */
export function promisedNs(actor: Actor): Nanoseconds | undefined {
  const ms = promisedMs(actor);
  return ms === undefined ? undefined : nanosecondsFromMs(ms + slackMs);
}

function promisedMs(actor: Actor): number | undefined {
  const { fault, hasFallback, isTransient } = actor;
  // Another decoder takes over at the same place, at once; a fault that has passed is found gone by the first retry.
  const mended = hasFallback ? 0 : isTransient ? retryMs : undefined;
  switch (fault) {
    case "none":
      return 0;
    case "slow-open":
      return lateMs(actor);
    case "late-reads":
      return lateMs(actor) + aheadMs;
    case "open-rejected-once":
      return hasFallback ? 0 : retryMs;
    case "open-rejected-often":
      return hasFallback ? 0 : ladderMs(actor);
    case "open-rejected":
    case "read-rejected":
    case "sound-rejected":
    case "seek-rejected":
      return mended;
    case "read-stuck":
    case "sound-stuck":
      return mended === undefined ? undefined : hangMs + mended;
    case "open-stuck":
    case "open-deaf":
    case "probe-stuck":
      return hasFallback ? openMs : undefined;
    case "crash-on-open":
    case "crash-on-read":
      return hasFallback ? 0 : undefined;
    case "read-deaf":
      return hasFallback ? hangMs + closeMs : undefined;
    case "short":
    case "endless":
    case "lying-times":
    case "conform-stuck":
      return undefined;
  }
}

/** Retries come after 1, 2, 4, 8 and 16 s, then every 30 s: how long until the one that succeeds. */
function ladderMs({ script }: Actor): number {
  let ms = 0;
  for (let failure = 1; failure <= (script?.calls?.[0]?.times ?? 1); failure++)
    ms += failure > 5 ? 30_000 : 1_000 * 2 ** (failure - 1);
  return ms;
}

/** All that its calls are late together. */
const lateMs = ({ script }: Actor): number =>
  (script?.calls ?? []).reduce((sum, { move, times }) => {
    if (move.kind !== "late") return sum;
    return sum + (Number(move.byNs) / 1e6) * (Number.isFinite(times) ? (times ?? 1) : 1);
  }, 0);
