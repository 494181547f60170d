import type { ReaderEntry, Tick } from "@retrovue/core";
import type { NativeReaderRow } from "./native.js";

/** Longest name that is shown (the port's own bound). */
const nameCharsMax = 32;
const text = new TextDecoder();

/** Rows of the readers table as entries. Any process of the group may have written them: nothing is believed. */
export const readerEntries = (rows: readonly NativeReaderRow[]): readonly ReaderEntry[] =>
  rows.map((row) => ({
    name: text
      .decode(row.name)
      .replace(/\p{Cc}/gu, "")
      .slice(0, nameCharsMax),
    pid: row.pid,
    cursor: row.cursor as Tick,
    overruns: row.overruns,
  }));
