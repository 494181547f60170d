import { z } from "zod";
import type { ConfigPath } from "./fault.js";
import { configSchema } from "./schema/config-schema.js";

/** The part of JSON Schema (draft 2020-12) that our schema uses. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly propertyNames?: JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

/** JSON Schema of what a file may hold, for editors, documents and the explanation of faults. */
export const configJsonSchema: JsonSchema = Object.freeze({
  ...(z.toJSONSchema(configSchema, { io: "input", unrepresentable: "throw" }) as JsonSchema),
  title: "RetroVue Playout Engine configuration",
});

/** The schema of the value at a path, given the value of the whole; undefined where anything may stand. */
export function schemaAt(path: ConfigPath, whole: unknown): JsonSchema | undefined {
  let schema: JsonSchema | undefined = configJsonSchema;
  let value = whole;
  for (const step of path) {
    if (schema === undefined) return undefined;
    schema = variantFor(schema, value);
    value = child(value, step);
    if (typeof step === "number") schema = schema.items;
    else schema = propertyOf(schema, step);
  }
  return schema;
}

/** Where a value may have one of several forms, told apart by a constant (`type`), the form it has. */
export function variantFor(schema: JsonSchema, value: unknown): JsonSchema {
  for (const variant of schema.oneOf ?? []) {
    const constants = Object.entries(variant.properties ?? {}).filter(([, property]) => "const" in property);
    if (constants.every(([key, property]) => child(value, key) === property.const)) return variant;
  }
  return schema;
}

/** Keys that a mapping of this schema may have. */
export const keysOf = (schema: JsonSchema | undefined): readonly string[] => [
  ...new Set([schema, ...(schema?.oneOf ?? [])].flatMap((one) => Object.keys(one?.properties ?? {}))),
];

function propertyOf(schema: JsonSchema, key: string): JsonSchema | undefined {
  if (schema.properties !== undefined && Object.hasOwn(schema.properties, key)) return schema.properties[key];
  for (const variant of schema.oneOf ?? []) {
    const found = propertyOf(variant, key);
    if (found !== undefined) return found;
  }
  const rest = schema.additionalProperties;
  // `{}` means that anything may stand there.
  return typeof rest === "object" && Object.keys(rest).length > 0 ? rest : undefined;
}

function child(value: unknown, step: string | number): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
  return (value as Record<string | number, unknown>)[step];
}
