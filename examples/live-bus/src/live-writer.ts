import { setTimeout as sleep } from "node:timers/promises";
import {
  type BusSpec,
  type Committer,
  defaultProgramFormat,
  type FrameMeta,
  type FrameWriter,
  HouseGrid,
  type MediaTime,
  mediaTime,
  noSegmentId,
  nsPerMs,
  type PictureBuffer,
  type Tick,
  tickAfter,
} from "@retrovue/core";
import { ShmFrameBus } from "@retrovue/framebus-shm";

/** Names the bus: `/dev/shm/<prefix>.<engineId>.ch<channelId>`. */
export interface LiveBusAddress {
  readonly prefix: string;
  readonly engineId: string;
  readonly channelId: number;
}

const format = { ...defaultProgramFormat, width: 640, height: 360 };
const grid = new HouseGrid(format.frameRate, format.sampleRate);
/** Half a second: what a busy machine may keep this program from its work. */
const leadTicks = 15;
const barWidth = 40;

/**
 * **Puts moving bars on a bus** at 29.97 frames a second until `signal` is aborted, and then takes the bus away. Resolves
 * when it is gone; `onReady` is called when readers can open it.
 */
export async function writeLive(
  address: LiveBusAddress,
  signal: AbortSignal,
  onReady: () => void,
): Promise<void> {
  const bus = new ShmFrameBus({ prefix: address.prefix });
  // One line from the machine's steady clock to the time of day; an engine would go on correcting it.
  const mapping = {
    sequence: 1,
    monoAnchor: process.hrtime.bigint() as BusSpec["mapping"]["monoAnchor"],
    houseAnchor: (BigInt(Date.now()) * nsPerMs) as BusSpec["mapping"]["houseAnchor"],
    ratePpb: 0,
  };
  const now = () => mapping.houseAnchor + process.hrtime.bigint() - mapping.monoAnchor;
  const spec: BusSpec = { ...address, format, leadTicks, historyTicks: 10, mapping };
  await using committer: Committer = await bus.create(spec, signal);
  const first = tickAfter(grid.tickAtOrBefore(mapping.houseAnchor), leadTicks);
  committer.start(first);
  await using writer: FrameWriter = await bus.openWriter(committer.openLane(), signal);
  onReady();
  try {
    for (let n = 0; !signal.aborted; n++) {
      const tick = tickAfter(first, n);
      // Ahead by the lead, so that a late moment of ours is nobody else's.
      const due = Number((grid.tickTime(tickAfter(tick, -leadTicks)) - now()) / nsPerMs);
      if (due > 0) await sleep(due, undefined, { signal });
      const picture = await writer.loan(signal);
      paint(picture, n);
      writer.submit(tick, picture, undefined, metaOf(tick, n));
      picture.release();
    }
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  }
}

/** Bars that move to the right by four pixels a frame, in all planes at once. */
function paint(picture: PictureBuffer, n: number): void {
  for (const [p, plane] of picture.planes.entries()) {
    const stride = picture.strides[p] ?? 0;
    const scale = p === 0 ? 1 : 2;
    const row = Uint8Array.from({ length: stride }, (_, x) => {
      const bar = Math.floor((x * scale + barWidth * 1_000_000 - 4 * n) / barWidth) % 8;
      return p === 0 ? 40 + 24 * bar : (p === 1 ? 64 : 192) + (p === 1 ? 16 : -16) * bar;
    });
    for (let at = 0; at + stride <= plane.length; at += stride) plane.set(row, at);
  }
}

function metaOf(tick: Tick, n: number): FrameMeta {
  return {
    planRevision: 1,
    segmentId: noSegmentId,
    assetUri: "example:bars",
    assetTitle: "moving bars",
    firstOfSegment: n === 0,
    repeat: false,
    standIn: undefined,
    standInReason: "none",
    pad: false,
    discontinuity: false,
    late: false,
    mediaTime: mediaTime(grid.tickTime(tick) - grid.tickTime(tickAfter(tick, -n))) satisfies MediaTime,
    sourcePts: BigInt(n),
    sourceTimeBase: { num: format.frameRate.den, den: format.frameRate.num },
    sourceIndex: n,
    decoderIndex: undefined,
    decodeNs: 0,
    silentSamples: 0,
    ancillary: [],
  };
}
