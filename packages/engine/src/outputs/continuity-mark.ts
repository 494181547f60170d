/** ISO/IEC 13818-1, 2.4.3.2 and 2.4.3.4. */
const packetBytes = 188;
const discontinuity = 0x80;

/**
 * The same packets without the mark of a break in counters and clock, which a renderer sets on the first packets of each stream. It
 * concerns those alone who saw what was before. Copies where there is a mark, and answers the very bytes where there is none.
 */
export function withoutBreaks(bytes: Uint8Array): Uint8Array {
  let cleared: Uint8Array | undefined;
  for (let at = 0; at + packetBytes <= bytes.length; at += packetBytes) {
    const hasField = ((bytes[at + 3] ?? 0) & 0x20) !== 0 && (bytes[at + 4] ?? 0) > 0;
    if (!hasField || ((bytes[at + 5] ?? 0) & discontinuity) === 0) continue;
    cleared ??= Uint8Array.from(bytes);
    cleared[at + 5] = (cleared[at + 5] ?? 0) & ~discontinuity;
  }
  return cleared ?? bytes;
}
