import { expect, test } from "vitest";
import { refusalOf } from "./open-refusal.js";

const codeFor = (code: string): string => refusalOf("/a.mp4", Object.assign(new Error(code), { code })).code;

test("opening/what-the-system-refuses-is-told-apart", () => {
  expect(["ENOENT", "ENOTDIR", "ELOOP", "EIO", "ESTALE"].map(codeFor)).toEqual(
    Array(5).fill("MediaNotFound"),
  );
  expect(["EACCES", "EPERM"].map(codeFor)).toEqual(["MediaForbidden", "MediaForbidden"]);
  expect(["EMFILE", "ENFILE", "ENOMEM"].map(codeFor)).toEqual(Array(3).fill("LimitExceeded"));
  const { code, details } = refusalOf("/a.mp4", "thrown");
  expect([code, details]).toEqual(["MediaNotFound", { uri: "/a.mp4" }]);
});

test("opening/a-limit-is-told-with-its-own-remedy", () => {
  const remedyFor = (code: string) => refusalOf("/a.mp4", Object.assign(new Error(code), { code })).remedy;
  expect(remedyFor("EMFILE")).toMatch(/open files/);
  expect(remedyFor("ENFILE")).toMatch(/open files/);
  expect(remedyFor("ENOMEM")).toMatch(/more memory/);
});
