const packetBytes = 188;
/** Where both our streams and ffmpeg's (libavformat's `mpegts_start_pid`) carry pictures. */
const picturePid = 0x100;

/** The presentation time stamps of a transport stream's pictures, as its bytes come in. */
export class PictureStamps {
  #rest: Buffer = Buffer.alloc(0);

  /** Stamps of the pictures that begin in these bytes, in units of 90 kHz, in order. */
  take(bytes: Buffer): bigint[] {
    const all = Buffer.concat([this.#rest, bytes]);
    const stamps: bigint[] = [];
    let at = 0;
    for (; at + packetBytes <= all.length; at += packetBytes) {
      const stamp = stampOf(all.subarray(at, at + packetBytes));
      if (stamp !== undefined) stamps.push(stamp);
    }
    this.#rest = all.subarray(at);
    return stamps;
  }
}

function stampOf(packet: Buffer): bigint | undefined {
  const isPicture = (packet.readUInt16BE(1) & 0x1fff) === picturePid;
  const isStart = ((packet[1] ?? 0) & 0x40) !== 0;
  if (!isPicture || !isStart) return undefined;
  const field = ((packet[3] ?? 0) & 0x20) === 0 ? 4 : 5 + (packet[4] ?? 0);
  const pes = packet.subarray(field);
  const high = BigInt(((pes[9] ?? 0) >> 1) & 7) << 30n;
  const low =
    ((pes[10] ?? 0) << 22) | (((pes[11] ?? 0) >> 1) << 15) | ((pes[12] ?? 0) << 7) | ((pes[13] ?? 0) >> 1);
  return high | BigInt(low >>> 0);
}
