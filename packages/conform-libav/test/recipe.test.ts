import type { PictureFormat } from "@retrovue/core";
import { expect, test } from "vitest";
import { recipeKey, recipeOf } from "../src/recipe.js";
import { formatOf, programOf } from "./pictures.js";

const program = programOf(320, 180, {});
const hdr = { primaries: "bt2020", transfer: "smpte2084", matrix: "bt2020nc", range: "limited" } as const;
const picture = (change: Partial<PictureFormat>): PictureFormat => ({
  ...formatOf(640, 360, "yuv420p10le", { colour: hdr }),
  ...change,
});
/** What crosses last: where chroma lies, and the brightest light. */
const lastOf = (change: Partial<PictureFormat>) => [
  ...recipeOf(picture(change), program, "preserve", "bicubic").subarray(-2),
];

test("conform/what-a-picture-says-of-its-light-decides-how-it-is-mapped", () => {
  expect(lastOf({})).toEqual([0, 1_000]);
  expect(lastOf({ light: { masteringPeakNits: 4_000 } })).toEqual([0, 4_000]);
  expect(lastOf({ light: { masteringPeakNits: 4_000, contentPeakNits: 1_300 } })).toEqual([0, 1_300]);
  expect(lastOf({ light: { masteringPeakNits: 1_000, contentPeakNits: 4_000 } })).toEqual([0, 1_000]);
  expect(lastOf({ light: { contentPeakNits: 650 } })).toEqual([0, 650]);
});

test("conform/what-a-picture-says-of-its-chroma-is-believed", () => {
  expect(lastOf({ chromaPosition: "left" })[0]).toBe(0);
  expect(lastOf({ chromaPosition: "center" })[0]).toBe(1);
  expect(lastOf({ chromaPosition: "top-left" })[0]).toBe(2);
});

test("conform/pictures-that-differ-in-either-share-no-recipe", () => {
  const keys = [{}, { chromaPosition: "top-left" }, { light: { masteringPeakNits: 4_000 } }] as const;
  expect(new Set(keys.map((change) => recipeKey(picture(change), "preserve"))).size).toBe(3);
});
