import { readFileSync, writeFileSync } from "node:fs";
import { standInReasons } from "@retrovue/core";
import { expect, test } from "vitest";
import { loadNative } from "../src/native.js";
import {
  formatAt,
  headerAt,
  mappingAt,
  scratchAt,
  slotAt,
  submissionAt,
  submissionTextAt,
} from "../src/wire/offsets.js";
import { byteTables, headerFields } from "./byte-tables.js";

const pagePath = new URL("../../../docs/contracts/frame-bus.md", import.meta.url);
const marks = /(<!-- byte tables -->\n)([\s\S]*)(<!-- end of byte tables -->)/;

/** `planeStride` as the header has it: `plane_stride`. */
const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

test("wire/page-has-the-byte-tables-of-the-header", () => {
  const page = readFileSync(pagePath, "utf8");
  if (process.env["RETROVUE_WRITE_TABLES"] === "1") {
    writeFileSync(
      pagePath,
      page.replace(marks, (_, begin, __, end) => `${begin}\n${byteTables()}\n${end}`),
    );
  }
  expect(marks.exec(readFileSync(pagePath, "utf8"))?.[2]?.trim()).toBe(byteTables().trim());
});

test("wire/addon-tells-every-field-of-the-header", () => {
  const told = loadNative().offsets();
  const missing = headerFields().filter((field) => !(`${field.structure}.${field.name}` in told));
  expect(missing).toEqual([]);
  expect(headerFields().filter((field) => field.meaning === "")).toEqual([]);
});

test("wire/typescript-has-the-compilers-offsets", () => {
  const told = loadNative().offsets();
  const tables: readonly (readonly [string, Readonly<Record<string, number>>])[] = [
    ["rvfb_header", headerAt],
    ["rvfb_format", formatAt],
    ["rvfb_slot", slotAt],
    ["rvfb_mapping", mappingAt],
    ["rvfb_submission_head", submissionAt],
    ["rvfb_submission", submissionTextAt],
  ];
  for (const [structure, table] of tables) {
    for (const [name, offset] of Object.entries(table)) {
      expect(told[`${structure}.${snake(name)}`]?.[0], `${structure}.${name}`).toBe(offset);
    }
  }
  expect(scratchAt.ancillary).toBe(told["rvfb_slot"]?.[1]);
  expect(scratchAt.mapping).toBe(scratchAt.ancillary + (told["rvfb_submission.ancillary"]?.[1] ?? 0));
});

test("wire/reasons-have-the-headers-numbers", () => {
  const header = readFileSync(new URL("../include/retrovue/frame_bus.h", import.meta.url), "utf8");
  for (const [word, number] of Object.entries(standInReasons)) {
    expect(header).toContain(`RVFB_REASON_${snake(word).toUpperCase()} = ${number},`);
  }
});
