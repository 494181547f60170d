import { describe, expect, test } from "vitest";
import { mutants } from "../src/mutants/index.js";
import { sim } from "./built-sim.js";
import { patienceMs } from "./ci-share.js";

describe("pnpm sim", () => {
  test("sim/one-thread-and-many-see-the-same", { timeout: patienceMs }, async () => {
    const args = ["--seeds", "4", "--minutes", "0.5", "--json"];
    const [one, many] = [await sim(...args, "--jobs", "1"), await sim(...args, "--jobs", "3")];
    const withoutTime = (text: string) => ({ ...JSON.parse(text), elapsedMs: 0, ticksPerSecond: 0 });
    expect(withoutTime(one.out)).toEqual(withoutTime(many.out));
    expect(one.code).toBe(0);
    expect(JSON.parse(one.out)).toMatchObject({ seeds: 4, broken: [] });
  });

  test("sim/the-report-tells-what-was-met", { timeout: patienceMs }, async () => {
    const { code, out, err } = await sim("--seeds", "2", "--minutes", "0.2");
    expect(code).toBe(0);
    expect(err).toBe("");
    for (const word of ["seeds", "ticks", "seams", "samples", "stand-ins", "met", "took", "fingerprint"]) {
      expect(out).toMatch(new RegExp(`^${word} `, "m"));
    }
    expect(out).toContain("No promise was broken.");
  });

  test("sim/a-broken-promise-prints-the-line-that-replays-it", { timeout: patienceMs }, async () => {
    const failed = await sim("--mutant", "lost-sample", "--seeds", "1", "--minutes", "0.5");
    expect(failed.code).toBe(1);
    const [, broken, line] =
      /^seed 1: (\S+ at tick #\d+ \(\d+\))\n.+\n {2}pnpm sim (.+)$/m.exec(failed.out) ?? [];
    const replayed = await sim(...(line ?? "").split(" "));
    expect(replayed.code).toBe(1);
    expect(replayed.out).toContain(`Broken: ${broken}`);
    expect(line).toBe("--seed 1 --minutes 0.5 --mutant lost-sample --trace");
  });

  test("sim/a-story-tells-the-cast-the-acts-and-what-aired", { timeout: patienceMs }, async () => {
    const { code, out } = await sim("--seed", "3", "--minutes", "0.3", "--trace", "--ticks", "10..12");
    expect(code).toBe(0);
    expect(out).toContain("Not as it should be:\n  test://sim/");
    expect(out).toMatch(/^ +0:\d\d\.\d{3} {4}#0\.\.#\d+ +\S/m);
    expect(out).toContain("* channel stopped -> buffering");
    expect(out.match(/^ +\| #1[012] .+ ms ahead$/gm)).toHaveLength(3);
  });

  test("sim/all-mutants-are-listed", { timeout: patienceMs }, async () => {
    const { out } = await sim("--list-mutants");
    expect(
      out
        .trim()
        .split("\n")
        .map((line) => line.split(" ")[0]),
    ).toEqual(mutants.map(({ name }) => name));
  });

  test("sim/wrong-use-is-told", { timeout: patienceMs }, async () => {
    for (const args of [
      ["--seeds", "none"],
      ["--mutant", "nobody"],
      ["--trace"],
      ["--ticks", "3.."],
      ["seven"],
    ]) {
      const { code, err } = await sim(...args);
      expect({ args, code }).toEqual({ args, code: 2 });
      expect(err).toMatch(/^error: /);
    }
  });

  test("sim/steady-state-of-the-tick-loop-allocates-nothing-that-grows", {
    timeout: patienceMs,
  }, async () => {
    const { code, out } = await sim("--heap", "--ticks", "200000", "--json");
    const report = JSON.parse(out);
    expect(report).toMatchObject({ isFlat: true });
    expect(report.samples.length).toBeGreaterThan(10);
    expect(code).toBe(0);
  });
});
