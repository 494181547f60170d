import { type HouseGrid, pcrModulus, ptsModulus, ptsOfTick, type Tick } from "@retrovue/core";
import type { ClockReference, StreamUnit, TransportStream } from "./transport-stream.js";

/** The limit in use for the distance of clock references: 40 ms (ETSI TR 101 290, 5.2.2), in units of 27 MHz. */
const clockStepMax = 40n * 27_000n;
/** Sound and picture lie at most this far apart in the stream: 100 ms (field lesson 36), in units of 90 kHz. */
const interleaveMax = 9_000n;
/** Tables come at least each half second (TR 101 290, 5.2.1). */
const tablesEveryMax = 500n * 27_000n;

/** Stream types of pictures (ISO/IEC 13818-1, table 2-34). */
const pictureTypes: ReadonlySet<number> = new Set([0x01, 0x02, 0x1b, 0x24]);

/** Pictures and sound of a stream, apart. */
export function streamsOf(stream: TransportStream): {
  readonly pictures: readonly StreamUnit[];
  readonly sounds: readonly StreamUnit[];
} {
  const isPicture = (unit: StreamUnit) => pictureTypes.has(stream.streamTypes.get(unit.pid) ?? 0);
  return {
    pictures: stream.units.filter(isPicture),
    sounds: stream.units.filter((unit) => !isPicture(unit)),
  };
}

/** The tick whose time a PTS is, near `near`; undefined where it is no tick's. */
export function tickOfPts(grid: HouseGrid, pts: bigint, near: Tick): Tick | undefined {
  for (let offset = 0; offset < 2_000; offset++) {
    for (const tick of [near + offset, near - offset]) {
      if (tick >= 0 && ptsOfTick(grid, tick as Tick) === pts) return tick as Tick;
    }
  }
  return undefined;
}

/** From one wrapped value to the next, at most half a turn either way. */
function step(from: bigint, to: bigint, modulus: bigint): bigint {
  const ahead = (((to - from) % modulus) + modulus) % modulus;
  return ahead > modulus / 2n ? ahead - modulus : ahead;
}

/**
 * What is wrong in a stream besides its syntax, in words: clock references too far apart, sound timestamps that do not step by
 * one frame, key frames without tables, parts too far from each other, units that come after their time.
 *
 * @param soundStep units of 90 kHz that a sound frame lasts, undefined where frames are no whole number of them
 */
export function faultsOf(stream: TransportStream, soundStep: bigint | undefined): string[] {
  const { pictures, sounds } = streamsOf(stream);
  return [
    ...stream.faults,
    ...clockFaults(stream.clocks),
    ...tableFaults(stream),
    ...stepFaults(pictures, "picture", undefined),
    ...stepFaults(sounds, "sound", soundStep),
    ...deliveryFaults(stream),
    ...interleaveFaults(pictures, sounds),
  ];
}

function clockFaults(clocks: readonly ClockReference[]): string[] {
  return clocks.slice(1).flatMap((clock, index) => {
    const moved = step(clocks[index]?.pcr ?? 0n, clock.pcr, pcrModulus);
    if (moved > 0n && moved <= clockStepMax) return [];
    return [`the clock moves by ${moved} units of 27 MHz at packet ${clock.packet}`];
  });
}

function tableFaults(stream: TransportStream): string[] {
  const faults: string[] = [];
  for (const unit of streamsOf(stream).pictures) {
    if (!unit.randomAccess) continue;
    const hasTables = stream.associations.includes(unit.packet - 2) && stream.maps.includes(unit.packet - 1);
    if (!hasTables) faults.push(`no tables stand before the key frame of packet ${unit.packet}`);
  }
  const times = stream.associations.map((packet) => clockAt(stream, packet));
  times.slice(1).forEach((time, index) => {
    if (step(times[index] ?? 0n, time, pcrModulus) > tablesEveryMax) {
      faults.push(`no tables for half a second before packet ${stream.associations[index + 1]}`);
    }
  });
  return faults;
}

/** The first clock reference at or after a packet, else the last. */
function clockAt(stream: TransportStream, packet: number): bigint {
  const { clocks } = stream;
  return (clocks.find((clock) => clock.packet >= packet) ?? clocks.at(-1))?.pcr ?? 0n;
}

function stepFaults(units: readonly StreamUnit[], what: string, exact: bigint | undefined): string[] {
  return units.slice(1).flatMap((unit, index) => {
    const moved = step(units[index]?.pts ?? 0n, unit.pts, ptsModulus);
    if (exact === undefined ? moved > 0n : moved === exact) return [];
    return [`the ${what} of packet ${unit.packet} comes ${moved} units of 90 kHz after the one before`];
  });
}

/** A unit must be there before its time: the clock of its packet stands before its PTS. */
function deliveryFaults(stream: TransportStream): string[] {
  return stream.units.flatMap((unit) => {
    const ahead = step(clockAt(stream, unit.packet) / 300n, unit.pts, ptsModulus);
    return ahead > 0n ? [] : [`the unit of packet ${unit.packet} comes ${-ahead} units of 90 kHz late`];
  });
}

function interleaveFaults(pictures: readonly StreamUnit[], sounds: readonly StreamUnit[]): string[] {
  return sounds.flatMap((sound) => {
    const beside = pictures.findLast((picture) => picture.packet < sound.packet);
    if (beside === undefined) return [];
    const apart = step(beside.pts, sound.pts, ptsModulus);
    if (apart <= interleaveMax && apart >= -interleaveMax) return [];
    return [`the sound of packet ${sound.packet} lies ${apart} units of 90 kHz from the picture before it`];
  });
}
