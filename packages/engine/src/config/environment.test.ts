// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are the configuration's own syntax.
import { describe, expect, test } from "vitest";
import { expandEnvironment } from "./environment.js";
import { readConfigText } from "./load.js";

const environment = {
  HOST: "studio",
  EMPTY: "",
  NESTED: "${HOST}",
  PORT: "8123",
  YES: "true",
  LIST: "[1, 2]",
};
const expanded = (text: string): string => {
  const result = expandEnvironment(text, environment);
  return result.ok ? result.text : `refused: ${result.expected}`;
};

describe("environment", () => {
  test.each([
    ["plain", "plain"],
    ["${HOST}", "studio"],
    ["a-${HOST}-${PORT}", "a-studio-8123"],
    ["${EMPTY}", ""],
    ["${EMPTY:-other}", "other"],
    ["${NONE:-other}", "other"],
    ["${NONE:-}", ""],
    ["${HOST:-other}", "studio"],
    ["$${HOST}", "${HOST}"],
    ["$$ $HOST", "$$ $HOST"],
    ["${NESTED}", "${HOST}"],
    ["${NONE}", "refused: the environment variable NONE"],
    ["${toString}", "refused: the environment variable toString"],
    ["${1ST}", "refused: a reference such as ${NAME} or ${NAME:-default}"],
    ["${HOST", "refused: a reference such as ${NAME} or ${NAME:-default}"],
    ["${}", "refused: a reference such as ${NAME} or ${NAME:-default}"],
  ])("environment/expands %s to %s", (text, result) => {
    expect(expanded(text)).toBe(result);
  });

  test("environment/text-becomes-what-the-place-asks-for-quoted-or-not", () => {
    const text = [
      "engine: { id: '${PORT}' }",
      "channels:",
      "  - id: ${PORT}",
      '    autostart: "${NO:-false}"',
      "    format: { frameRate: '${RATE:-30000/1001}', sampleRate: '${RATE:-48000}' }",
    ].join("\n");
    const reading = readConfigText(text, "p.yaml", { environment });
    expect(reading).toMatchObject({
      ok: true,
      config: {
        engine: { id: "8123" },
        channels: [
          {
            id: 8123,
            autostart: false,
            format: { frameRate: { num: 30_000, den: 1_001 }, sampleRate: 48_000 },
          },
        ],
      },
    });
  });

  test("environment/works-in-json", () => {
    const reading = readConfigText('{"channels":[{"id":"${PORT}","name":"${HOST}"}]}', "p.json", {
      environment,
    });
    expect(reading).toMatchObject({ ok: true, config: { channels: [{ id: 8123, name: "studio" }] } });
  });

  test("environment/a-variable-cannot-smuggle-in-a-structure", () => {
    const text =
      "clock:\n  use: system\n  options:\n    a: ${LIST}\n    b: ${PORT}\n    c: '${PORT}'\n    d: ${YES}\n";
    const reading = readConfigText(text, "p.yaml", { environment });
    expect(reading).toMatchObject({
      ok: true,
      config: { clock: { options: { a: "[1, 2]", b: 8123, c: "8123", d: true } } },
    });
  });
});
