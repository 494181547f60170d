import { defaultProgramFormat, PlayoutError } from "@retrovue/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseProgramFormat } from "./program-format-json.js";

const good = {
  video: { width: 1280, height: 720, frame_rate: "60000/1001" },
  audio: { sample_rate: 48_000, channels: 2 },
};
const read = (value: unknown) => parseProgramFormat(JSON.stringify(value), defaultProgramFormat);
const withVideo = (over: object) => ({ ...good, video: { ...good.video, ...over } });
const withAudio = (over: object) => ({ ...good, audio: { ...good.audio, ...over } });

describe("format/program-format-json-is-read", () => {
  test("what it says, and the channel's own for the rest", () => {
    expect(read(good)).toEqual({
      ...defaultProgramFormat,
      width: 1280,
      height: 720,
      frameRate: { num: 60_000, den: 1_001 },
    });
  });

  test.each(["", "  \n"])("empty text %j is the channel's format", (text) => {
    expect(parseProgramFormat(text, defaultProgramFormat)).toBe(defaultProgramFormat);
  });

  test("unknown keys are ignored", () => {
    expect(
      read({ ...withVideo({ codec: "h264" }), audio: { ...good.audio, layout: "5.1" }, note: [1] }),
    ).toEqual(read(good));
  });

  test("the aspect policy", () => {
    expect(read(withVideo({ aspect_policy: "crop" })).aspectPolicy).toBe("crop");
    expect(
      parseProgramFormat(JSON.stringify(good), { ...defaultProgramFormat, aspectPolicy: "stretch" }),
    ).toMatchObject({ aspectPolicy: "stretch" });
  });
});

describe("format/rates-near-a-standard-one-are-it", () => {
  test.each<[unknown, number, number]>([
    ["30000/1001", 30_000, 1_001],
    ["2997/100", 30_000, 1_001],
    [{ num: 2997, den: 100 }, 30_000, 1_001],
    [{ num: 60_000, den: 1_001 }, 60_000, 1_001],
    ["23976/1000", 24_000, 1_001],
    ["2398/100", 24_000, 1_001],
    ["24", 24, 1],
    ["48/2", 24, 1],
    ["2500001/100000", 25, 1],
    ["50", 50, 1],
    ["5994/100", 60_000, 1_001],
    ["60/1", 60, 1],
  ])("%j", (frame_rate, num, den) => {
    expect(read(withVideo({ frame_rate })).frameRate).toEqual({ num, den });
  });
});

describe("format/malformed-formats-name-the-key", () => {
  test.each<[string, unknown, string]>([
    ["a list", [], "program_format_json"],
    ["no video", { audio: good.audio }, "program_format_json.video"],
    ["no audio", { video: good.video }, "program_format_json.audio"],
    ["video of another kind", { ...good, video: "1080p" }, "program_format_json.video"],
    ["no width", withVideo({ width: undefined }), "program_format_json.video.width"],
    ["a width as text", withVideo({ width: "1280" }), "program_format_json.video.width"],
    ["half a pixel", withVideo({ width: 1280.5 }), "program_format_json.video.width"],
    ["an odd height", withVideo({ height: 719 }), "program_format_json.video.height"],
    ["no picture at all", withVideo({ height: 0 }), "program_format_json.video.height"],
    ["a picture too large", withVideo({ width: 16_384 }), "program_format_json.video.width"],
    ["no rate", withVideo({ frame_rate: undefined }), "program_format_json.video.frame_rate"],
    ["a rate as a number", withVideo({ frame_rate: 29.97 }), "program_format_json.video.frame_rate"],
    ["a rate that is none", withVideo({ frame_rate: "fast" }), "program_format_json.video.frame_rate"],
    ["a rate over nothing", withVideo({ frame_rate: "30/0" }), "program_format_json.video.frame_rate"],
    ["a rate that no house has", withVideo({ frame_rate: "1/1" }), "program_format_json.video.frame_rate"],
    [
      "a negative rate",
      withVideo({ frame_rate: { num: -30, den: 1 } }),
      "program_format_json.video.frame_rate.num",
    ],
    [
      "a rate without its denominator",
      withVideo({ frame_rate: { num: 30 } }),
      "program_format_json.video.frame_rate.den",
    ],
    ["an unknown policy", withVideo({ aspect_policy: "zoom" }), "program_format_json.video.aspect_policy"],
    [
      "a policy from the prototype",
      withVideo({ aspect_policy: "toString" }),
      "program_format_json.video.aspect_policy",
    ],
    ["no sample rate", withAudio({ sample_rate: null }), "program_format_json.audio.sample_rate"],
    ["a sample rate too low", withAudio({ sample_rate: 7_999 }), "program_format_json.audio.sample_rate"],
    ["no channel", withAudio({ channels: 0 }), "program_format_json.audio.channels"],
    ["nine channels", withAudio({ channels: 9 }), "program_format_json.audio.channels"],
  ])("%s", (_what, value, field) => {
    const thrown = errorOf(JSON.stringify(value));
    expect(thrown.code).toBe("InvalidArgument");
    expect(thrown.details["field"]).toBe(field);
    expect(thrown.message.startsWith(`${field}: `)).toBe(true);
  });

  test("text that is no JSON, and text without end", () => {
    expect(errorOf("{").details["field"]).toBe("program_format_json");
    expect(errorOf(`"${"x".repeat(70_000)}"`).message).toContain("at most 65536 characters");
  });

  test("any text gives a format or an InvalidArgument, nothing else", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          parseProgramFormat(text, defaultProgramFormat);
        } catch (error) {
          expect(PlayoutError.is(error, "InvalidArgument")).toBe(true);
        }
      }),
    );
  });
});

function errorOf(text: string): PlayoutError {
  try {
    parseProgramFormat(text, defaultProgramFormat);
  } catch (error) {
    if (PlayoutError.is(error)) return error;
    throw error;
  }
  throw new Error("it was taken");
}
