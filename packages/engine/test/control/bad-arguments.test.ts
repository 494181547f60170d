import { describe, expect, test } from "vitest";
import { runProgram } from "../../src/cli/program.js";
import { recordedTerminal } from "../recorded-terminal.js";

const wrong: readonly (readonly string[])[] = [
  ["ctl", "nonsense"],
  ["ctl", "start"],
  ["ctl", "start", "x", "plan"],
  ["ctl", "start", "1"],
  ["ctl", "start", "1", "plan", "another"],
  ["ctl", "list", "--nope"],
  ["ctl", "list", "extra"],
  ["ctl", "--to", "ftp://host", "list"],
  ["ctl", "switch", "1", "--at", "soon"],
  ["ctl", "preview", "1", "a.mp4", "--from", "-3"],
  ["ctl", "watch", "1", "--count", "few"],
  ["bus"],
  ["bus", "nonsense"],
  ["bus", "ls", "extra"],
  ["bus", "ls", "--nope"],
  ["bus", "stat", "a/1", "b/1"],
  ["bus", "watch", "a/1", "--count", "few"],
  ["bus", "grab", "a/1", "--tick", "-1"],
  ["as-run", "check", "--nope"],
  ["plugins", "nonsense"],
];

describe("cli/wrong arguments", () => {
  test.each(wrong.map((args) => [args.join(" "), args] as const))(
    "cli/wrong-arguments-are-exit-2-and-an-error-in-words: %s",
    async (_name, args) => {
      const { terminal, written } = recordedTerminal();
      expect(await runProgram(args, terminal)).toBe(2);
      expect(written.out).toBe("");
      expect(written.err).toMatch(/^error: /);
    },
  );
});
