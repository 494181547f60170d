import type { z } from "zod";
import { type ConfigPath, describeFound, formatPath, isSecret } from "./fault.js";
import { type JsonSchema, keysOf, schemaAt, variantFor } from "./json-schema.js";
import { type Located, nearest, toValue } from "./located.js";
import { suggest } from "./suggest.js";

/** A fault at a path, before it is given its line. `atKey` points to the key instead of the value. */
export interface PathFault {
  readonly path: ConfigPath;
  readonly atKey: boolean;
  readonly expected: string;
  readonly found: string;
  readonly remedy: string;
}

/** Turns what zod says into faults that name what was expected, what was found and the remedy. */
export function explainIssues(issues: readonly z.core.$ZodIssue[], root: Located): PathFault[] {
  const whole = toValue(root);
  const faults = issues.flatMap((issue): PathFault[] => {
    const path = issue.path.map((step) => (typeof step === "symbol" ? String(step) : step));
    if (issue.code === "unrecognized_keys") {
      const known = keysOf(variantFor(schemaAt(path, whole) ?? {}, valueAt(root, path)));
      return issue.keys.map((key) => unknownKey([...path, key], key, known));
    }
    if (issue.code === "invalid_key") return [badKey(path, schemaAt(path.slice(0, -1), whole))];
    const schema = schemaAt(path, whole);
    // A mapping's own rule ("one of the two"): its message is the expectation.
    if (issue.code === "custom" && schema?.title === undefined) {
      return [fault(path, issue.message, foundAt(root, path), `Give ${issue.message}.`)];
    }
    const discriminator = issue.code === "invalid_union" && "options" in issue ? issue.options : undefined;
    const choices = discriminator ?? choicesOf(schema);
    const expected =
      choices !== undefined
        ? `one of ${choices.map((one) => String(one)).join(", ")}`
        : expectedBy(schema, path);
    return [fault(path, expected, foundAt(root, path), remedyFor(schema, choices, root, path))];
  });
  // A value that breaks several checks (form, then range) has one expectation, which names them all.
  const told = new Set<string>();
  return faults.filter(({ path }) => {
    const place = formatPath(path);
    return !told.has(place) && told.add(place);
  });
}

/** What the schema says should stand at a place, in words. */
export function expectedBy(schema: JsonSchema | undefined, path: ConfigPath = []): string {
  if (schema === undefined) return "another value";
  const choices = choicesOf(schema);
  if (choices !== undefined) return `one of ${choices.join(", ")}`;
  if (schema.type === "object" || schema.oneOf !== undefined) return "a mapping of keys to values";
  if (schema.title !== undefined) return schema.title;
  if (schema.type === "integer") {
    return `a whole number from ${schema.minimum} to ${schema.maximum}${unitOf(path)}`;
  }
  if (schema.type === "boolean") return "true or false";
  if (schema.type === "array") {
    const { minItems = 0, maxItems } = schema;
    return maxItems === undefined ? "a list" : `a list of ${minItems} to ${maxItems} entries`;
  }
  return "text";
}

const units: readonly (readonly [RegExp, string])[] = [
  [/Kbps$/, "kilobits per second"],
  [/Ms$/, "milliseconds"],
  [/Days$/, "days"],
  [/Bytes$/, "bytes"],
  [/^(width|height)$/, "pixels"],
  [/Pixels$/, "pixels"],
  [/^sampleRate$/, "samples per second"],
];

/** The unit that a key's name carries, as " (milliseconds)"; empty where it has none. */
export function unitOf(path: ConfigPath): string {
  const key = String(path.at(-1) ?? "");
  const unit = units.find(([pattern]) => pattern.test(key))?.[1];
  return unit === undefined ? "" : ` (${unit})`;
}

function choicesOf(schema: JsonSchema | undefined): readonly unknown[] | undefined {
  return schema?.enum ?? (schema !== undefined && "const" in schema ? [schema.const] : undefined);
}

function remedyFor(
  schema: JsonSchema | undefined,
  choices: readonly unknown[] | undefined,
  root: Located,
  path: ConfigPath,
): string {
  const key = String(path.at(-1) ?? "");
  const { exact } = nearest(root, path);
  const near = typeof valueAt(root, path) === "string" ? String(valueAt(root, path)) : undefined;
  const suggestion =
    near !== undefined && choices !== undefined ? suggest(near, choices.map(String)) : undefined;
  if (suggestion !== undefined) return `Did you mean ${suggestion}?`;
  const sample = schema?.examples?.[0] ?? defaultSample(schema, path) ?? choices?.[0];
  const written = sample === undefined ? undefined : `${key}: ${JSON.stringify(sample)}`;
  if (!exact) return written === undefined ? `Add ${key}.` : `Add ${key}, as in \`${written}\`.`;
  if (isSecret(path)) return "Make a longer one, for example with `openssl rand -hex 32`.";
  if (typeof path.at(-1) === "number" || written === undefined) return `Write ${expectedBy(schema, path)}.`;
  return `Write ${expectedBy(schema, path)}, as in \`${written}\`.`;
}

/** A value worth copying: the built-in default, which for a setting of a channel stands under `defaults`. */
function defaultSample(schema: JsonSchema | undefined, path: ConfigPath): unknown {
  const shared = path[0] === "channels" ? schemaAt(["defaults", ...path.slice(2)], {}) : undefined;
  const sample = schema?.default ?? shared?.default ?? schema?.minimum;
  return typeof sample === "object" ? undefined : sample;
}

function unknownKey(path: ConfigPath, key: string, known: readonly string[]): PathFault {
  const near = suggest(key, known);
  return {
    path,
    atKey: true,
    expected: "a known key",
    found: JSON.stringify(key),
    remedy: near !== undefined ? `Did you mean ${near}?` : `Remove it; known here: ${known.join(", ")}.`,
  };
}

function badKey(path: ConfigPath, schema: JsonSchema | undefined): PathFault {
  const expected = schema?.propertyNames?.title ?? "another key";
  return {
    path,
    atKey: true,
    expected,
    found: JSON.stringify(path.at(-1)),
    remedy: `Rename it to ${expected}.`,
  };
}

const fault = (path: ConfigPath, expected: string, found: string, remedy: string): PathFault => ({
  path,
  atKey: false,
  expected,
  found,
  remedy,
});

/** What stands at a path; with the reference it came from, and never a secret. */
export function foundAt(root: Located, path: ConfigPath): string {
  const { node, exact } = nearest(root, path);
  if (!exact) return "nothing";
  if (isSecret(path)) return "something else (not shown)";
  const text = describeFound(toValue(node));
  return node.unexpanded === undefined ? text : `${text} (from ${node.unexpanded})`;
}

function valueAt(root: Located, path: ConfigPath): unknown {
  const { node, exact } = nearest(root, path);
  return exact ? toValue(node) : undefined;
}
