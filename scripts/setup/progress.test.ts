import { expect, test } from "vitest";
import { Progress } from "./progress.mjs";

const terminal = (isTTY: boolean) => {
  const written: string[] = [];
  return { written, stream: { isTTY, write: (text: string) => written.push(text) } };
};

test("setup/progress-is-shown-on-a-terminal-only", async () => {
  const pipe = terminal(false);
  expect(await new Progress(pipe.stream).step("packages", async () => 7)).toBe(7);
  expect(pipe.written).toEqual([]);
  const screen = terminal(true);
  expect(await new Progress(screen.stream).step("packages", async () => 7)).toBe(7);
  expect(screen.written).toEqual(["\r\x1b[K· packages … 0 s", "\r\x1b[K", "✓ packages\n"]);
});

test("setup/a-failing-step-is-marked-and-its-error-goes-on", async () => {
  const screen = terminal(true);
  const step = new Progress(screen.stream).step("packages", () => Promise.reject(new Error("no network")));
  await expect(step).rejects.toThrow("no network");
  expect(screen.written.at(-1)).toBe("✗ packages\n");
});
