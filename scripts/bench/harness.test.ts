import { expect, test } from "vitest";
import type { Bench } from "./bench.ts";
import { asBenchFile } from "./bench-files.ts";
import { measure, spreadOf } from "./harness.ts";
import { figure, jsonLine, progressLine, table } from "./print.ts";

/** A bench that gives these figures in turn, and writes down who was asked. */
function scripted(ours: number[], peer: number[], more: Partial<Bench> = {}) {
  const asked: string[] = [];
  const from = (name: string, figures: number[]) => () => {
    asked.push(name);
    return figures.shift() ?? Number.NaN;
  };
  const sides = { ours: from("ours", ours), peer: from("peer", peer) };
  const bench = {
    bench: "a-bench",
    unit: "ns",
    peerName: "scan",
    lowerIsBetter: true,
    pairs: 3,
    ...sides,
    ...more,
  };
  return { bench, asked };
}

test("bench/the-warm-up-is-not-counted-and-sides-take-turns", async () => {
  const { bench, asked } = scripted([900, 10, 20, 30], [900, 20, 20, 15]);
  const result = await measure(bench);
  expect(asked).toEqual(["ours", "peer", "peer", "ours", "ours", "peer", "peer", "ours"]);
  expect(result.ours).toEqual({ median: 20, min: 10, max: 30 });
  expect(result.peer).toEqual({ median: 20, min: 15, max: 20 });
});

test("bench/a-ratio-above-one-means-ours-is-better", async () => {
  const time = scripted([1, 10, 10, 10], [1, 20, 30, 10], { lowerIsBetter: true });
  expect((await measure(time.bench)).ratio).toEqual({ median: 2, min: 1, max: 3 });
  const rate = scripted([1, 10, 10, 10], [1, 20, 20, 20], { lowerIsBetter: false });
  expect((await measure(rate.bench)).ratio.median).toBe(0.5);
});

test("bench/a-figure-that-is-no-measurement-is-refused-and-the-bench-closed", async () => {
  let closed = 0;
  const { bench } = scripted([0], [1], { close: () => void closed++ });
  await expect(measure(bench)).rejects.toThrow("a-bench measured 0");
  expect(closed).toBe(1);
});

test("bench/the-median-of-an-even-number-lies-between", () => {
  expect(spreadOf([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
  expect(() => spreadOf([])).toThrow(RangeError);
});

test("bench/a-json-line-has-the-agreed-fields", async () => {
  const { bench } = scripted([1, 10, 10, 10], [1, 20, 20, 20]);
  const line: unknown = JSON.parse(jsonLine(await measure(bench)));
  expect(line).toEqual({
    bench: "a-bench",
    ours: 10,
    peer: 20,
    unit: "ns",
    ratio: 2,
    peerName: "scan",
    ratioMin: 2,
    ratioMax: 2,
  });
});

test("bench/the-table-names-the-peer-and-the-target", async () => {
  const { bench } = scripted([1, 10, 10, 10], [1, 20, 20, 20], { target: "1 µs" });
  const [heading, row] = table([await measure(bench)]).split("\n");
  expect(heading).toMatch(/^bench +ours +peer +unit +ratio +against +target$/);
  expect(row).toMatch(/^a-bench +10 \(10–10\) +20 \(20–20\) +ns +2 \(2–2\) +scan +1 µs$/);
  const line = progressLine(await measure(scripted([1, 10, 10, 10], [1, 20, 20, 20]).bench), 2, 5);
  expect(line).toBe("2/5 a-bench: 10 against 20 ns, ratio 2");
  expect([0.012345, 1.2345, 12345.6].map(figure)).toEqual(["0.0123", "1.23", "12346"]);
});

test("bench/a-bench-file-of-an-unknown-part-or-name-is-refused", () => {
  const { bench } = scripted([], []);
  expect(asBenchFile({ part: "core", benches: [bench] }, "a.bench.ts").part).toBe("core");
  expect(() => asBenchFile({ part: "cores", benches: [] }, "a.bench.ts")).toThrow(
    "a.bench.ts: export const part",
  );
  expect(() => asBenchFile({ part: "core", benches: [{ ...bench, bench: "aBench" }] }, "a")).toThrow(
    "kebab-case",
  );
});
