/** A row of a table in a Markdown document: its cells by heading, and the line that it stands on. */
export interface TableRow {
  readonly cells: Readonly<Record<string, string>>;
  readonly line: number;
}

/** Cells of a line; `\|` is a bar within a cell. */
const cellsOf = (line: string) =>
  line
    .trim()
    .replace(/^\||\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll("\\|", "|"));

/** Rows of every table in `text` whose first heading is `heading`. */
export function tableRows(text: string, heading: string): TableRow[] {
  const rows: TableRow[] = [];
  let headings: string[] | undefined;
  text.split("\n").forEach((line, index) => {
    if (!line.trimStart().startsWith("|")) {
      headings = undefined;
      return;
    }
    const cells = cellsOf(line);
    if (headings === undefined) headings = cells;
    else if (!cells.every((cell) => /^:?-+:?$/.test(cell)) && headings[0] === heading) {
      const byHeading = Object.fromEntries(headings.map((name, column) => [name, cells[column] ?? ""]));
      rows.push({ cells: byHeading, line: index + 1 });
    }
  });
  return rows;
}

/** What stands in backticks in a cell. */
export const codeWords = (cell: string): string[] =>
  [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "");
