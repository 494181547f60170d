import { readFileSync } from "node:fs";
import { errorCodeNames, PlayoutError } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { exitCodeFor, exitCodes } from "./exit-codes.js";

describe("exit codes", () => {
  test("cli/exit-codes-are-those-of-the-document", () => {
    const text = readFileSync(new URL("../../../../docs/cli.md", import.meta.url), "utf8");
    const documented = [...text.matchAll(/^\| (\d+) \| (.+) \|$/gm)].map((row) => [Number(row[1]), row[2]]);
    expect(documented).toEqual(Object.values(exitCodes).map(({ code, meaning }) => [code, meaning]));
  });

  test("cli/exit-codes-are-distinct", () => {
    const codes = Object.values(exitCodes).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
  });

  test("cli/every-error-code-ends-with-a-code-of-the-table-and-never-with-success", () => {
    const known: number[] = Object.values(exitCodes).map(({ code }) => code);
    for (const name of errorCodeNames) {
      const code = exitCodeFor(new PlayoutError(name, "x"));
      expect(known, name).toContain(code);
      expect(code, name).not.toBe(0);
    }
    expect(exitCodeFor(new PlayoutError("InvalidConfig", "x"))).toBe(78);
    expect(exitCodeFor(new PlayoutError("InvalidPlan", "x"))).toBe(65);
    expect(exitCodeFor(new PlayoutError("PortInUse", "x"))).toBe(69);
    expect(exitCodeFor(new PlayoutError("Cancelled", "x"))).toBe(130);
    expect(exitCodeFor(new TypeError("x"))).toBe(1);
  });
});
