import {
  type MediaTime,
  mediaTime,
  type Nanoseconds,
  nanoseconds,
  nanosecondsFromMs,
  nsPerMs,
  PlayoutError,
  planBounds,
  type Segment,
} from "@retrovue/core";
import { segmentTypes, transitions } from "../enums/plan-enums.js";
import { invalidField } from "../field/invalid-field.js";
import type { BlockPlan, BlockSegment } from "../gen/retrovue/playout_pb.js";
import { segmentIdFromText, segmentIdOf } from "../plan/segment-id.js";

/** A block as the timeline takes it. */
export interface Block {
  /** The scheduler's name for it. */
  readonly id: string;
  readonly start: Nanoseconds;
  readonly end: Nanoseconds;
  /** They fill the block exactly; the first carries the block's start, the others follow. */
  readonly segments: readonly Segment[];
}

/** Where a block comes from. */
export interface BlockContext {
  /** The call's channel. */
  readonly channelId: number;
  /** The request's field that holds the block, as `block_a`. */
  readonly field: string;
}

/** Latest time a block may have, in ms: what nanoseconds in an int64 hold, the year 2262. */
const timeMsMax = planBounds.timeNsMax / nsPerMs;

const { segmentsMax, gainDbMin, gainDbMax } = planBounds;

/**
 * The segments of a block. Throws `InvalidPlan` (for the answer INVALID_BLOCK) at the first broken rule, naming the
 * field: segments indexed from 0 without a gap, positive lengths that add up to the block's, offsets of 0 or more.
 *
 * A segment that is a pad, or has no asset, airs black and silence. Fades longer than their segment are shortened to
 * it, so that a fade never costs a block. `event_id` and the other names of the scheduler become labels.
 */
export function blockFromWire(block: BlockPlan, { channelId, field }: BlockContext): Block {
  const { startUtcMs, endUtcMs } = block;
  if (block.blockId === "") throw broken(`${field}.block_id`, "some text", "");
  if (block.channelId !== 0 && block.channelId !== channelId) {
    throw broken(`${field}.channel_id`, `0 or the call's channel, ${channelId}`, block.channelId);
  }
  if (startUtcMs < 0n || startUtcMs > timeMsMax) {
    throw broken(`${field}.start_utc_ms`, "milliseconds since the Unix epoch", startUtcMs);
  }
  if (endUtcMs <= startUtcMs || endUtcMs > timeMsMax) {
    throw broken(`${field}.end_utc_ms`, `a time after the block's start, ${startUtcMs}`, endUtcMs);
  }
  if (block.segments.length === 0 || block.segments.length > segmentsMax) {
    throw broken(`${field}.segments`, `1 to ${segmentsMax} segments`, `${block.segments.length} segments`);
  }
  const start = nanosecondsFromMs(startUtcMs);
  const ids = new Set<string>();
  const segments = block.segments.map((segment, index) =>
    segmentFromWire(segment, index, { block, ids, at: `${field}.segments[${index}]`, blockStart: start }),
  );
  const filled = segments.reduce((sum, segment) => sum + segment.duration, 0n);
  const end = nanosecondsFromMs(endUtcMs);
  if (filled !== end - start) {
    const lengthMs = endUtcMs - startUtcMs;
    const found = `${filled / nsPerMs} ms`;
    throw broken(`${field}.segments`, `lengths that add up to the block's ${lengthMs} ms`, found);
  }
  return { id: block.blockId, start, end, segments };
}

interface SegmentContext {
  readonly block: BlockPlan;
  readonly at: string;
  /** Ids that earlier segments of the block have. */
  readonly ids: Set<string>;
  readonly blockStart: Nanoseconds;
}

function segmentFromWire(message: BlockSegment, index: number, context: SegmentContext): Segment {
  const { at, block } = context;
  if (message.segmentIndex !== index) throw broken(`${at}.segment_index`, `${index}`, message.segmentIndex);
  const kind = valid(() => segmentTypes.fromWire(`${at}.segment_type`, message.segmentType));
  const isPad = kind === "pad" || message.assetUri === "";
  if (message.segmentDurationMs <= 0n || message.segmentDurationMs > timeMsMax) {
    throw broken(`${at}.segment_duration_ms`, "more than 0", message.segmentDurationMs);
  }
  if (message.assetStartOffsetMs < 0n || message.assetStartOffsetMs > timeMsMax) {
    throw broken(`${at}.asset_start_offset_ms`, "0 or more", message.assetStartOffsetMs);
  }
  // Written so that NaN is refused.
  if (!(message.gainDb >= gainDbMin && message.gainDb <= gainDbMax)) {
    throw broken(`${at}.gain_db`, `${gainDbMin} to ${gainDbMax}`, message.gainDb);
  }
  const duration = nanosecondsFromMs(message.segmentDurationMs);
  const fadeIn = fadeOf(`${at}.transition_in`, message.transitionIn, message.transitionInDurationMs);
  const fadeOut = fadeOf(`${at}.transition_out`, message.transitionOut, message.transitionOutDurationMs);
  const fadeInNs = lesser(fadeIn, duration);
  return {
    id: idOf(message, index, context),
    kind: isPad ? "pad" : kind,
    asset: isPad ? undefined : { uri: message.assetUri },
    inPoint: isPad ? atZero : mediaTime(nanosecondsFromMs(message.assetStartOffsetMs)),
    duration,
    start: index === 0 ? context.blockStart : undefined,
    gainDb: message.gainDb,
    fadeInNs,
    fadeOutNs: lesser(fadeOut, nanoseconds(duration - fadeInNs)),
    aspect: undefined,
    labels: labelsOf(message, block),
  };
}

function lesser(a: Nanoseconds, b: Nanoseconds): Nanoseconds {
  if (a < b) return a;
  return b;
}

const atZero: MediaTime = mediaTime(0n);

function fadeOf(field: string, transition: number, durationMs: number): Nanoseconds {
  const kind = valid(() => transitions.fromWire(field, transition));
  return nanosecondsFromMs(kind === "fade" ? durationMs : 0);
}

/**
 * The scheduler's id where it is a UUID of its own, else one made of the block and the place in it; so a scheduler that
 * gives no ids, or the same one twice, still has each airing told apart.
 */
function idOf(message: BlockSegment, index: number, { block, ids }: SegmentContext): string {
  const given = segmentIdFromText(message.segmentUuid);
  const id =
    given !== undefined && !ids.has(given)
      ? given
      : segmentIdOf(["block", block.blockId, block.startUtcMs, index, message.segmentUuid]);
  ids.add(id);
  return id;
}

function labelsOf(message: BlockSegment, block: BlockPlan): Record<string, string> {
  const named = {
    block_id: block.blockId,
    broadcast_date: block.broadcastDate,
    event_id: message.eventId,
    segment_uuid: message.segmentUuid,
    asset_uuid: message.assetUuid,
  };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== ""));
}

const broken = (field: string, expected: string, found: unknown): PlayoutError =>
  blockFault(invalidField(field, expected, found));

/** Whatever is wrong in a block is a fault of the block. */
function valid<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!PlayoutError.is(error, "InvalidArgument")) throw error;
    throw blockFault(error);
  }
}

const blockFault = ({ what, remedy, details }: PlayoutError): PlayoutError =>
  new PlayoutError("InvalidPlan", what, { ...(remedy !== undefined && { remedy }), details });
