import {
  type DescField,
  type DescMessage,
  fromJson,
  type JsonObject,
  type JsonValue,
  toJson,
} from "@bufbuild/protobuf";
import { invalidPlan, type PlanFault, planBounds } from "@retrovue/core";
import { shown } from "../field/invalid-field.js";
import { PlanSegmentSchema, type PlayoutPlan, PlayoutPlanSchema } from "../gen/retrovue/playout_plans_pb.js";

/**
 * The plan in a plan file's value, as a JSON or YAML parser gives it: the JSON form of `PlayoutPlan`. Keys are read as
 * `inPoint` and as `in_point`; a key that is none of the format's is a fault, not ignored.
 *
 * Throws `InvalidPlan` naming every fault by its place, as `segments[3].inPoint`; `details.faults` lists all.
 */
export function planFromJson(value: unknown): PlayoutPlan {
  const faults: PlanFault[] = [];
  if (!isObject(value)) {
    faults.push(malformed("(the whole file)", "an object with segments", value, "Begin with `segments:`."));
    throw invalidPlan("The plan file", faults);
  }
  const { segments = [], ...head } = value;
  collectFaults(PlayoutPlanSchema, head, "", faults);
  if (!Array.isArray(segments))
    faults.push(malformed("segments", "a list", segments, "Begin each with `-`."));
  else if (segments.length > planBounds.segmentsMax) {
    const expected = `at most ${planBounds.segmentsMax} segments`;
    faults.push(malformed("segments", expected, segments.length, "Split the plan."));
  } else {
    for (const [index, segment] of segments.entries()) {
      const at = `segments[${index}]`;
      if (isObject(segment)) collectFaults(PlanSegmentSchema, segment, `${at}.`, faults);
      else faults.push(malformed(at, "an object", segment, "Write a segment as `{ uri: …, duration: … }`."));
    }
  }
  if (faults.length > 0) throw invalidPlan("The plan file", faults);
  return fromJson(PlayoutPlanSchema, value);
}

/** A plan as a plan file's value. */
export const planToJson = (plan: PlayoutPlan): JsonValue => toJson(PlayoutPlanSchema, plan);

/** Looks at each key by itself, so that all faults are found and each has its place. */
function collectFaults(schema: DescMessage, value: JsonObject, at: string, faults: PlanFault[]): void {
  const keyOf = new Map<DescField, string>();
  for (const [key, member] of Object.entries(value)) {
    const path = `${at}${key}`;
    const field = schema.fields.find(({ jsonName, name }) => key === jsonName || key === name);
    if (!field) {
      const expected = `one of ${schema.fields.map(({ jsonName }) => jsonName).join(", ")}`;
      faults.push({
        path,
        problem: "unknown key",
        expected,
        found: shown(key),
        remedy: "Correct or remove it.",
      });
      continue;
    }
    const other = keyOf.get(field);
    if (other !== undefined) faults.push(malformed(path, `${other} or ${key}`, "both", "Remove one."));
    keyOf.set(field, key);
    try {
      fromJson(schema, { [field.jsonName]: member });
    } catch {
      faults.push(malformed(path, expectationOf(field), member, "Correct it."));
    }
  }
}

/** What a field takes, in the words of a plan file's writer. */
function expectationOf(field: DescField): string {
  if (field.fieldKind === "enum") return `one of ${field.enum.values.map(({ name }) => name).join(", ")}`;
  if (field.fieldKind === "map") return "an object of texts";
  if (field.fieldKind === "scalar") return field.jsonName === "gainDb" ? "a number of decibels" : "a text";
  if (field.message?.typeName === "google.protobuf.Duration") return 'a length in seconds, as "90.5s"';
  return 'a time, as "2026-03-01T20:00:00Z"';
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const malformed = (path: string, expected: string, found: unknown, remedy: string): PlanFault => ({
  path,
  problem: "malformed value",
  expected,
  found: shown(found),
  remedy,
});
