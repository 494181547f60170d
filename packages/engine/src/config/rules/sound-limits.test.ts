import { expect, test } from "vitest";
import { readConfigText } from "../load.js";

const defaults = "defaults: { format: { channels: 3 } }\n";

/** What is told of a configuration: `path severity`. */
function told(channels: string): readonly string[] {
  const reading = readConfigText(`${defaults}channels: ${channels}\n`, "/playout.yaml", { environment: {} });
  const warnings = reading.warnings.map(({ path }) => `${path} warning`);
  return reading.ok ? warnings : [...reading.faults.map(({ path }) => `${path} error`), ...warnings];
}

test("sound-limits/what-of-the-defaults-no-encoded-channel-has-is-a-warning", () => {
  const path = "defaults.format.channels";
  expect(told("[{ id: 1, outputs: [] }]")).toEqual([`${path} warning`]);
  expect(told("[{ id: 1, format: { channels: 2 } }]")).toEqual([`${path} warning`]);
  expect(told("[{ id: 1, encode: { audio: { codec: ac3 } } }]")).toEqual([`${path} warning`]);
  expect(told("[{ id: 1, outputs: [] }, { id: 2 }]")).toEqual([`${path} error`]);
  expect(told("[]")).toEqual([`${path} error`]);
});
