import { readFileSync } from "node:fs";
import { loadNative } from "../src/native.js";

/** One field of a structure of the wire. */
export interface WireField {
  readonly structure: string;
  readonly name: string;
  readonly type: string;
  readonly meaning: string;
}

const headerPath = new URL("../include/retrovue/frame_bus.h", import.meta.url);

/** The fields of all structures of the header, in order; reserved bytes and padding left out. */
export function headerFields(): readonly WireField[] {
  const header = readFileSync(headerPath, "utf8");
  const fields: WireField[] = [];
  for (const [, structure = "", body = ""] of header.matchAll(
    /typedef struct (rvfb_\w+) \{([\s\S]*?)\} \1;/g,
  )) {
    const declarations = body.matchAll(/(\w+)\s+(\w+)(?:\[[^\]]+\])?;[ \t]*(?:\/\*([\s\S]*?)\*\/)?/g);
    for (const [, type = "", name = "", comment = ""] of declarations) {
      if (/^(reserved|pad)/.test(name)) continue;
      fields.push({
        structure,
        name,
        type: type.replace(/_t$/, ""),
        meaning: comment.replace(/\s+/g, " ").trim(),
      });
    }
  }
  return fields;
}

/** The byte tables of docs/contracts/frame-bus.md: names and meanings from the header, numbers from the compiler. */
export function byteTables(): string {
  const offsets = loadNative().offsets();
  const lines: string[] = [];
  let structure = "";
  for (const field of headerFields()) {
    if (field.structure !== structure) {
      structure = field.structure;
      lines.push("", `### \`${structure}\`, ${offsets[structure]?.[1]} bytes`, "");
      lines.push("| offset | bytes | field | type | meaning |", "|---|---|---|---|---|");
    }
    const [offset, bytes] = offsets[`${structure}.${field.name}`] ?? ["?", "?"];
    lines.push(`| ${offset} | ${bytes} | \`${field.name}\` | ${field.type} | ${field.meaning} |`);
  }
  return `${lines.join("\n").trim()}\n`;
}
