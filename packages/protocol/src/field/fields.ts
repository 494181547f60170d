import { invalidField } from "./invalid-field.js";

/** Highest channel id: what the wire's int32 holds. */
const channelIdMax = 2 ** 31 - 1;

/** Longest text that a request may hold where its field says nothing else, in characters. */
const textCharactersMax = 4_096;

/** Bounds of a whole number, both included. */
export interface WholeRange {
  readonly min: number;
  readonly max: number;
}

/** What a text field may hold. */
export interface TextRule {
  /** Default 4 096. */
  readonly charactersMax?: number;
  /** True where the empty text is allowed. Default false. */
  readonly mayBeEmpty?: boolean;
}

// Each takes the field's name first and answers the value, checked. All throw `InvalidArgument` naming the field.

/** A channel's id: 1 or more. */
export const channelIdField = (field: string, value: number): number =>
  wholeField(field, value, { min: 1, max: channelIdMax });

/** A whole number within bounds, also from the wire's 64-bit integers. */
export function wholeField(field: string, value: number | bigint, { min, max }: WholeRange): number {
  // Compared before it is made a number, so that 2^53 + 1 is not taken for 2^53.
  if (value < min || value > max || !Number.isSafeInteger(Number(value))) {
    throw invalidField(field, `a whole number from ${min} to ${max}`, value);
  }
  return Number(value);
}

/** A text without NUL, which would end it early in every system call. */
export function textField(field: string, value: string, rule: TextRule = {}): string {
  const charactersMax = rule.charactersMax ?? textCharactersMax;
  if (value === "" && rule.mayBeEmpty !== true) throw invalidField(field, "some text", value);
  if (value.length > charactersMax) {
    throw invalidField(field, `at most ${charactersMax} characters`, `${value.length} characters`);
  }
  if (value.includes("\0")) throw invalidField(field, "text without a NUL character", value);
  return value;
}

/** A message that has to be there. */
export function requiredField<T>(field: string, value: T | undefined): T {
  if (value === undefined) throw invalidField(field, "a value", undefined);
  return value;
}
