import { describe, expect, test } from "vitest";
import { boundedFields } from "./bounded-fields.js";
import { openLog } from "./log.js";

/** The line that is written of these fields. */
function lineOf(fields: Record<string, unknown>): string {
  const lines: string[] = [];
  const log = openLog({ level: "info", format: "json", now: () => 0n, write: (line) => lines.push(line) });
  log.info(boundedFields(fields), "said");
  return lines.join("");
}

describe("log/bounded-fields", () => {
  test("log/ordinary-fields-stay-as-they-are", () => {
    const fields = {
      asset: "/a.mp4",
      at: 5n,
      list: [1, null, { b: undefined }],
      isOn: true,
      err: new Error("x"),
    };
    expect(boundedFields(fields)).toEqual(fields);
    expect(lineOf({ asset: "/a.mp4", list: [1, { b: 2 }] })).toContain('"asset":"/a.mp4","list":[1,{"b":2}]');
  });

  test("log/what-refers-to-the-same-again-and-again-is-cut", () => {
    let doubled: object = {};
    for (let n = 0; n < 60; n++) doubled = { a: doubled, b: doubled };
    const line = lineOf({ doubled });
    expect(line.length).toBeLessThan(20_000);
    expect(line).toContain('"message":"said"');
  });

  test("log/what-holds-itself-is-cut", () => {
    const circular: Record<string, unknown> = { name: "x" };
    circular["itself"] = circular;
    const line = lineOf({ circular });
    expect(line).toContain('"name":"x"');
    expect(line).toContain("…");
  });

  test("log/errors-names-and-numbers-are-cut-as-well", () => {
    const long = "x".repeat(1e6);
    let error = new Error(long);
    for (let n = 0; n < 2_000; n++) error = new Error(long, { cause: error });
    const { err, whole, ...rest } = boundedFields({ whole: 1n << 1_000_000n, [long]: 1, err: error });
    expect((err as Error).message).toHaveLength(8_193);
    expect((err as Error).stack).toHaveLength(8_193);
    let causes = 0;
    for (let one = err; one instanceof Error; one = one.cause) causes += 1;
    expect(causes).toBeLessThan(1_001);
    expect(whole).toBe("…");
    expect(Object.keys(rest).map(({ length }) => length)).toEqual([257]);
  });

  test("log/lists-and-texts-are-cut-and-bytes-are-named", () => {
    const endless: unknown[] = [];
    endless.length = 4_294_967_295;
    const fields = boundedFields({ bytes: new Uint8Array(1e6), text: "x".repeat(1e6), endless });
    expect(fields["bytes"]).toBe("[1000000 bytes]");
    expect(String(fields["text"])).toHaveLength(8_193);
    expect(fields["endless"]).toHaveLength(998);
  });
});
