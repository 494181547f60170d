// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are the configuration's own syntax.
import { PlayoutError } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import type { ConfigFault } from "../src/config/fault.js";
import { type ConfigReading, configError, readConfigText } from "../src/config/load.js";
import { ruleMistakes } from "./config-mistakes/rules.js";
import { textMistakes } from "./config-mistakes/text.js";
import { valueMistakes } from "./config-mistakes/values.js";

const environment = {
  PORT: "8123",
  WORD: "loud",
  EMPTY: "",
  SECRET_TOKEN: "0123456789abcdef0123456789abcdef",
};
const read = (text: string, file = "/etc/playout/playout.yaml"): ConfigReading =>
  readConfigText(text, file, { environment, exists: (path) => !path.includes("absent") });

const faultsOf = (text: string): readonly ConfigFault[] => {
  const reading = read(text);
  return reading.ok ? [] : reading.faults;
};

const mistakes = [...valueMistakes, ...ruleMistakes, ...textMistakes];

describe("config mistakes", () => {
  test.each(mistakes)("config/names-place-expectation-and-remedy-of $name", (mistake) => {
    const reading = read(mistake.text);
    expect(reading.ok).toBe(false);
    const faults = reading.ok ? [] : reading.faults;
    const fault = faults.find((one) => one.path === mistake.path);
    expect(fault, JSON.stringify(faults)).toMatchObject({
      file: "/etc/playout/playout.yaml",
      line: mistake.at[0],
      column: mistake.at[1],
      expected: expect.stringMatching(mistake.expected),
      found: expect.stringMatching(mistake.found),
      remedy: expect.stringMatching(mistake.remedy),
    });
    const error = configError("/etc/playout/playout.yaml", faults);
    expect(PlayoutError.is(error, "InvalidConfig")).toBe(true);
    expect(error.details["faults"]).toHaveLength(faults.length);
    expect(error.message).toContain(`/etc/playout/playout.yaml:${mistake.at[0]}:${mistake.at[1]}: `);
  });

  test("config/tells-one-mistake-once", () => {
    // Those with consequences: the text after an open bracket, and the same fault at the key that holds the alias.
    const several = new Set(["a bracket left open", "an alias that contains itself"]);
    for (const { name, text } of mistakes) {
      if (!several.has(name)) expect(faultsOf(text), name).toHaveLength(1);
    }
  });

  test("config/tells-all-faults-in-the-order-of-the-file", () => {
    const text = [
      "engine: { isolation: thread }",
      "chanels: []",
      "telemetry: { metrics: { listen: '127.0.0.1:8090' } }",
      "channels:",
      "  - { id: one }",
      "  - { id: 2, plan: nowhere }",
      "  - { id: 2, outputs: [{ type: udp }, { type: hls }, { type: hls }] }",
    ].join("\n");
    expect(faultsOf(text).map((fault) => [fault.line, fault.path])).toEqual([
      [1, "engine.isolation"],
      [2, "chanels"],
      [3, "telemetry.metrics.listen"],
      [5, "channels[0].id"],
      [6, "channels[1].plan"],
      [7, "channels[2].id"],
      [7, "channels[2].outputs[0].url"],
      [7, "channels[2].outputs[2]"],
    ]);
    expect(faultsOf(text).find((fault) => fault.path === "channels[2].id")?.found).toBe(
      "2, which channels[1] has",
    );
  });

  test("config/blames-nothing-on-a-value-that-is-faulty-itself", () => {
    const text =
      "http: { control: { listen: nonsense } }\ntelemetry: { metrics: { listen: '127.0.0.1:8090' } }\n";
    expect(faultsOf(text).map((fault) => fault.path)).toEqual(["http.control.listen"]);
    const plans = "plans: 3\nchannels: [{ id: 1, plan: evening }]\n";
    expect(faultsOf(plans).map((fault) => fault.path)).toEqual(["plans"]);
  });
});

describe("config bounds", () => {
  test("config/an-alias-bomb-is-refused", () => {
    const row = (name: string, of: string): string => `${name}: &${name} [${Array(9).fill(of).join(",")}]`;
    const names = [..."abcdefghi"];
    const text = names.map((name, index) => row(name, index === 0 ? "x" : `*${names[index - 1]}`)).join("\n");
    expect(faultsOf(text).map((fault) => fault.expected)).toContain(
      "at most 200000 values after aliases are followed",
    );
  });

  test("config/a-hundred-thousand-brackets-are-refused", () => {
    for (const text of ["[".repeat(100_000), "- ".repeat(50_000), `a: ${'{"a":'.repeat(50_000)}`]) {
      expect(faultsOf(text).length).toBeGreaterThan(0);
    }
  });

  test("config/names-of-object-members-are-not-keys", () => {
    for (const key of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      expect(faultsOf(`${key}: { polluted: true }\n`), key).toHaveLength(1);
      expect(faultsOf(`channels: [{ id: 1, plan: ${key} }]\n`), key).toHaveLength(1);
    }
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});
