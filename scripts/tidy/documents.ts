import { posix } from "node:path";
import { type Fault, type FileMap, filesMatching, lineAt } from "./file-map.ts";
import { codeWords, tableRows } from "./markdown-table.ts";
import { blanked } from "./source-text.ts";

/** One error code as the code has it. */
export interface ErrorCodeText {
  readonly name: string;
  readonly status: string;
  readonly retryable: boolean;
  readonly meaning: string;
}

/** One metric as the code has it. */
export interface MetricText {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  readonly help: string;
}

/** Compares what a document says, row by row, with what the code has. */
function tableFaults(
  path: string,
  said: ReadonlyMap<string, { line: number; text: string }>,
  coded: ReadonlyMap<string, string>,
) {
  const faults: Fault[] = [];
  for (const [name, text] of coded) {
    const row = said.get(name);
    if (row === undefined) faults.push({ path, message: `${name} is missing; add: ${text}` });
    else if (row.text !== text) {
      faults.push({
        path,
        line: row.line,
        message: `${name} is "${row.text}" here and "${text}" in the code`,
      });
    }
  }
  for (const [name, { line }] of said) {
    if (!coded.has(name)) faults.push({ path, line, message: `${name} is not in the code` });
  }
  return faults;
}

/** docs/errors.md against the closed list of codes. */
export function errorTableFaults(files: FileMap, codes: readonly ErrorCodeText[]): Fault[] {
  const path = "docs/errors.md";
  const said = new Map(
    tableRows(files.get(path) ?? "", "code").map(({ cells, line }) => [
      codeWords(cells["code"] ?? "")[0] ?? "",
      { line, text: `${cells["status"]}, ${cells["retry"]}, ${cells["meaning"]}` },
    ]),
  );
  const coded = new Map(
    codes.map((it) => [it.name, `${it.status}, ${it.retryable ? "yes" : "no"}, ${it.meaning}`]),
  );
  return tableFaults(path, said, coded);
}

/** docs/contracts/metrics.md against the table of metrics. */
export function metricTableFaults(files: FileMap, metrics: readonly MetricText[]): Fault[] {
  const path = "docs/contracts/metrics.md";
  const said = new Map(
    tableRows(files.get(path) ?? "", "metric").map(({ cells, line }) => [
      codeWords(cells["metric"] ?? "")[0] ?? "",
      { line, text: `${cells["type"]}, ${codeWords(cells["labels"] ?? "").join(" ")}, ${cells["meaning"]}` },
    ]),
  );
  const coded = new Map(metrics.map((it) => [it.name, `${it.type}, ${it.labels.join(" ")}, ${it.help}`]));
  return tableFaults(path, said, coded);
}

/** The number of field lessons; each has its row for good. */
const lessonCount = 52;
/** The first argument of a call, where it is a string; `test.each(…)` puts its own call before. */
const firstString = /\(\s*(["'`])([^"'`\n]+)\1/dg;
const promise = /^[a-z][\w-]*\/[\w-]+/;

/** Names of all tests that are written as literals: strings in promise form (`area/what-holds`) that a call begins with. */
export const testNames = (files: FileMap): string[] =>
  filesMatching(files, /\.test\.ts$/).flatMap(([, text]) =>
    [...blanked(text, "comments and strings").matchAll(firstString)]
      .map((match) => text.slice(...(match.indices?.[2] ?? [0, 0])))
      .filter((name) => promise.test(name)),
  );

/**
 * docs/lessons.md: every lesson once; one that is marked as borne (its cell names `lesson/NN`) has a test of that name, and
 * one that has a test is marked.
 */
export function lessonFaults(files: FileMap): Fault[] {
  const path = "docs/lessons.md";
  const faults: Fault[] = [];
  const names = testNames(files);
  const rows = new Map(tableRows(files.get(path) ?? "", "no.").map((row) => [Number(row.cells["no."]), row]));
  for (let lesson = 1; lesson <= lessonCount; lesson++) {
    const row = rows.get(lesson);
    if (row === undefined) {
      faults.push({ path, message: `lesson ${lesson} is missing` });
      continue;
    }
    const prefix = `lesson/${String(lesson).padStart(2, "0")}`;
    const tests = names.filter((name) => name.startsWith(`${prefix}-`));
    const marked = codeWords(row.cells["borne by"] ?? "").filter((word) => word.startsWith("lesson/"));
    for (const word of marked) {
      if (!word.startsWith(prefix))
        faults.push({ path, line: row.line, message: `${word} is not lesson ${lesson}` });
      else if (!tests.some((name) => name === word || name.startsWith(`${word}-`))) {
        faults.push({ path, line: row.line, message: `no test is named ${word}` });
      }
    }
    if (marked.length === 0 && tests.length > 0) {
      faults.push({ path, line: row.line, message: `${tests[0]} bears this lesson; name it here` });
    }
  }
  return faults;
}

/** A heading's anchor, as code hosts make it. */
export const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[`*]/g, "")
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replace(/\s/g, "-");

const withoutCode = (text: string) =>
  text
    .replace(/^```[\s\S]*?^```/gm, (block) => block.replace(/[^\n]/g, " "))
    .replace(/`[^`\n]*`/g, (it) => " ".repeat(it.length));

/** Links between documents: the file exists, and the heading where one is named. */
export function linkFaults(files: FileMap): Fault[] {
  const faults: Fault[] = [];
  const folders = new Set(
    [...files.keys()].flatMap((path) => path.split("/").map((_, n, parts) => parts.slice(0, n).join("/"))),
  );
  for (const [path, text] of filesMatching(files, /\.md$/)) {
    const plain = withoutCode(text);
    for (const match of plain.matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]:\s*(\S+)/gm)) {
      const link = match[1] ?? match[2] ?? "";
      if (/^[a-z]+:/.test(link)) continue;
      const [target = "", anchor] = link.split("#");
      const full =
        target === "" ? path : posix.normalize(posix.join(posix.dirname(path), target)).replace(/\/$/, "");
      const line = lineAt(plain, match.index);
      const content = files.get(full);
      if (content === undefined && !folders.has(full)) {
        faults.push({ path, line, message: `"${link}" leads nowhere` });
      } else if (anchor !== undefined && content !== undefined) {
        const anchors = [...content.matchAll(/^#+\s+(.+)$/gm)].map((heading) => anchorOf(heading[1] ?? ""));
        if (!anchors.includes(anchor))
          faults.push({ path, line, message: `${full} has no heading for #${anchor}` });
      }
    }
  }
  return faults;
}

/** A quotation in a document: the comment that names its source, then the fenced block itself. */
const quotation = /<!-- from: (\S+) -->\n+```\w*\n([\s\S]*?)```/g;

/**
 * Code in documents that names where it is from must stand there, to the letter: a guide whose code has moved on teaches
 * what does not work. A block may be a part of the file, on whole lines.
 */
export function quotationFaults(files: FileMap): Fault[] {
  const faults: Fault[] = [];
  for (const [path, text] of filesMatching(files, /\.md$/)) {
    for (const match of text.matchAll(quotation)) {
      const [, source = "", code = ""] = match;
      const found = files.get(source);
      const line = lineAt(text, match.index);
      if (found === undefined) faults.push({ path, line, message: `${source} does not exist` });
      else if (!`\n${found}`.includes(`\n${code}`)) {
        faults.push({ path, line, message: `this is not what ${source} says; copy it anew` });
      }
    }
  }
  return faults;
}
