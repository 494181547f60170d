import { parseDocument } from "yaml";
import { type JsonSchema, schemaAt } from "./json-schema.js";
import { type Located, toValue } from "./located.js";

/**
 * Gives values that came out of `${…}` the type that the schema asks for at their place: a variable is always text, but
 * `${PORT}` stands for a number where a number belongs, quoted or not. Where a plugin decides what belongs there, an
 * unquoted reference is read as YAML would read its content, and a quoted one stays text.
 */
export function coerceExpanded(root: Located): void {
  const whole = toValue(root);
  const visit = (node: Located, path: readonly (string | number)[]): void => {
    for (const [key, child] of node.children ?? []) visit(child, [...path, key]);
    if (node.unexpanded === undefined || typeof node.scalar !== "string") return;
    const schema = schemaAt(path, whole);
    if (schema !== undefined) node.scalar = asType(node.scalar, schema);
    else if (node.plain) node.scalar = asYaml(node.scalar);
  };
  visit(root, []);
}

function asType(text: string, schema: JsonSchema): unknown {
  if (schema.type === "integer" || schema.type === "number") {
    return /^\s*[+-]?\d+(\.\d+)?\s*$/.test(text) ? Number(text) : text;
  }
  if (schema.type === "boolean") return text === "true" ? true : text === "false" ? false : text;
  return text;
}

function asYaml(text: string): unknown {
  // Only plain scalars: a variable must not smuggle in a structure.
  if (!/^[\w.+-]+$/.test(text)) return text;
  const value: unknown = parseDocument(text).toJS();
  return typeof value === "number" || typeof value === "boolean" ? value : text;
}
