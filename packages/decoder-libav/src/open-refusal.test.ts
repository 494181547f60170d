import { expect, test } from "vitest";
import { refusalOf } from "./open-refusal.js";

const codeFor = (code: string): string => refusalOf("/a.mp4", Object.assign(new Error(code), { code })).code;

test("opening/what-the-system-refuses-is-told-apart", () => {
  expect(["ENOENT", "ENOTDIR", "ELOOP", "EIO", "ESTALE"].map(codeFor)).toEqual(
    Array(5).fill("MediaNotFound"),
  );
  expect(["EACCES", "EPERM"].map(codeFor)).toEqual(["MediaForbidden", "MediaForbidden"]);
  expect(["EMFILE", "ENFILE", "ENOMEM"].map(codeFor)).toEqual(Array(3).fill("LimitExceeded"));
  expect(refusalOf("/a.mp4", "thrown").code).toBe("MediaNotFound");
});
