import { PlayoutError } from "../errors/playout-error.js";
import type { PicturePlanes } from "../media/picture.js";
import { planesOf, rowBytes, rowsOf } from "../media/pixel-layout.js";
import type { ProgramFormat } from "../media/program-format.js";
import type { HouseGrid } from "../time/house-grid.js";
import { type Nanoseconds, nanosecondsFromMs } from "../time/units.js";
import type { BusSpec } from "./frame-bus.js";

/** Rows begin at multiples of this many bytes (docs/contracts/frame-bus.md): one cache line, and what codecs align to. */
const strideAlignment = 64;

/** The sound ring is at least this long: readers may lag by seconds without losing sound. */
const soundRingSeconds = 4;

/** Bytes that one slot takes on the bus, as on the wire. */
const slotBytes = 512;

/** Everything about a bus's memory that follows from its spec. */
export interface MemoryLayout {
  /** Ticks that can be readable at one time. */
  readonly slotCount: number;
  /** Buffers that can be lent; the reserved pictures come on top. */
  readonly bufferCount: number;
  readonly strides: readonly number[];
  readonly planeBytes: readonly number[];
  /** Samples per channel in the sound ring. */
  readonly soundRingSamples: number;
  /** How long before its time a missing tick gets a stand-in. */
  readonly guardNs: Nanoseconds;
  /** Bytes of pictures, slots and sound. */
  readonly bytes: number;
}

/** Computes the layout. `InvalidArgument` names the field that is out of its range. */
export function layoutOf(spec: BusSpec, grid: HouseGrid): MemoryLayout {
  const { format, leadTicks, historyTicks } = spec;
  const directReferences = spec.directReferences ?? 0;
  inRange("engineId", /^[a-z0-9_-]{1,64}$/.test(spec.engineId));
  inRange("channelId", Number.isSafeInteger(spec.channelId) && spec.channelId >= 0);
  inRange("leadTicks", Number.isSafeInteger(leadTicks) && leadTicks >= 2 && leadTicks <= 1_000);
  inRange("historyTicks", Number.isSafeInteger(historyTicks) && historyTicks >= 1 && historyTicks <= 10_000);
  inRange("directReferences", Number.isSafeInteger(directReferences) && directReferences >= 0);

  // The lead, the tick on air and its history are readable at once; the rest of the pool is for loans.
  const slotCount = leadTicks + historyTicks + 1;
  const bufferCount = leadTicks + historyTicks + directReferences + 4;
  const planes = planesOf(format.pixelFormat);
  const strides = planes.map(
    (plane) => Math.ceil(rowBytes(plane, format.width) / strideAlignment) * strideAlignment,
  );
  const planeBytes = planes.map((plane, i) => rowsOf(plane, format.height) * (strides[i] ?? 0));
  const perTick = Math.ceil((format.frameRate.den * format.sampleRate) / format.frameRate.num);
  // As long as a tick is readable its sound is whole, so the ring also spans all slots.
  const soundRingSamples = Math.max(soundRingSeconds * format.sampleRate, (slotCount + 1) * perTick);
  const pictureBytes = planeBytes.reduce((sum, bytes) => sum + bytes, 0);
  return {
    slotCount,
    bufferCount,
    strides,
    planeBytes,
    soundRingSamples,
    guardNs: spec.guardNs ?? defaultGuardNs(grid),
    bytes: (bufferCount + 2) * pictureBytes + slotCount * slotBytes + soundRingSamples * format.channels * 4,
  };
}

/** Memory for one picture, zero-filled. */
export function allocatePicture(layout: MemoryLayout): PicturePlanes {
  return { planes: layout.planeBytes.map((bytes) => new Uint8Array(bytes)), strides: layout.strides };
}

/** Fills a picture with the format's black: 16/128 in limited-range YCbCr, scaled for deeper samples. */
export function fillBlack(picture: PicturePlanes, format: ProgramFormat): void {
  const { pixelFormat } = format;
  const rgb = /^(rgb|gbr)/.test(pixelFormat);
  const luma = rgb || format.colour.range === "full" ? 0 : 16;
  // p010 carries its ten bits at the top of the word, the others at the bottom.
  const depth = /(\d\d)le$/.exec(pixelFormat)?.[1];
  const shift = pixelFormat === "p010le" ? 8 : Number(depth ?? 8) - 8;
  picture.planes.forEach((plane, i) => {
    if (pixelFormat === "rgba") {
      for (let at = 3; at < plane.length; at += 4) plane[at] = 255;
    } else {
      const value = i === 0 || rgb ? luma : 128;
      if (depth === undefined) plane.fill(value);
      else new Uint16Array(plane.buffer, plane.byteOffset, plane.length / 2).fill(value << shift);
    }
  });
}

/** Two ticks, at least 50 ms: late enough for every frame that can still come, early enough for every reader. */
function defaultGuardNs(grid: HouseGrid): Nanoseconds {
  const twoTicks = grid.length(2);
  const floor = nanosecondsFromMs(50);
  if (twoTicks > floor) return twoTicks;
  return floor;
}

function inRange(field: string, holds: boolean): void {
  if (!holds) {
    throw new PlayoutError("InvalidArgument", `The bus spec's ${field} is out of its range.`, {
      details: { field },
    });
  }
}
