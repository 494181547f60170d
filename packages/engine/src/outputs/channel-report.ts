import { formatRational, type Place } from "@retrovue/core";
import type { ChannelRuntime } from "../channels/channel-runtime.js";

/** What a page shows of a place in the plan. */
function placeReport(place: Place | undefined) {
  if (place === undefined) return null;
  if (place.in !== "segment") return { kind: "void", first: place.first, end: place.end };
  const { segment, first, end, index, round } = place;
  return {
    kind: segment.kind,
    segment: segment.id,
    uri: segment.asset?.uri ?? null,
    title: segment.asset?.title ?? titleOf(segment.asset?.uri),
    index,
    round,
    first,
    end,
  };
}

/** The last part of a path: enough for people, and no folder of the host's. */
const titleOf = (uri: string | undefined): string | null =>
  uri === undefined ? null : (uri.split("?", 1)[0]?.split("/").at(-1) ?? uri);

/** A channel as the page at `/` and other programs see it. Ticks and counts are numbers; the house time is a string of ns. */
export function channelReport(channel: ChannelRuntime) {
  const { id, config, state, grid, plan, outputs } = channel;
  const { now, head, counters, standIn } = channel.look();
  const tick = grid.tickAtOrBefore(now);
  const [onAir, next] = channel.placesFrom(tick, 2);
  const { width, height, frameRate, sampleRate, channels } = config.format;
  return {
    id,
    name: config.name,
    state,
    format: { width, height, frameRate: formatRational(frameRate), sampleRate, channels },
    houseTime: String(now),
    tick,
    depthFrames: Math.max(0, head - tick),
    plan: { revision: plan.revision, segments: plan.segments.length, end: plan.end },
    onAir: placeReport(onAir),
    next: placeReport(next),
    /** Kind and reason of the stand-in that airs now. */
    standIn: standIn ?? null,
    counters,
    output: {
      live: outputs?.isLive ?? false,
      viewers: outputs?.httpTs?.clients ?? 0,
      bytes: outputs?.hub.bytes ?? 0,
    },
  };
}
