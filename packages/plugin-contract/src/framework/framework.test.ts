import * as nodeTest from "node:test";
import { PlayoutError } from "@retrovue/core";
import * as vitest from "vitest";
import { describe, expect, test } from "vitest";
import { declareSuite, type TestRunner } from "./declare-suite.js";
import { type KnownFailure, KnownFailures } from "./known-failures.js";
import { type Mutant, rulesWithoutMutant, survivorsOf } from "./mutants.js";
import { defineSuite } from "./rule.js";
import { runSuite } from "./run-suite.js";

interface Counter extends AsyncDisposable {
  add(n: number): number;
}

const suite = defineSuite<Counter>("counter", [
  {
    id: "counter/adds",
    reason: "What is added must be there.",
    check: (counter) => expect(counter.add(2)).toBe(2),
  },
  {
    id: "counter/keeps",
    reason: "What was there must stay.",
    check: (counter) => {
      counter.add(1);
      expect(counter.add(1)).toBe(2);
    },
  },
]);

const counter = (
  step: (sum: number, n: number) => number,
  disposed?: () => void,
): (() => Promise<Counter>) => {
  return async () => {
    let sum = 0;
    return {
      add: (n) => {
        sum = step(sum, n);
        return sum;
      },
      [Symbol.asyncDispose]: async () => disposed?.(),
    };
  };
};
const sound = counter((sum, n) => sum + n);
const forgetful: Mutant<Counter> = {
  name: "forgetful",
  breaks: ["counter/keeps"],
  setUp: counter((_, n) => n),
};

/** A runner that keeps the tests instead of running them. */
function recordingRunner() {
  const tests = new Map<string, (context: { skip(note?: string): void }) => Promise<void>>();
  const runner: TestRunner = { describe: (_, body) => body(), test: (name, body) => tests.set(name, body) };
  return { runner, tests };
}

describe("contract framework", () => {
  test("contract/each-check-gets-a-subject-of-its-own-and-it-is-disposed", async () => {
    let disposed = 0;
    const outcomes = await runSuite(
      suite,
      counter(
        (sum, n) => sum + n,
        () => disposed++,
      ),
    );
    expect(outcomes.map((it) => it.outcome)).toEqual(["kept", "kept"]);
    expect(disposed).toBe(2);
  });

  test("contract/a-check-that-hangs-is-broken", async () => {
    const hangs = defineSuite<Counter>("counter", [
      { id: "counter/ends", reason: "It must.", check: () => new Promise<void>(() => {}) },
    ]);
    const [outcome] = await runSuite(hangs, sound, { hangTimeoutMs: 1 });
    expect(outcome).toMatchObject({ outcome: "broken", error: { code: "Timeout" } });
  });

  test("contract/a-subject-that-cannot-be-made-proves-nothing", async () => {
    const broken = async (): Promise<Counter> => {
      throw new Error("no memory");
    };
    expect((await runSuite(suite, broken))[0]?.outcome).toBe("unusable");
    const mutant = { ...forgetful, setUp: broken };
    expect(await survivorsOf(suite, mutant)).toHaveLength(1);
  });

  test("contract/what-does-not-apply-is-skipped-with-its-reason", async () => {
    const partial = defineSuite<Counter>("counter", [
      { id: "counter/flies", reason: "Some do.", check: () => {}, notApplicable: () => "has no wings" },
    ]);
    const { runner, tests } = recordingRunner();
    declareSuite(partial, sound, { runner });
    const notes: (string | undefined)[] = [];
    await tests.get("counter/flies")?.({ skip: (note) => notes.push(note) });
    expect(notes).toEqual(["has no wings"]);
  });

  test("contract/a-known-failure-is-skipped-until-it-passes-or-expires", async () => {
    const now = Date.parse("2027-03-01T12:00:00Z");
    const known: KnownFailure = { id: "counter/keeps", reason: "being rebuilt", expires: "2027-03-01" };
    const list = new KnownFailures(suite, [known]);
    const broken = { id: known.id, outcome: "broken", error: new Error("is 1") } as const;
    expect(list.judge(broken, now)).toEqual({ result: "skip", note: "known failure: being rebuilt" });
    expect(list.judge(broken, now + 86_400_000).result).toBe("fail");
    expect(list.judge({ id: known.id, outcome: "kept" }, now).result).toBe("fail");
    expect(list.judge({ ...broken, id: "counter/adds" }, now).result).toBe("fail");
  });

  test.each<[string, KnownFailure[]]>([
    ["an unknown id", [{ id: "counter/sings", reason: "cannot" }]],
    ["an id listed twice", [1, 2].map(() => ({ id: "counter/adds", reason: "cannot" }) as const)],
    ["no reason", [{ id: "counter/adds", reason: " " }]],
    ["no date", [{ id: "counter/adds", reason: "cannot", expires: "soon" }]],
  ])("contract/known-failures-with-%s-are-refused", (_, known) => {
    expect(() =>
      declareSuite(suite, sound, { runner: recordingRunner().runner, knownFailures: known }),
    ).toThrow(PlayoutError);
  });

  test("contract/both-runners-that-the-page-names-fit", () => {
    const runners: TestRunner[] = [vitest, nodeTest];
    for (const { describe, test } of runners)
      expect([typeof describe, typeof test]).toEqual(["function", "function"]);
  });

  test("contract/a-broken-rule-fails-the-test-that-bears-its-id", async () => {
    const { runner, tests } = recordingRunner();
    declareSuite(suite, forgetful.setUp, { runner });
    expect([...tests.keys()]).toEqual(["counter/adds", "counter/keeps"]);
    await expect(tests.get("counter/adds")?.({ skip: () => {} })).resolves.toBeUndefined();
    await expect(tests.get("counter/keeps")?.({ skip: () => {} })).rejects.toThrow();
  });

  test("contract/a-mutant-that-passes-is-told", async () => {
    expect(await survivorsOf(suite, forgetful)).toEqual([]);
    const harmless: Mutant<Counter> = { name: "harmless", breaks: ["counter/adds"], setUp: sound };
    expect(await survivorsOf(suite, harmless)).toMatchObject([
      { id: "counter/adds", outcome: { outcome: "kept" } },
    ]);
    expect(rulesWithoutMutant(suite, [forgetful])).toEqual(["counter/adds"]);
  });

  test.each(["adds", "other/adds", "counter/Adds", "counter/"])("contract/%s-is-no-rule-id", (id) => {
    const rule = { id: id as "counter/adds", reason: "why not", check: () => {} };
    expect(() => defineSuite("counter", [rule])).toThrow(PlayoutError);
  });
});
