import { expectedBy, unitOf } from "../src/config/explain.js";
import { configJsonSchema, type JsonSchema } from "../src/config/json-schema.js";

/** One key of the configuration, as its document lists it. */
export interface KeyRow {
  /** As `channels[].encode.video.bitrateKbps`; `<name>` stands for a key that the file chooses. */
  readonly key: string;
  readonly values: string;
  readonly fallback: string;
  readonly meaning: string;
}

/** Every key that the schema knows, parents before children. */
export function keyRows(): KeyRow[] {
  return rowsBelow(configJsonSchema, "", []);
}

/** The rows as a table in Markdown. */
export function keyTable(rows: readonly KeyRow[]): string {
  const lines = rows.map(
    ({ key, values, fallback, meaning }) =>
      `| \`${key}\` | ${cell(values)} | ${cell(fallback)} | ${cell(meaning)} |`,
  );
  return ["| key | value | default | meaning |", "|---|---|---|---|", ...lines].join("\n");
}

const cell = (text: string): string => text.replaceAll("|", "\\|");

function rowsBelow(schema: JsonSchema, prefix: string, required: readonly string[]): KeyRow[] {
  const rows: KeyRow[] = [];
  const dot = prefix === "" ? "" : `${prefix}.`;
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const key = `${dot}${name}`;
    rows.push(rowOf(key, property, (schema.required ?? required).includes(name)), ...inner(property, key));
  }
  return rows;
}

function inner(schema: JsonSchema, key: string): KeyRow[] {
  if (schema.items !== undefined) {
    const { items } = schema;
    if (items.oneOf !== undefined) {
      return items.oneOf.flatMap((variant) => {
        const type = String(variant.properties?.["type"]?.const);
        return rowsBelow(variant, `${key}[${type}]`, []);
      });
    }
    const item = items.properties === undefined ? [rowOf(`${key}[]`, items, true)] : [];
    return [...item, ...rowsBelow(items, `${key}[]`, [])];
  }
  const rest = schema.additionalProperties;
  if (typeof rest === "object" && Object.keys(rest).length > 0) return [rowOf(`${key}.<name>`, rest, true)];
  return rowsBelow(schema, key, []);
}

function rowOf(key: string, schema: JsonSchema, required: boolean): KeyRow {
  const path = [key.slice(key.lastIndexOf(".") + 1)];
  const unit = schema.enum === undefined ? "" : unitOf(path);
  return {
    key,
    values: `${expectedBy(schema, path)}${unit}`,
    fallback: fallbackOf(key, schema, required),
    meaning: schema.description ?? "",
  };
}

function fallbackOf(key: string, schema: JsonSchema, required: boolean): string {
  if (schema.default !== undefined && !isEmptyMapping(schema.default)) {
    return `\`${typeof schema.default === "string" ? schema.default : JSON.stringify(schema.default)}\``;
  }
  if (key.endsWith("[]") || key.endsWith(".<name>")) return "";
  if (required) return "required";
  const shared =
    /^channels\[\]\.(format|lead|preroll|encode|slate|holdMs|holdOnShortMs|onShort|stallTimeoutMs|historyMs|directBuffers|aspect|languages)\b/;
  return shared.test(key) ? "as in `defaults`" : "";
}

const isEmptyMapping = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
