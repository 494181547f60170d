/** Bytes of a transport packet (ISO/IEC 13818-1, 2.4.3.2). */
export const packetBytes = 188;

/** One PES packet, put together again. */
export interface StreamUnit {
  readonly pid: number;
  /** 90 kHz, 33 bits. */
  readonly pts: bigint;
  /** The elementary stream's bytes. */
  readonly bytes: Uint8Array;
  /** The random-access indicator of its first packet. */
  readonly randomAccess: boolean;
  /** Index of its first packet in the stream. */
  readonly packet: number;
}

/** A programme clock reference. */
export interface ClockReference {
  /** 27 MHz, 33 bits times 300. */
  readonly pcr: bigint;
  readonly packet: number;
  readonly discontinuity: boolean;
}

/** A transport stream of one programme, taken apart. */
export interface TransportStream {
  readonly packets: number;
  /** Units with their PTS, in the order of their first packets. */
  readonly units: readonly StreamUnit[];
  readonly clocks: readonly ClockReference[];
  /** Indices of the packets in which a programme association, or a programme map, begins. */
  readonly associations: readonly number[];
  readonly maps: readonly number[];
  /** Stream type by PID, as the map says. */
  readonly streamTypes: ReadonlyMap<number, number>;
  /** What breaks the standard's own rules: sync, continuity, tables, headers; in words. */
  readonly faults: readonly string[];
}

interface Packet {
  readonly index: number;
  readonly pid: number;
  readonly isStart: boolean;
  readonly randomAccess: boolean;
  readonly payload: Uint8Array;
}

/** Takes a stream apart; never throws for what it finds. */
export function parseTransportStream(bytes: Uint8Array): TransportStream {
  return new Parser(bytes).run();
}

class Parser {
  readonly #faults: string[] = [];
  readonly #units: StreamUnit[] = [];
  readonly #clocks: ClockReference[] = [];
  readonly #associations: number[] = [];
  readonly #maps: number[] = [];
  readonly #types = new Map<number, number>();
  readonly #counters = new Map<number, number>();
  readonly #open = new Map<number, { first: Packet; parts: Uint8Array[] }>();
  #mapPid: number | undefined;

  constructor(private readonly bytes: Uint8Array) {}

  run(): TransportStream {
    const { bytes } = this;
    if (bytes.length % packetBytes !== 0) this.#faults.push("the stream ends within a packet");
    const packets = Math.floor(bytes.length / packetBytes);
    for (let index = 0; index < packets; index++) this.#packet(index);
    // The last unit of each stream may not be whole.
    this.#units.sort((a, b) => a.packet - b.packet);
    return {
      packets,
      units: this.#units,
      clocks: this.#clocks,
      associations: this.#associations,
      maps: this.#maps,
      streamTypes: this.#types,
      faults: this.#faults,
    };
  }

  #fault(what: string): void {
    this.#faults.push(what);
  }

  #packet(index: number): void {
    const at = index * packetBytes;
    const packet = this.bytes.subarray(at, at + packetBytes);
    const [sync = 0, high = 0, low = 0, control = 0, length = 0, flags = 0] = packet;
    if (sync !== 0x47) {
      this.#fault(`packet ${index} has no sync byte`);
      return;
    }
    const pid = ((high & 0x1f) << 8) | low;
    if (pid === 0x1fff) return;
    const hasField = (control & 0x20) !== 0;
    const hasPayload = (control & 0x10) !== 0;
    if (hasField && length > (hasPayload ? 182 : 183)) {
      this.#fault(`packet ${index} has an adaptation field of ${length} bytes`);
      return;
    }
    const hasFlags = hasField && length > 0;
    const discontinuity = hasFlags && (flags & 0x80) !== 0;
    this.#count(index, pid, control & 15, hasPayload, discontinuity);
    if (hasFlags && (flags & 0x10) !== 0) {
      this.#clocks.push({ pcr: pcrOf(packet.subarray(6)), packet: index, discontinuity });
    }
    if (!hasPayload) return;
    const payload = packet.subarray(hasField ? 5 + length : 4);
    const isStart = (high & 0x40) !== 0;
    const randomAccess = hasFlags && (flags & 0x40) !== 0;
    this.#payload({ index, pid, isStart, randomAccess, payload });
  }

  #count(index: number, pid: number, counter: number, hasPayload: boolean, isNew: boolean): void {
    const last = this.#counters.get(pid);
    this.#counters.set(pid, counter);
    if (last === undefined || isNew) return;
    const expected = hasPayload ? (last + 1) & 15 : last;
    if (counter !== expected)
      this.#faults.push(`packet ${index} of PID ${pid} counts ${counter}, not ${expected}`);
  }

  #payload(packet: Packet): void {
    if (packet.pid === 0) this.#association(packet);
    else if (packet.pid === this.#mapPid) this.#map(packet);
    else if (this.#types.has(packet.pid)) this.#elementary(packet);
    else if (!isServiceInformation(packet.pid))
      this.#fault(`packet ${packet.index} is of PID ${packet.pid}, which no map has named`);
  }

  #elementary(packet: Packet): void {
    if (packet.isStart) {
      this.#finish(packet.pid);
      this.#open.set(packet.pid, { first: packet, parts: [packet.payload] });
    } else this.#open.get(packet.pid)?.parts.push(packet.payload);
    this.#finishIfWhole(packet.pid);
  }

  /** Sound says how long it is; pictures end where the next one begins. */
  #finishIfWhole(pid: number): void {
    const open = this.#open.get(pid);
    const [, , , , high = 0, low = 0] = open?.parts[0] ?? [];
    const length = (high << 8) | low;
    const got = open?.parts.reduce((sum, part) => sum + part.length, 0) ?? 0;
    if (length > 0 && got >= length + 6) this.#finish(pid);
  }

  #finish(pid: number): void {
    const open = this.#open.get(pid);
    if (open === undefined) return;
    this.#open.delete(pid);
    const pes = Buffer.concat(open.parts);
    const { index, randomAccess } = open.first;
    if (pes.readUIntBE(0, 3) !== 1) {
      this.#fault(`packet ${index} begins a unit without a start code`);
      return;
    }
    if (((pes[7] ?? 0) & 0x80) === 0) {
      this.#fault(`the unit of packet ${index} has no timestamp`);
      return;
    }
    const bytes = pes.subarray(9 + (pes[8] ?? 0));
    this.#units.push({ pid, pts: ptsOf(pes.subarray(9)), bytes, randomAccess, packet: index });
  }

  #association(packet: Packet): void {
    const section = this.#section(packet, 0x00);
    if (section === undefined) return;
    this.#associations.push(packet.index);
    this.#mapPid = section.readUInt16BE(10) & 0x1fff;
  }

  #map(packet: Packet): void {
    const section = this.#section(packet, 0x02);
    if (section === undefined) return;
    this.#maps.push(packet.index);
    const end = section.length - 4;
    let at = 12 + (section.readUInt16BE(10) & 0x0fff);
    for (; at + 5 <= end; at += 5 + (section.readUInt16BE(at + 3) & 0x0fff)) {
      this.#types.set(section.readUInt16BE(at + 1) & 0x1fff, section[at] ?? 0);
    }
  }

  #section(packet: Packet, table: number): Buffer | undefined {
    if (!packet.isStart) return undefined;
    const payload = Buffer.from(packet.payload);
    const from = 1 + (payload[0] ?? 0);
    const length = 3 + (payload.readUInt16BE(from + 1) & 0x0fff);
    const section = payload.subarray(from, from + length);
    if (section[0] === table && section.length === length && crc(section) === 0) return section;
    this.#faults.push(`packet ${packet.index} has a broken table`);
    return undefined;
  }
}

/** PIDs that no map names: DVB's tables (ETSI EN 300 468, 5.1.3). */
const isServiceInformation = (pid: number): boolean => pid >= 0x10 && pid <= 0x1f;

function pcrOf(field: Uint8Array): bigint {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = field;
  const base = (BigInt(((a << 24) | (b << 16) | (c << 8) | d) >>> 0) << 1n) | BigInt(e >> 7);
  return base * 300n + BigInt(((e & 1) << 8) | f);
}

function ptsOf(field: Uint8Array): bigint {
  const [a = 0, b = 0, c = 0, d = 0, e = 0] = field;
  return (BigInt((a >> 1) & 7) << 30n) | BigInt((b << 22) | ((c >> 1) << 15) | (d << 7) | (e >> 1));
}

/** CRC-32/MPEG-2 over a section with its CRC: 0 where it is whole. */
function crc(bytes: Uint8Array): number {
  let value = 0xffff_ffff;
  for (const byte of bytes) {
    value ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) value = (value << 1) ^ (value < 0 ? 0x04c1_1db7 : 0);
  }
  return value >>> 0;
}
