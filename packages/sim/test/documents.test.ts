import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { rules } from "../src/check/rules.js";
import { mutants } from "../src/mutants/index.js";
import { root } from "./built-sim.js";

const page = readFileSync(`${root}docs/simulation.md`, "utf8");

/** Rows of the table whose first heading is `heading`, cells without their backticks. */
function rowsUnder(heading: string): string[][] {
  const lines = page.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`| ${heading} |`));
  const rows: string[][] = [];
  for (const line of lines.slice(start + 2)) {
    if (start < 0 || !line.startsWith("|")) break;
    rows.push(
      line
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.trim().replaceAll("`", "")),
    );
  }
  return rows;
}

test("sim/every-rule-is-documented", () => {
  expect(rowsUnder("rule")).toEqual(Object.entries(rules).map(([name, promise]) => [name, promise]));
});

test("sim/every-mutant-is-documented", () => {
  expect(rowsUnder("mutant")).toEqual(mutants.map(({ name, breaks, caughtBy }) => [name, breaks, caughtBy]));
});
