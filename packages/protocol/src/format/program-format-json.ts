import {
  houseRate,
  PlayoutError,
  type ProgramFormat,
  parseRational,
  type Rational,
  rational,
} from "@retrovue/core";
import { aspectPolicies } from "../enums/plan-enums.js";
import { invalidField } from "../field/invalid-field.js";

/** Longest text that is looked at; the format itself needs 200 characters. */
const charactersMax = 65_536;

/** Bounds of a program picture, in pixels: 16 is the smallest any encoder takes, 8192 the largest of H.264 level 6. */
const sizeMin = 16;
const sizeMax = 8_192;

/** Bounds of a house grid's sound, in samples per second, and of libav's default layouts, in channels. */
const sampleRateMin = 8_000;
const sampleRateMax = 192_000;
const channelsMax = 8;

/**
 * The program format that a request asks for:
 * `{"video":{"width","height","frame_rate":"num/den","aspect_policy"?},"audio":{"sample_rate","channels"}}`, the rate also as
 * `{"num","den"}`. A rate within 0.01 of a standard one is taken for it. Unknown keys are ignored. What the text cannot
 * say (pixel format, colour) stays as in `base`.
 *
 * Throws `InvalidArgument` naming the key, as `program_format_json.video.width`.
 *
 * @param base the channel's configured format; the answer where the text is empty
 */
export function parseProgramFormat(
  text: string,
  base: ProgramFormat,
  field = "program_format_json",
): ProgramFormat {
  if (text.trim() === "") return base;
  if (text.length > charactersMax) {
    throw invalidField(field, `at most ${charactersMax} characters`, `${text.length} characters`);
  }
  const root = objectAt(field, parse(field, text));
  const video = objectAt(`${field}.video`, root["video"]);
  const audio = objectAt(`${field}.audio`, root["audio"]);
  return Object.freeze({
    ...base,
    width: evenAt(`${field}.video.width`, video["width"]),
    height: evenAt(`${field}.video.height`, video["height"]),
    frameRate: rateAt(`${field}.video.frame_rate`, video["frame_rate"]),
    aspectPolicy: policyAt(`${field}.video.aspect_policy`, video["aspect_policy"]) ?? base.aspectPolicy,
    sampleRate: wholeAt(`${field}.audio.sample_rate`, audio["sample_rate"], sampleRateMin, sampleRateMax),
    channels: wholeAt(`${field}.audio.channels`, audio["channels"], 1, channelsMax),
  });
}

type JsonObject = Readonly<Record<string, unknown>>;

function parse(field: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidField(field, "JSON", text);
  }
}

function objectAt(field: string, value: unknown): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw invalidField(field, "an object", value);
}

function wholeAt(field: string, value: unknown, min: number, max: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
  throw invalidField(field, `a whole number from ${min} to ${max}`, value);
}

/** Sizes are even, since chroma of a program picture has half as many samples. */
function evenAt(field: string, value: unknown): number {
  const size = wholeAt(field, value, sizeMin, sizeMax);
  if (size % 2 !== 0) throw invalidField(field, "an even number", value);
  return size;
}

function rateAt(field: string, value: unknown): Rational {
  try {
    return houseRate(fractionOf(field, value));
  } catch (error) {
    if (!PlayoutError.is(error) || error.details["field"] !== undefined) throw error;
    const { what, remedy, details } = error;
    throw new PlayoutError("InvalidArgument", `${field}: ${what}`, {
      cause: error,
      ...(remedy !== undefined && { remedy }),
      details: { ...details, field },
    });
  }
}

function fractionOf(field: string, value: unknown): Rational {
  if (typeof value === "string") return parseRational(value);
  if (typeof value !== "object" || value === null) {
    throw invalidField(field, 'a rate as "30000/1001" or {"num":30000,"den":1001}', value);
  }
  const { num, den } = objectAt(field, value) as { num?: unknown; den?: unknown };
  const rateTermMax = 2 ** 31 - 1;
  return rational(wholeAt(`${field}.num`, num, 1, rateTermMax), wholeAt(`${field}.den`, den, 1, rateTermMax));
}

function policyAt(field: string, value: unknown): ProgramFormat["aspectPolicy"] | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string" && isPolicy(value)) return value;
  throw invalidField(field, `one of ${Object.keys(aspectPolicies.words).join(", ")}`, value);
}

const isPolicy = (word: string): word is ProgramFormat["aspectPolicy"] =>
  Object.hasOwn(aspectPolicies.words, word);
