import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readConfigText } from "../src/config/load.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const folder = `${root}examples/config/`;
const files = readdirSync(folder).filter((name) => name.endsWith(".yaml"));

const validate: ValidateFunction = new Ajv2020({ strict: false, allErrors: true }).compile(
  JSON.parse(readFileSync(`${root}packages/engine/playout.schema.json`, "utf8")),
);

describe("config examples", () => {
  test("config/the-examples-are-these", () => {
    expect(files.sort()).toEqual(["full.yaml", "minimal.yaml", "test-pattern.yaml"]);
  });

  test.each(files)("config/example %s is right, and begins with the line that editors need", (name) => {
    const text = readFileSync(folder + name, "utf8");
    const reading = readConfigText(text, folder + name, { environment: {}, exists: () => true });
    expect(reading.ok ? [] : reading.faults).toEqual([]);
    const schema = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text)?.[1] ?? "";
    expect(fileURLToPath(new URL(schema, `file://${folder}`))).toBe(
      `${root}packages/engine/playout.schema.json`,
    );
  });

  test.each(files)("config/example %s has the form of the published schema", (name) => {
    const document: unknown = parse(readFileSync(folder + name, "utf8"));
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
  });

  test("config/the-published-schema-refuses-what-the-engine-refuses", () => {
    for (const file of [
      { chanels: [] },
      { channels: [{}] },
      { channels: [{ id: "one" }] },
      { channels: [{ id: 1, outputs: [{ type: "hsl" }] }] },
      { defaults: { format: { frameRate: 29.97 } } },
      { engine: { spareWorkers: 99 } },
      { plans: { "late show!": "./a" } },
      { decoders: [] },
    ]) {
      expect(validate(file), JSON.stringify(file)).toBe(false);
      expect(readConfigText(JSON.stringify(file), "p.json", { environment: {} }).ok).toBe(false);
    }
  });
});
