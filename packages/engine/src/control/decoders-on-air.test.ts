import type { Tick } from "@retrovue/core";
import { expect, test } from "vitest";
import { DecodersOnAir } from "./decoders-on-air.js";

const tick = (n: number) => n as Tick;

test("control/whose-pictures-air-is-known-by-tick", () => {
  const onAir = new DecodersOnAir();
  expect(onAir.at(tick(5))).toBeUndefined();
  onAir.began(tick(10), 0);
  onAir.began(tick(30), undefined);
  onAir.began(tick(40), 1);
  expect([9, 10, 29, 30, 39, 40, 99].map((n) => onAir.at(tick(n)))).toEqual([
    undefined,
    0,
    0,
    undefined,
    undefined,
    1,
    1,
  ]);
  // A lost worker's ticks that never aired are told anew.
  onAir.began(tick(35), 0);
  expect([34, 35, 99].map((n) => onAir.at(tick(n)))).toEqual([undefined, 0, 0]);
});

test("control/what-is-remembered-of-decoders-is-bounded", () => {
  const onAir = new DecodersOnAir();
  for (let n = 0; n < 1_000; n++) onAir.began(tick(n), n % 2);
  expect(onAir.at(tick(999))).toBe(1);
  expect(onAir.at(tick(900))).toBeUndefined();
});
