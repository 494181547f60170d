import { formatRational, parseRational, rational, sameRational, standardRates } from "@retrovue/core";
import { z } from "zod";

/** Bytes in a POSIX path (limits.h: PATH_MAX). */
const pathLengthMax = 4_096;

/** A whole number within bounds; the unit stands in the key's name. */
export const whole = (min: number, max: number, description: string) =>
  z.int().min(min).max(max).describe(description);

/** Free text for people. */
export const text = (max: number, description: string) =>
  z
    .string()
    .min(1)
    .max(max)
    .meta({ title: `text of 1 to ${max} characters`, description });

/** A path; relative ones are resolved against the folder of the configuration file. */
export const path = (description: string) =>
  z
    .string()
    .min(1)
    .max(pathLengthMax)
    // A NUL ends a path for the system but not for JavaScript, so that two readers would see two names.
    .regex(/^[^\0]+$/)
    .meta({ title: "a path, relative to the folder of this file", description });

/** A word that becomes part of names: of shared memory, files and labels. */
export const slug = (max: number, description: string) =>
  z
    .string()
    .max(max)
    .regex(/^[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?$/)
    .meta({ title: `a name of up to ${max} letters, digits, "-" and "_"`, description });

const rates = standardRates.map(formatRational).join(", ");

/**
 * Frames per second, exactly: `25` or `30000/1001`. Decimals are refused, in figures and as fractions, since 29.97 is not
 * 30000/1001; so is every rate but the standard ones, for which alone the house grid's promises are tested.
 */
export const frameRate = z
  .union([z.string().regex(/^\s*[1-9]\d{0,8}(\s*\/\s*[1-9]\d{0,8})?\s*$/), z.int().min(1).max(60)])
  .transform((value, context) => {
    const rate = typeof value === "number" ? rational(value, 1) : parseRational(value);
    if (!standardRates.some((standard) => sameRational(standard, rate))) {
      context.addIssue({ code: "custom", message: "not a house rate" });
    }
    return rate;
  })
  .meta({
    title: `one of the house rates ${rates}`,
    description: "Frames per second of the channel, as a whole number or a fraction.",
    examples: ["30000/1001", 25],
  });

/** Width of a sample divided by its height. */
export const sampleAspect = z
  .string()
  .regex(/^[1-9]\d{0,3}[:/][1-9]\d{0,3}$/)
  .transform((value) => parseRational(value.replace(":", "/")))
  .meta({
    title: 'a ratio such as "1/1" or "32/27"',
    description: "Shape of a sample: its width divided by its height; 1/1 is square.",
    examples: ["1/1", "32/27"],
  });

/** A TCP address, as in `127.0.0.1:9308` or `[::1]:9308`. */
export const tcpAddress = (description: string) =>
  z
    .string()
    .max(300)
    .regex(/^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):\d{1,5}$/)
    .refine((address) => Number(address.slice(address.lastIndexOf(":") + 1)) <= 65_535)
    .meta({
      title: "an address with a port up to 65535 such as 127.0.0.1:8090",
      description,
      examples: ["127.0.0.1:8090", "[::1]:8090"],
    });

/** Names a plugin: an npm package (or a module of one, as `@acme/media/decoder`), or a path that begins with `./`, `../` or `/`. */
export const pluginName = (description: string) =>
  z
    .string()
    .max(pathLengthMax)
    .regex(
      /^(?:\.{0,2}\/[^\0]+|(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*)$/,
    )
    .meta({
      title: 'the name of an npm package, or a path that begins with "./" or "/"',
      description,
      examples: ["@retrovue/decoder-libav", "./plugins/weather/index.js"],
    });

/** Options of a plugin: only the plugin knows what they mean, and checks them when it is loaded. */
export const pluginOptions = z
  .record(z.string(), z.unknown())
  .default({})
  .describe("Options handed to the plugin, which checks them itself when it is loaded.");

/** One use of a plugin. */
export const pluginUse = (what: string) =>
  z.strictObject({ use: pluginName(`Plugin that provides ${what}.`), options: pluginOptions });
