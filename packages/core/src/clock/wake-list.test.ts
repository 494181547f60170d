import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { WakeList } from "./wake-list.js";

const turn = () => new Promise((done) => setImmediate(done));

test("clock/a-wait-ends-by-the-next-wake-its-signal-or-what-is-its-own-and-leaves-nothing", async () => {
  const list = new WakeList();
  const stops = [0, 1, 2].map(() => new AbortController());
  const ended: number[] = [];
  let endThird = () => {};
  const waits = stops.map(({ signal }, n) =>
    list.next(signal, n === 2 ? (end) => (endThird = end) : undefined).then(() => ended.push(n)),
  );
  await turn();
  expect(ended).toEqual([]);
  endThird();
  await turn();
  expect(ended).toEqual([2]);
  stops[1]!.abort();
  await turn();
  expect(ended).toEqual([2, 1]);
  list.wake();
  await Promise.all(waits);
  expect(ended).toEqual([2, 1, 0]);
  for (const { signal } of stops) expect(getEventListeners(signal, "abort")).toEqual([]);

  // One who comes after a wake waits for the next; one whose signal has aborted does not wait.
  const late = list.next(stops[0]!.signal).then(() => ended.push(3));
  await list.next(stops[1]!.signal);
  await turn();
  expect(ended).toEqual([2, 1, 0]);
  list.wake();
  await late;
});
