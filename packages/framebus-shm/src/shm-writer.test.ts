import { expect, test } from "vitest";
import type { NativeWriter } from "./native.js";
import { ShmWriter } from "./shm-writer.js";

test("bus/a-lane-whose-bus-makes-no-sense-is-given-back", async () => {
  let closed = 0;
  const senseless: Pick<NativeWriter, "header" | "close"> = {
    header: () => new ArrayBuffer(4096),
    close: () => void closed++,
  };
  await expect(ShmWriter.open(async () => senseless as NativeWriter)).rejects.toThrow();
  expect(closed).toBe(1);
});
