import { PlayoutError } from "@retrovue/core";
import { expect, test } from "vitest";
import plugin from "./index.js";
import { parseOptions } from "./options.js";

test("options/have-defaults", () => {
  expect(parseOptions(undefined)).toEqual({ prefix: "retrovue", directory: "/dev/shm" });
  expect(parseOptions({ prefix: "house-2", directory: "/run/bus/" })).toEqual({
    prefix: "house-2",
    directory: "/run/bus",
  });
});

test("options/wrong-ones-are-named", () => {
  const wrong: readonly (readonly [string, unknown])[] = [
    ["prefix", { prefix: "../x" }],
    ["prefix", { prefix: "" }],
    ["prefix", { prefix: 7 }],
    ["directory", { directory: "shm" }],
    ["directory", { directory: "/a\0b" }],
    ["size", { size: 1 }],
    ["options", []],
  ];
  for (const [field, options] of wrong) {
    let thrown: unknown;
    try {
      parseOptions(options);
    } catch (error) {
      thrown = error;
    }
    expect(
      PlayoutError.is(thrown, "InvalidArgument") && thrown.details["field"],
      JSON.stringify(options),
    ).toBe(field);
  }
});

test("options/plugin-provides-the-frame-bus", () => {
  expect(plugin.name).toBe("@retrovue/framebus-shm");
  expect(Object.keys(plugin.provides)).toEqual(["frameBus"]);
});
