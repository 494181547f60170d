import { PlayoutError } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { channelIdField, requiredField, textField, wholeField } from "./fields.js";
import { invalidField } from "./invalid-field.js";

describe("field/refusals-name-the-field", () => {
  test.each<[string, () => unknown, RegExp]>([
    [
      "channel 0",
      () => channelIdField("channel_id", 0),
      /^channel_id: expected a whole number from 1 .*found 0/,
    ],
    ["a negative channel", () => channelIdField("channel_id", -3), /found -3/],
    ["a whole number too great", () => wholeField("port", 65_536, { min: 0, max: 65_535 }), /^port: .*65535/],
    ["half a number", () => wholeField("port", 1.5, { min: 0, max: 10 }), /^port: /],
    [
      "2^53 + 1",
      () => wholeField("tick", 2n ** 53n + 1n, { min: 0, max: Number.MAX_SAFE_INTEGER }),
      /^tick: /,
    ],
    ["no text", () => textField("plan_handle", ""), /^plan_handle: expected some text/],
    [
      "too much text",
      () => textField("reason", "xx", { charactersMax: 1 }),
      /^reason: expected at most 1 characters/,
    ],
    ["a NUL", () => textField("endpoint", "a\0b"), /^endpoint: .*NUL/],
    ["nothing", () => requiredField("plan", undefined), /^plan: expected a value, found nothing/],
  ])("%s", (_what, call, message) => {
    expect(call).toThrow(message);
    try {
      call();
    } catch (error) {
      expect(PlayoutError.is(error, "InvalidArgument")).toBe(true);
      expect((error as PlayoutError).details).toHaveProperty("field");
    }
  });

  test("what is good is answered", () => {
    expect(channelIdField("channel_id", 7)).toBe(7);
    expect(wholeField("tick", 2n ** 40n, { min: 0, max: Number.MAX_SAFE_INTEGER })).toBe(2 ** 40);
    expect(textField("message", "", { mayBeEmpty: true })).toBe("");
    expect(requiredField("plan", 0)).toBe(0);
  });

  test("a value from outside is cut before it lands in a log", () => {
    expect(invalidField("uri", "a path", "x".repeat(5000)).message.length).toBeLessThan(150);
  });
});
