import { expect, test } from "vitest";
import { LearntThreads } from "./learnt-threads.js";

test("threads/what-was-learnt-of-an-asset-is-kept-for-its-next-opening", () => {
  const learnt = new LearntThreads();
  expect(learnt.of("/a")).toBe(0);
  learnt.learn("/a", 3);
  learnt.learn("/a", 0);
  expect(learnt.of("/a")).toBe(3);
  learnt.learn("/a", 1);
  expect(learnt.of("/a")).toBe(0);
});

test("threads/only-so-many-assets-are-remembered", () => {
  const learnt = new LearntThreads();
  for (let n = 0; n < 300; n++) learnt.learn(`/${n}`, 2);
  expect([learnt.of("/0"), learnt.of("/43"), learnt.of("/44"), learnt.of("/299")]).toEqual([0, 0, 2, 2]);
});
