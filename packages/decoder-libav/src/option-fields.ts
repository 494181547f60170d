import { PlayoutError } from "@retrovue/core";

/** What options are written as. */
export type Mapping = Readonly<Record<string, unknown>>;

/** True for an object that is no list. */
export const isMapping = (value: unknown): value is Mapping =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A whole number within its bounds, or the default where the field is left out; `InvalidArgument` names the field. */
export function whole(given: Mapping, field: string, fallback: number, min: number, max: number): number {
  const value = given[field] ?? fallback;
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
  throw wrong(field, `must be a whole number from ${min} to ${max}`);
}

/** `InvalidArgument` that names the field. @param what as "must be a path" */
export const wrong = (field: string, what: string): PlayoutError =>
  new PlayoutError("InvalidArgument", `${field} ${what}.`, { details: { field } });
