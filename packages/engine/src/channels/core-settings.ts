import {
  type BusAddress,
  type BusSpec,
  type ClockMapping,
  type ChannelSettings as CoreSettings,
  defaultChannelSettings,
  HouseGrid,
  type Nanoseconds,
  nanosecondsFromMs,
} from "@retrovue/core";
import type { ChannelSettings } from "../config/playout-config.js";

/** A missing tick gets its stand-in so long before its time, and two ticks at least (core: BusSpec.guardNs). */
const guardNsMin = nanosecondsFromMs(50);

/** Ticks that a bus holds ahead and behind at most (core: BusSpec). */
const leadTicksMax = 1_000;
const historyTicksMax = 10_000;

/** Ticks of room above the lead: a worker that is right on target must not be refused for rounding. */
const leadSlackTicks = 2;

/**
 * Buffers for decoders to work ahead in, of one on air and of the next one being prepared: each has its codec's references (4 for
 * H.264 at 1080p, 8 at most for VP9), the picture in work, 3 ahead, 2 that the channel looks at, and 4 at hand. With fewer
 * nothing fails: pictures that find none are copied. Above 1080p codecs' levels allow fewer references, and a buffer is
 * four times as large.
 */
export const directReferencesOf = ({ directBuffers, format }: ChannelSettings): number =>
  directBuffers ?? (format.width * format.height > 1_920 * 1_088 ? 16 : 24);

/** A channel's settings in the core's units. */
export function coreSettings(settings: ChannelSettings): CoreSettings {
  const grid = gridOf(settings);
  const longestLead = grid.length(leadTicksMax - leadSlackTicks);
  const target = nanosecondsFromMs(settings.lead.targetMs);
  return {
    ...defaultChannelSettings,
    leadNsMin: nanosecondsFromMs(settings.lead.minMs),
    leadNsTarget: target > longestLead ? longestLead : target,
    guardNs: guardOf(grid),
    prerollNs: nanosecondsFromMs(settings.preroll.aheadMs),
    holdNsMax: nanosecondsFromMs(settings.holdMs),
    shortHoldNs: nanosecondsFromMs(settings.holdOnShortMs),
    onShort: settings.onShort,
    stallTimeoutNs: nanosecondsFromMs(settings.stallTimeoutMs),
    // Those being prepared, and as many again that are on air or being closed.
    sourcesMax: settings.preroll.inFlightMax * 2,
  };
}

/** The house grid of a channel. */
export const gridOf = (settings: Pick<ChannelSettings, "format">): HouseGrid =>
  new HouseGrid(settings.format.frameRate, settings.format.sampleRate);

/** Where a channel's bus is found. */
export const busAddressOf = (engineId: string, channelId: number): BusAddress => ({
  // Bus names are lower case on every platform (core: BusAddress).
  engineId: engineId.toLowerCase(),
  channelId,
});

/** The bus of a channel. */
export function busSpecOf(
  engineId: string,
  channelId: number,
  settings: ChannelSettings,
  mapping: ClockMapping,
): BusSpec {
  const grid = gridOf(settings);
  const core = coreSettings(settings);
  const history = grid.ticksIn(nanosecondsFromMs(settings.historyMs));
  return {
    ...busAddressOf(engineId, channelId),
    format: settings.format,
    leadTicks: Math.max(2, Math.min(leadTicksMax, grid.ticksIn(core.leadNsTarget) + leadSlackTicks)),
    historyTicks: Math.max(1, Math.min(historyTicksMax, history)),
    directReferences: directReferencesOf(settings),
    guardNs: core.guardNs,
    mapping,
  };
}

function guardOf(grid: HouseGrid): Nanoseconds {
  const twoTicks = (grid.length(2) + 1n) as Nanoseconds;
  return twoTicks > guardNsMin ? twoTicks : guardNsMin;
}
