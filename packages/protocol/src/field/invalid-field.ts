import { PlayoutError } from "@retrovue/core";

/** Longest part of a refused value that goes into a message; values come from outside and end in log lines. */
const shownCharactersMax = 80;

/**
 * The error for a field out of its range: says the field, what was expected and what was found. `details.field` is
 * the field's name as in the proto file, with its place (`block_a.segments[3].segment_duration_ms`); `expected` and
 * `found` say the rest again, for programs.
 */
export function invalidField(field: string, expected: string, found: unknown): PlayoutError {
  return new PlayoutError("InvalidArgument", `${field}: expected ${expected}, found ${shown(found)}.`, {
    details: { field, expected, found: shown(found) },
  });
}

/** A value from outside, short enough for a message. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = typeof value === "bigint" ? value.toString() : (JSON.stringify(value) ?? String(value));
  return text.length > shownCharactersMax ? `${text.slice(0, shownCharactersMax)}…` : text;
}
