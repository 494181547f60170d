import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import * as contract from "../src/index.js";

const page = fileURLToPath(new URL("../../../docs/contracts/plugin-contract.md", import.meta.url));
const heading = "## Rules\n";

/** Every suite that the package exports. */
const suites = Object.entries(contract)
  .filter(([name]) => name.endsWith("Suite") && !["defineSuite", "declareSuite", "runSuite"].includes(name))
  .map(([, value]) => value as contract.Suite<never>)
  .sort((a, b) => (a.name < b.name ? -1 : 1));

const cell = (text: string) => text.replaceAll("|", "\\|");

const tables = suites
  .map(({ name, rules }) => {
    // By id, so that rules may move between files without a word here.
    const rows = rules.map(({ id, reason }) => `| \`${id}\` | ${cell(reason)} |`).sort();
    return [`### ${name}`, "", "| rule | because |", "|---|---|", ...rows, ""].join("\n");
  })
  .join("\n");

test("contract/the-page-lists-every-rule-with-its-reason", async () => {
  expect(suites.map((suite) => suite.name)).toEqual(
    expect.arrayContaining(["bus", "clock", "decoder", "transport"]),
  );
  const text = await readFile(page, "utf8");
  expect(text).toContain(heading);
  const prose = text.slice(0, text.indexOf(heading) + heading.length);
  await expect(`${prose}\n${tables}`).toMatchFileSnapshot(page);
});

test("contract/ids-are-unique-over-all-suites", () => {
  const ids = suites.flatMap((suite) => suite.rules.map((rule) => rule.id));
  expect(new Set(ids).size).toBe(ids.length);
});

test("contract/the-table-would-show-a-missing-rule", () => {
  for (const suite of suites) {
    expect(suite.rules.length).toBeGreaterThan(5);
    for (const { id } of suite.rules) expect(tables).toContain(`| \`${id}\` |`);
  }
});
