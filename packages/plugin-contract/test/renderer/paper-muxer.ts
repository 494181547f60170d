import {
  type HouseGrid,
  pcrModulus,
  pcrOfTick,
  ptsModulus,
  ptsOfSample,
  ptsOfTick,
  type Tick,
} from "@retrovue/core";
import { packetBytes } from "../../src/renderer/transport-stream.js";

/** What a muxer of paper may do wrong. */
export interface MuxerFlaws {
  /** Counts of this tick's packets go wrong. */
  readonly miscounts?: boolean;
  /** Times of pictures count from the first one. */
  readonly ownTimes?: boolean;
  /** Sound is this many samples beside its frames. */
  readonly soundOff?: number;
  /** No tables where groups begin, but for the first. */
  readonly fewTables?: boolean;
  /** Times do not wrap at 33 bits, but earlier. */
  readonly wrapsEarly?: boolean;
  /** A successor's packets do not say that their count is new. */
  readonly hidesRestart?: boolean;
}

const pids = { association: 0, map: 0x1000, picture: 0x100, sound: 0x101 } as const;
/** As our own muxer's: 300 ms. */
const decoderDelay = 8_100_000n;
const frameSamples = 1_024;

/** A muxer whose pictures and sound are empty: everything else of a transport stream is there. */
export class PaperMuxer {
  readonly #counters = new Map<number, number>();
  #first: Tick | undefined;

  constructor(
    private readonly grid: HouseGrid,
    private readonly flaws: MuxerFlaws,
  ) {}

  tick(tick: Tick, isKey: boolean): Uint8Array {
    const isFirst = this.#first === undefined;
    this.#first ??= tick;
    const { fewTables = false, soundOff = 0, miscounts = false } = this.flaws;
    const packets: Buffer[] = [];
    if (isFirst || (isKey && !fewTables)) packets.push(this.#association(), this.#map());
    if (miscounts && tick % 7 === 3) this.#next(pids.picture);
    packets.push(this.#unit(pids.picture, 0xe0, this.#pictureTime(tick), isKey, this.#clock(tick)));
    const from = this.grid.sampleAt(tick);
    const to = this.grid.sampleAt((tick + 1) as Tick);
    // Frames that began two frames before the tick's samples: an encoder has them by then.
    for (let frame = Math.ceil(from / frameSamples); frame * frameSamples < to; frame++) {
      const sample = (frame - 2) * frameSamples + soundOff;
      packets.push(
        this.#unit(pids.sound, 0xc0, this.#wrap(ptsOfSample(sample as never, 48_000)), true, undefined),
      );
    }
    return Buffer.concat(packets);
  }

  #wrap(pts: bigint): bigint {
    return this.flaws.wrapsEarly === true ? pts % (ptsModulus - 90_000n) : pts;
  }

  #pictureTime(tick: Tick): bigint {
    const { ownTimes = false } = this.flaws;
    return this.#wrap(ptsOfTick(this.grid, (ownTimes ? tick - (this.#first ?? tick) : tick) as Tick));
  }

  #clock(tick: Tick): bigint {
    return (pcrOfTick(this.grid, tick) + pcrModulus - decoderDelay) % pcrModulus;
  }

  #next(pid: number): number {
    const counter = ((this.#counters.get(pid) ?? (this.#first ?? 0) * 3) + 1) % 16;
    this.#counters.set(pid, counter);
    return counter;
  }

  /** One packet: an adaptation field that fills it, then the payload. */
  #packet(pid: number, payload: Buffer, isKey: boolean, clock: bigint | undefined): Buffer {
    const isNew = !this.#counters.has(pid) && this.flaws.hidesRestart !== true;
    const packet = Buffer.alloc(packetBytes, 0xff);
    packet[0] = 0x47;
    packet.writeUInt16BE(0x4000 | pid, 1);
    packet[3] = 0x30 | this.#next(pid);
    packet[4] = packetBytes - 5 - payload.length;
    packet[5] = (isNew ? 0x80 : 0) | (isKey ? 0x40 : 0) | (clock === undefined ? 0 : 0x10);
    if (clock !== undefined) {
      const base = clock / 300n;
      packet.writeUInt32BE(Number(base >> 1n), 6);
      packet.writeUInt16BE((Number(base & 1n) << 15) | 0x7e00 | Number(clock % 300n), 10);
    }
    payload.copy(packet, packetBytes - payload.length);
    return packet;
  }

  #unit(pid: number, id: number, pts: bigint, isKey: boolean, clock: bigint | undefined): Buffer {
    const pes = Buffer.from([0, 0, 1, id, 0, id === 0xc0 ? 12 : 0, 0x84, 0x80, 5, 0, 0, 0, 0, 0, 1, 2, 3, 4]);
    const time = Number(pts & 0x3fff_ffffn);
    pes[9] = 0x21 | (Number(pts >> 30n) << 1);
    pes.writeUInt16BE((((time >>> 15) << 1) | 1) & 0xffff, 10);
    pes.writeUInt16BE((((time & 0x7fff) << 1) | 1) & 0xffff, 12);
    return this.#packet(pid, pes, isKey, clock);
  }

  #association(): Buffer {
    return this.#table(pids.association, 0x00, Buffer.from([0, 1, 0xf0, 0x00]));
  }

  #map(): Buffer {
    const streams = [0x1b, 0xe1, 0x00, 0xf0, 0, 0x0f, 0xe1, 0x01, 0xf0, 0];
    return this.#table(pids.map, 0x02, Buffer.from([0xe1, 0x00, 0xf0, 0, ...streams]));
  }

  #table(pid: number, table: number, body: Buffer): Buffer {
    const section = Buffer.concat([Buffer.from([table, 0xb0, body.length + 9, 0, 1, 0xc1, 0, 0]), body]);
    const check = Buffer.alloc(4);
    check.writeUInt32BE(crcOf(section));
    return this.#packet(pid, Buffer.concat([Buffer.from([0]), section, check]), false, undefined);
  }
}

function crcOf(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const isOdd = ((crc >>> 31) ^ ((byte >> bit) & 1)) === 1;
      crc = (crc << 1) ^ (isOdd ? 0x04c1_1db7 : 0);
    }
  }
  return crc >>> 0;
}
