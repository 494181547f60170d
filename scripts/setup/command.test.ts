import { expect, test } from "vitest";
import { onPath, runCommand } from "./command.mjs";
import { pinnedVersion } from "./workspace.mjs";

test("setup/a-program-that-fails-or-is-missing-is-a-result", async () => {
  const script = "console.log('out'); console.error('err'); process.exitCode = 3";
  const failed = await runCommand(process.execPath, ["-e", script]);
  expect(failed.code).toBe(3);
  expect(failed.output).toContain("out");
  expect(failed.output).toContain("err");
  expect((await runCommand("no-such-program", [])).code).toBe(127);
  const killed = await runCommand(process.execPath, ["-e", "process.kill(process.pid, 'SIGKILL')"]);
  expect(killed.code).toBe(128);
  expect(killed.output).toContain("SIGKILL");
});

test("setup/a-program-is-looked-for-on-the-path-only", () => {
  expect(onPath("sh")).toBe(true);
  expect(onPath("sh", "")).toBe(false);
});

test("setup/the-pinned-node-is-an-exact-version", () => {
  expect(pinnedVersion("npm:node@24.21.0")).toBe("24.21.0");
  expect(() => pinnedVersion("npm:node@24.x")).toThrow("no exact version");
});
