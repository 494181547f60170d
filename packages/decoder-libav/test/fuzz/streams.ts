// Containers whose parts follow one another.

/** Packets of one length: transport streams. */
export function* packetBoundaries(view: DataView, length: number): Generator<number> {
  for (let at = 0; at < view.byteLength; at += length) yield at;
}

/** Packets of program streams, and units of raw H.264, HEVC and MPEG video: each begins with 00 00 01. */
export function* startCodeBoundaries(view: DataView): Generator<number> {
  for (let at = 0; at + 3 < view.byteLength; at++) {
    if (view.getUint8(at) !== 0 || view.getUint8(at + 1) !== 0 || view.getUint8(at + 2) !== 1) continue;
    yield at;
    yield at + 4;
    at += 3;
  }
}

const keyBytes = 16;

/** Triplets of key, length and value (SMPTE ST 336): MXF. */
export function* klvBoundaries(view: DataView): Generator<number> {
  for (let at = 0; at + keyBytes + 1 <= view.byteLength; ) {
    yield at;
    yield at + keyBytes;
    const first = view.getUint8(at + keyBytes);
    const more = first < 0x80 ? 0 : first & 0x7f;
    const value = at + keyBytes + 1 + more;
    if (more > 8 || value > view.byteLength) return;
    let size = more === 0 ? first : 0;
    for (let i = 0; i < more; i++) size = size * 256 + view.getUint8(at + keyBytes + 1 + i);
    yield value;
    at = value + size;
  }
}
