import { pixelFormats } from "@retrovue/core";
import { z } from "zod";
import { frameRate, path, sampleAspect, text, whole } from "./fields.js";

/**
 * What may be said for all channels under `defaults` and again for one channel. Each setting is written once and used
 * twice: with the built-in default under `defaults`, without any under a channel, where absence means "as in `defaults`".
 */

// 16 is the smallest size every codec we offer accepts; 8192 is the largest level of H.264 and HEVC (6.2).
const width = whole(16, 8_192, "Width of the channel's picture in pixels.");
const height = whole(16, 8_192, "Height of the channel's picture in pixels.");
/** What the encoders and the conformer take as program format: planar YCbCr. */
export const programPixelFormats = pixelFormats.filter((name) => name.startsWith("yuv"));
const pixelFormat = z
  .enum(programPixelFormats as [(typeof pixelFormats)[number], ...(typeof pixelFormats)[number][]])
  .describe("Layout of the channel's picture samples, by libav's name.");
const sampleRate = z
  .literal([32_000, 44_100, 48_000, 96_000])
  .describe("Samples per second of the channel's sound.");
const soundChannels = whole(
  1,
  8,
  "Sound channels, in the order of libav's default layouts; 2 is left, right.",
);
const colour = {
  primaries: z.enum(["bt709", "bt470bg", "smpte170m", "bt2020"]).describe("Colour primaries."),
  transfer: z
    .enum(["bt709", "smpte170m", "smpte2084", "arib-std-b67"])
    .describe("Transfer characteristic; smpte2084 is PQ, arib-std-b67 is HLG."),
  matrix: z.enum(["bt709", "bt470bg", "smpte170m", "bt2020nc"]).describe("Matrix from RGB to YCbCr."),
  range: z.enum(["limited", "full"]).describe("Limited is 16 to 235 in 8 bits, full is 0 to 255."),
};
const formatDescription = "Program format: the one picture and sound format of a channel.";
const colourDescription = "What the sample values of the channel mean.";

const leadMin = whole(
  20,
  10_000,
  "Frames on the bus ahead of house time below which a channel is buffering.",
);
const leadTarget = whole(20, 10_000, "How far ahead of house time a channel decodes.");
const leadDescription = "How far ahead of house time frames are on the bus.";

const prerollAhead = whole(500, 60_000, "How long before its first tick a segment's decoder is opened.");
const prerollInFlight = whole(1, 16, "Segments of a channel that may be prepared at the same time.");
const prerollDescription = "How the next segments are made ready.";

const videoCodec = z.enum(["h264", "hevc", "mpeg2video"]).describe("Codec of the emitted picture.");
const videoBitrate = whole(50, 400_000, "Bit rate of the emitted picture in kilobits per second.");
const gop = whole(100, 10_000, "Longest time between two random access points.");
const preset = text(32, "The encoder's own word for its trade of speed against quality.");
const audioCodec = z.enum(["aac", "mp2", "ac3"]).describe("Codec of the emitted sound.");
const audioBitrate = whole(16, 1_536, "Bit rate of the emitted sound in kilobits per second.");
const muxRate = whole(
  0,
  500_000,
  "Constant bit rate of the whole stream in kilobits per second, filled with null packets; 0: variable. It must have room for picture, sound and what MPEG-TS adds.",
);
const encodeDescription = "How the channel's stream is encoded.";

const holdMs = whole(
  0,
  60_000,
  "How long a segment's last picture is held when the planned one is missing through a fault.",
);
const holdOnShortMs = whole(
  0,
  60_000,
  "How long the last picture is held when media ends before its segment.",
);
const onShort = z
  .enum(["slate", "black"])
  .describe("What airs after the hold when media is shorter than its segment.");
const stallTimeoutMs = whole(
  100,
  60_000,
  "A decoder without progress for this long is hung and is replaced.",
);
const historyMs = whole(0, 30_000, "How long frames stay readable on the bus after their time.");
// 64 is the most that a bus takes (core: BusSpec.directReferences).
const directBuffers = whole(
  0,
  64,
  "Picture buffers of the bus that decoders may keep, so that pictures already in the program format are decoded in place and never copied; 0 has every picture copied.",
);
const aspect = z
  .enum(["preserve", "stretch", "crop"])
  .describe("How a picture of another shape is fitted: bars, distortion, or cut edges.");
const languages = z
  .array(
    z
      .string()
      .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/)
      .meta({ title: 'a language tag such as "en" or "eng"', examples: ["en"] }),
  )
  .max(16)
  .describe("Preferred sound languages, best first; else the default stream, else the first.");

/** `{}`: the built-in card with the channel's name and the time. */
const slate = z
  .strictObject({
    image: path("Still picture shown as slate.").optional(),
    clip: path("Clip played as slate; its first frame is the last resort.").optional(),
  })
  .refine((value) => value.image === undefined || value.clip === undefined, {
    message: "an image or a clip, not both",
  })
  .describe("What airs in place of missing pictures. Without image and clip: a built-in card.");

/** `defaults`: each setting with the value that it has when the file says nothing. */
export const defaultsSection = z
  .strictObject({
    format: z
      .strictObject({
        width: width.default(1_920),
        height: height.default(1_080),
        frameRate: frameRate.prefault("30000/1001"),
        pixelFormat: pixelFormat.default("yuv420p"),
        sampleAspect: sampleAspect.prefault("1/1"),
        colour: z
          .strictObject({
            primaries: colour.primaries.default("bt709"),
            transfer: colour.transfer.default("bt709"),
            matrix: colour.matrix.default("bt709"),
            range: colour.range.default("limited"),
          })
          .prefault({})
          .describe(colourDescription),
        sampleRate: sampleRate.default(48_000),
        channels: soundChannels.default(2),
      })
      .prefault({})
      .describe(formatDescription),
    slate: slate.prefault({}),
    lead: z
      .strictObject({ minMs: leadMin.default(150), targetMs: leadTarget.default(500) })
      .prefault({})
      .describe(leadDescription),
    preroll: z
      .strictObject({ aheadMs: prerollAhead.default(3_000), inFlightMax: prerollInFlight.default(4) })
      .prefault({})
      .describe(prerollDescription),
    encode: z
      .strictObject({
        video: z
          .strictObject({
            codec: videoCodec.default("h264"),
            bitrateKbps: videoBitrate.default(4_000),
            gopMs: gop.default(1_000),
            preset: preset.default("veryfast"),
          })
          .prefault({})
          .describe("The picture."),
        audio: z
          .strictObject({ codec: audioCodec.default("aac"), bitrateKbps: audioBitrate.default(192) })
          .prefault({})
          .describe("The sound."),
        muxRateKbps: muxRate.default(0),
      })
      .prefault({})
      .describe(encodeDescription),
    holdMs: holdMs.default(2_000),
    holdOnShortMs: holdOnShortMs.default(250),
    onShort: onShort.default("slate"),
    stallTimeoutMs: stallTimeoutMs.default(2_000),
    historyMs: historyMs.default(500),
    directBuffers: directBuffers
      .optional()
      .describe(`${directBuffers.description} Where absent: 24, for pictures above 1920 × 1088 16.`),
    aspect: aspect.default("preserve"),
    languages: languages.default([]),
  })
  .prefault({})
  .describe("What every channel has unless it says otherwise.");

/** The same settings for one channel; what is absent comes from `defaults`. */
export const channelSettings = {
  format: z
    .strictObject({
      width: width.optional(),
      height: height.optional(),
      frameRate: frameRate.optional(),
      pixelFormat: pixelFormat.optional(),
      sampleAspect: sampleAspect.optional(),
      colour: z
        .strictObject({
          primaries: colour.primaries.optional(),
          transfer: colour.transfer.optional(),
          matrix: colour.matrix.optional(),
          range: colour.range.optional(),
        })
        .prefault({})
        .describe(colourDescription),
      sampleRate: sampleRate.optional(),
      channels: soundChannels.optional(),
    })
    .prefault({})
    .describe(formatDescription),
  slate: slate.optional(),
  lead: z
    .strictObject({ minMs: leadMin.optional(), targetMs: leadTarget.optional() })
    .prefault({})
    .describe(leadDescription),
  preroll: z
    .strictObject({ aheadMs: prerollAhead.optional(), inFlightMax: prerollInFlight.optional() })
    .prefault({})
    .describe(prerollDescription),
  encode: z
    .strictObject({
      video: z
        .strictObject({
          codec: videoCodec.optional(),
          bitrateKbps: videoBitrate.optional(),
          gopMs: gop.optional(),
          preset: preset.optional(),
        })
        .prefault({})
        .describe("The picture."),
      audio: z
        .strictObject({ codec: audioCodec.optional(), bitrateKbps: audioBitrate.optional() })
        .prefault({})
        .describe("The sound."),
      muxRateKbps: muxRate.optional(),
    })
    .prefault({})
    .describe(encodeDescription),
  holdMs: holdMs.optional(),
  holdOnShortMs: holdOnShortMs.optional(),
  onShort: onShort.optional(),
  stallTimeoutMs: stallTimeoutMs.optional(),
  historyMs: historyMs.optional(),
  directBuffers: directBuffers.optional(),
  aspect: aspect.optional(),
  languages: languages.optional(),
};
