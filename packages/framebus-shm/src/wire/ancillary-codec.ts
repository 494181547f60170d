import type { Ancillary } from "@retrovue/core";
import { wire } from "./offsets.js";

/** `kind` of a record. */
const kinds: Readonly<Record<Ancillary["kind"], number>> = { cea608: 1, cea708: 2, afd: 3, timecode: 4 };
const kindOf = new Map<number, Ancillary["kind"]>(
  (Object.keys(kinds) as Ancillary["kind"][]).map((kind) => [kinds[kind], kind]),
);

/** Kind and length, two bytes each, before the bytes of a record. */
const recordHeadBytes = 4;
const padded = (bytes: number) => (bytes + 3) & ~3;

/**
 * Writes records into the ancillary area of a submission, in order, and answers how many bytes they take. A record that
 * does not fit, and those after it, are left out: 1 KiB holds a frame's captions, AFD and timecode several times over.
 */
export function encodeAncillary(records: readonly Ancillary[], into: DataView, at: number): number {
  let used = 0;
  for (const { kind, bytes } of records) {
    const next = used + recordHeadBytes + padded(bytes.length);
    if (next > wire.ancillaryBytes) break;
    into.setUint16(at + used, kinds[kind], true);
    into.setUint16(at + used + 2, bytes.length, true);
    const area = new Uint8Array(
      into.buffer,
      into.byteOffset + at + used + recordHeadBytes,
      padded(bytes.length),
    );
    area.fill(0);
    area.set(bytes);
    used = next;
  }
  return used;
}

/** Reads records out of the ancillary area. The bytes are copies. Kinds not known here are left out. */
export function decodeAncillary(from: DataView, at: number, bytes: number): readonly Ancillary[] {
  if (bytes === 0) return noRecords;
  const records: Ancillary[] = [];
  for (let used = 0; used + recordHeadBytes <= bytes; ) {
    const kind = kindOf.get(from.getUint16(at + used, true));
    const length = from.getUint16(at + used + 2, true);
    used += recordHeadBytes;
    if (used + length > bytes) break;
    if (kind !== undefined) {
      records.push({ kind, bytes: new Uint8Array(from.buffer, from.byteOffset + at + used, length).slice() });
    }
    used += padded(length);
  }
  return records;
}

const noRecords: readonly Ancillary[] = Object.freeze([]);
