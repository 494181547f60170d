// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are the configuration's own syntax.
import { configJsonSchema, type JsonSchema } from "./json-schema.js";

/**
 * The schema as editors get it: where a number, a truth value or a certain text belongs, a reference to the environment
 * may stand as well, since `${PORT}` is replaced before the engine looks.
 */
export const editorJsonSchema = (): object => ({
  ...withReferences(configJsonSchema),
  $defs: {
    reference: {
      type: "string",
      pattern: "\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}",
      description: "A text with ${NAME} or ${NAME:-default} in it.",
    },
  },
});

function withReferences(schema: JsonSchema): JsonSchema {
  if (schema.type === "object" || schema.type === "array" || schema.oneOf !== undefined) {
    const { properties, items, oneOf, additionalProperties: rest } = schema;
    return {
      ...schema,
      ...(properties && { properties: mapValues(properties, withReferences) }),
      ...(items && { items: withReferences(items) }),
      ...(oneOf && { oneOf: oneOf.map(withReferences) }),
      ...(typeof rest === "object" &&
        Object.keys(rest).length > 0 && { additionalProperties: withReferences(rest) }),
    };
  }
  // `type` of an output tells the forms apart and must stand there as it is.
  if ("const" in schema) return schema;
  const { title, description, default: fallback, examples, ...form } = schema;
  return {
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...(fallback !== undefined && { default: fallback }),
    ...(examples !== undefined && { examples }),
    anyOf: [form, { $ref: "#/$defs/reference" }],
  };
}

const mapValues = <V, W>(record: Readonly<Record<string, V>>, map: (value: V) => W): Record<string, W> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
