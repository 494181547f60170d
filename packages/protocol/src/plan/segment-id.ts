import { createHash } from "node:crypto";

/** Digits of a segment's id: 128 bits. */
const idDigits = 32;

const uuid = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/;

/** A segment's id from a UUID with or without dashes, in any case; undefined for any other text. */
export function segmentIdFromText(text: string): string | undefined {
  const lower = text.toLowerCase();
  return uuid.test(lower) ? lower.replaceAll("-", "") : undefined;
}

/** An id made of what names a segment: the same parts give the same id, on every engine. */
export const segmentIdOf = (parts: readonly (string | number | bigint)[]): string =>
  createHash("sha256")
    .update(JSON.stringify(parts.map(String)))
    .digest("hex")
    .slice(0, idDigits);
