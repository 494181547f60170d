import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { editorJsonSchema } from "../src/config/editor-schema.js";
import { keyRows, keyTable } from "./key-rows.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const page = `${root}docs/contracts/config.md`;
const begin = "<!-- keys: written by `vitest run packages/engine -u` -->";
const end = "<!-- /keys -->";

describe("config documents", () => {
  test("config/json-schema-file-is-that-of-the-schema", async () => {
    const text = `${JSON.stringify(editorJsonSchema(), null, 2)}\n`;
    await expect(text).toMatchFileSnapshot(`${root}packages/engine/playout.schema.json`);
  });

  test("config/every-key-stands-in-the-contract-with-its-range-and-default", async () => {
    const text = readFileSync(page, "utf8");
    const [before, rest = ""] = text.split(begin);
    const after = rest.split(end)[1];
    expect(after, "both markers stand in the page").toBeDefined();
    const written = `${before}${begin}\n${keyTable(keyRows())}\n${end}${after}`;
    await expect(written).toMatchFileSnapshot(page);
  });

  test("config/every-key-has-a-meaning", () => {
    const silent = keyRows().filter((row) => row.meaning === "" && !/(\[\]|<name>)$/.test(row.key));
    expect(silent.map((row) => row.key)).toEqual([]);
  });
});
