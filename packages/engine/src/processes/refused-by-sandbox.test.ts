import { PlayoutError } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { environmentOf } from "./process-environment.js";
import { namedRefusal } from "./refused-by-sandbox.js";

const systemError = (code: string, syscall: string, path?: string) =>
  Object.assign(new Error(`${code}: ${syscall}`), { code, syscall, ...(path !== undefined && { path }) });

describe("processes/refused-by-sandbox", () => {
  test("processes/a-refused-call-is-named-with-its-file-and-a-remedy", () => {
    expect(namedRefusal(systemError("EACCES", "open", "/etc/passwd"), "weather")).toMatchObject({
      code: "PermissionDenied",
      what: "weather was refused open /etc/passwd (EACCES).",
      details: { syscall: "open", path: "/etc/passwd" },
    });
    expect(namedRefusal(systemError("EPERM", "connect"), "weather")).toMatchObject({
      what: "weather was refused connect (EPERM).",
    });
  });

  test("processes/what-was-not-refused-stays-as-it-is", () => {
    for (const thrown of [
      systemError("ENOENT", "open", "/x"),
      new PlayoutError("MediaCorrupt", "Broken."),
      new TypeError("boom"),
      "text",
      undefined,
    ]) {
      expect(namedRefusal(thrown, "weather")).toBe(thrown);
    }
  });
});

describe("processes/process-environment", () => {
  test("processes/tokens-stay-with-the-engine", () => {
    const all = {
      PATH: "/usr/bin",
      LC_ALL: "C",
      CUDA_VISIBLE_DEVICES: "0",
      PLAYOUT_TOKEN: "secret",
      AWS_SECRET_ACCESS_KEY: "secret",
      RETROVUE_SANDBOX_FOLDERS: "1:2",
      LD_LIBRARY_PATH: undefined,
    };
    expect(environmentOf(all, [])).toEqual({ PATH: "/usr/bin", LC_ALL: "C", CUDA_VISIBLE_DEVICES: "0" });
    expect(environmentOf(all, ["PLAYOUT_TOKEN"])).toHaveProperty("PLAYOUT_TOKEN", "secret");
  });
});
