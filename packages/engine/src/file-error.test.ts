import { expect, test } from "vitest";
import { exitCodeFor } from "./cli/exit-codes.js";
import { fileError } from "./file-error.js";

test.each([
  ["EACCES", "PermissionDenied", 77],
  ["EPERM", "PermissionDenied", 77],
  ["EROFS", "PermissionDenied", 77],
  ["ENOENT", "InvalidArgument", 2],
  ["ENOTDIR", "InvalidArgument", 2],
  ["EISDIR", "InvalidArgument", 2],
  ["ENOSPC", "Unavailable", 69],
  ["EIO", "Unavailable", 69],
] as const)("cli/a-file-that-fails-by-%s-is-%s", (errno, code, exit) => {
  const cause = Object.assign(new Error(errno), { code: errno });
  const error = fileError("/srv/x.png", "written", cause, "Name another.");
  expect(error).toMatchObject({
    code,
    what: `/srv/x.png cannot be written (${errno}).`,
    remedy: "Name another.",
    details: { path: "/srv/x.png" },
    cause,
  });
  expect(exitCodeFor(error)).toBe(exit);
});

test("cli/what-is-no-failure-of-a-file-stays-what-it-is", () => {
  const fault = new TypeError("x is not a function");
  expect(() => fileError("/srv/x.png", "read", fault, "")).toThrow(fault);
});
