import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { root } from "../setup/root.mjs";
import { baselinePath, compareWithBaseline, judge, recordBaseline } from "./contract.js";

const baseline = join(root, baselinePath);
const trees: string[] = [];

afterEach(() => {
  for (const tree of trees.splice(0)) rmSync(tree, { recursive: true, force: true });
});

/** A copy of the contract in a folder of its own, with one file changed. */
function mutant(file: string, change: (text: string) => string): string {
  const tree = mkdtempSync(join(tmpdir(), "retrovue-proto-"));
  trees.push(tree);
  for (const part of ["buf.yaml", "proto"]) cpSync(join(root, part), join(tree, part), { recursive: true });
  const path = join(tree, "proto", "retrovue", file);
  const before = readFileSync(path, "utf8");
  const after = change(before);
  expect(after, "the mutation must have hit something").not.toBe(before);
  writeFileSync(path, after);
  return tree;
}

const replacing = (from: string | RegExp, to: string) => (text: string) => text.replace(from, to);
const verdictOf = (tree: string) => judge(compareWithBaseline(tree, baseline));

const breakingMutations: [what: string, file: string, change: (text: string) => string, rule: string][] = [
  [
    "a field gets another number",
    "playout.proto",
    replacing("string plan_handle = 2;", "string plan_handle = 9;"),
    "FIELD_NO_DELETE",
  ],
  [
    "a field is removed",
    "playout.proto",
    replacing(/\n.*\n {2}string evidence_endpoint = 20;/, ""),
    "FIELD_NO_DELETE",
  ],
  [
    "a field gets another type",
    "playout.proto",
    replacing("int64 start_frame = 3;", "string start_frame = 3;"),
    "FIELD_SAME_TYPE",
  ],
  [
    "a field gets another name",
    "playout_plans.proto",
    replacing("Duration in_point = 5;", "Duration offset = 5;"),
    "FIELD_SAME_NAME",
  ],
  [
    "two fields change places",
    "playout.proto",
    (text) =>
      text
        .replace("string block_id = 1;", "string block_id = @;")
        .replace(
          "int32 channel_id = 2;\n  // When the block begins",
          "int32 channel_id = 1;\n  // When the block begins",
        )
        .replace("= @;", "= 2;"),
    "FIELD_SAME_NAME",
  ],
  [
    "a reserved number is given away",
    "playout.proto",
    replacing("  reserved 7;\n", ""),
    "RESERVED_MESSAGE_NO_DELETE",
  ],
  [
    "an enum's value gets another number",
    "playout.proto",
    replacing("RESULT_CODE_FAILED = 5;", "RESULT_CODE_FAILED = 6;"),
    "ENUM_VALUE_NO_DELETE",
  ],
  [
    "an enum's value is removed",
    "playout_events.proto",
    replacing(/\n.*\n {2}STAND_IN_REASON_SOUND_ONLY = 12;/, ""),
    "ENUM_VALUE_NO_DELETE",
  ],
  [
    "a plan file's word changes",
    "playout_plans.proto",
    replacing("    loop = 1;", "    repeat = 1;"),
    "ENUM_VALUE_SAME_NAME",
  ],
  ["a call is removed", "playout.proto", replacing(/\n.*\n {2}rpc UpdatePlan\(.*/, ""), "RPC_NO_DELETE"],
  [
    "a call answers another message",
    "playout.proto",
    replacing("returns (UpdatePlanResponse)", "returns (StopChannelResponse)"),
    "RPC_SAME_RESPONSE_TYPE",
  ],
  [
    "a stream becomes one answer",
    "playout.proto",
    replacing("returns (stream BlockEvent)", "returns (BlockEvent)"),
    "RPC_SAME_SERVER_STREAMING",
  ],
  [
    "a field leaves its oneof",
    "playout_status.proto",
    replacing(/ {2}oneof source \{([^}]*)\}/, "$1"),
    "FIELD_SAME_ONEOF",
  ],
];

describe("proto/breaking-changes-are-refused", () => {
  test.each(breakingMutations)("%s", (_what, file, change, rule) => {
    const comparison = compareWithBaseline(mutant(file, change), baseline);
    expect(comparison.breaking.join("\n")).toContain(`(${rule})`);
    const verdict = judge(comparison);
    expect(verdict.allowed).toBe(false);
    expect(verdict.message).toContain(`proto/retrovue/${file}`);
  });

  test("unless the major rises", () => {
    const tree = mutant("playout.proto", (text) =>
      text
        .replace("string plan_handle = 2;", "string plan_handle = 9;")
        .replace(/(PLAYOUT_API_VERSION\) = )"[^"]+"/, '$1"2.0.0"'),
    );
    expect(verdictOf(tree)).toMatchObject({ allowed: true });
  });

  test("a higher minor does not excuse them", () => {
    const tree = mutant("playout.proto", (text) =>
      text
        .replace("string plan_handle = 2;", "string plan_handle = 9;")
        .replace(/(PLAYOUT_API_VERSION\) = )"[^"]+"/, '$1"1.9.0"'),
    );
    expect(verdictOf(tree)).toMatchObject({ allowed: false });
  });

  test("nor may they be recorded", () => {
    const tree = mutant("playout.proto", replacing("string plan_handle = 2;", "string plan_handle = 9;"));
    expect(() => recordBaseline(tree)).toThrow(/plan_handle/);
    expect(readFileSync(join(tree, baselinePath)).equals(readFileSync(baseline))).toBe(true);
  });
});

describe("proto/additions-raise-the-minor", () => {
  const addition = replacing(
    "message StopChannelRequest {",
    "message StopChannelRequest {\n  // Why, for the log.\n  string reason = 2;",
  );

  test("an addition in silence is refused and says what to do", () => {
    const verdict = verdictOf(mutant("playout.proto", addition));
    expect(verdict.allowed).toBe(false);
    expect(verdict.message).toContain("Raise the minor");
  });

  test("with a higher minor it passes", () => {
    const tree = mutant("playout.proto", (text) =>
      addition(text).replace(/(PLAYOUT_API_VERSION\) = )"[^"]+"/, '$1"1.999.0"'),
    );
    expect(verdictOf(tree)).toMatchObject({ allowed: true });
  });

  test("the version never falls", () => {
    const tree = mutant("playout.proto", replacing(/(PLAYOUT_API_VERSION\) = )"[^"]+"/, '$1"1.0.0"'));
    expect(verdictOf(tree)).toMatchObject({ allowed: false });
  });

  test("a comment changes nothing", () => {
    const tree = mutant("playout.proto", replacing("// Asks to put a channel on air.", "// Puts it on air."));
    expect(compareWithBaseline(tree, baseline)).toMatchObject({ changed: false, breaking: [] });
  });

  test("an addition may be recorded, after which nothing has changed", () => {
    const tree = mutant("playout.proto", addition);
    recordBaseline(tree);
    expect(compareWithBaseline(tree, join(tree, baselinePath))).toMatchObject({
      changed: false,
      breaking: [],
    });
  });
});

test("proto/this-tree-keeps-the-recorded-contract", () => {
  expect(verdictOf(root)).toMatchObject({ allowed: true });
});

test("proto/files-that-do-not-compile-are-an-error-not-a-verdict", () => {
  const tree = mutant("playout.proto", replacing("message ApiVersion {", "message ApiVersion "));
  expect(() => compareWithBaseline(tree, baseline)).toThrow(/playout\.proto/);
});
