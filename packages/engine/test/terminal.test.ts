import { describe, expect, test } from "vitest";
import { runProgram } from "../src/cli/program.js";
import { recordedTerminal } from "./recorded-terminal.js";

const controlSequence = String.fromCharCode(27);

describe("terminal", () => {
  test("terminal/colours-only-where-people-look-and-never-against-their-wish", () => {
    const coloured = (environment: Record<string, string>, isTTY: boolean): boolean => {
      const { terminal, written } = recordedTerminal(environment, isTTY);
      terminal.error("what", "do this");
      terminal.print(terminal.style("green", "right"));
      return written.err.includes(controlSequence) || written.out.includes(controlSequence);
    };
    expect(coloured({}, true)).toBe(true);
    expect(coloured({}, false)).toBe(false);
    expect(coloured({ NO_COLOR: "1" }, true)).toBe(false);
    expect(coloured({ NO_COLOR: "" }, true)).toBe(true);
    expect(coloured({ TERM: "dumb" }, true)).toBe(false);
  });

  test("terminal/a-fault-of-the-program-is-told-without-a-stack-and-ends-with-one", async () => {
    const { terminal, written } = recordedTerminal();
    terminal.print = () => {
      throw new TypeError("broken inside");
    };
    expect(await runProgram(["version"], terminal)).toBe(1);
    expect(written.err).toMatch(/^error: a fault of this program: broken inside\n {2}Please report it .*\n$/);
  });
});
