import { definePlugin, pluginContract } from "@retrovue/core";
import { PatternDecoderFactory } from "@retrovue/core/testing";
import * as vitest from "vitest";
import { declareMutants } from "../framework/mutants.js";
import { decoderContract } from "./decoder-contract.js";
import { decoderMutants } from "./mutants.js";
import { decoderSuite } from "./suite.js";

const factory = new PatternDecoderFactory();
const pattern = (name: string, uri: string) => ({
  name,
  make: async () => {
    const { parsePatternUri } = await import("@retrovue/core/testing");
    return {
      name,
      uri,
      path: undefined,
      missingUri: "test://nothing-here",
      truth: {
        pattern: parsePatternUri(uri),
        timeSlackNs: 1n,
        sampleSlack: 0,
        tailSamples: 0,
        lossless: true,
      },
    };
  },
});

decoderContract({
  runner: vitest,
  title: "pattern decoder",
  factory,
  outstanding: () => {
    const { decoders, pictures, sounds } = factory.ledger();
    return decoders + pictures + sounds;
  },
  media: [
    "pattern",
    pattern("sound only", "test://pattern?id=2&pictures=none&duration=700ms&sound=44100x1"),
    pattern("pictures only", "test://pattern?id=3&sound=none&duration=700ms&size=64x36&rate=60000/1001"),
    pattern(
      "variable rate",
      "test://pattern?id=4&vfr=17ms,50ms,33ms&timestamps=ms&duration=1s&size=64x36&soundMark=noise",
    ),
    pattern("fields", "test://pattern?id=5&fields=bottom-first&rate=30000/1001&duration=700ms&size=128x96"),
    pattern("short sound, compact", "test://pattern?id=6&size=16x16&soundDuration=400ms&timestamps=90k"),
  ],
});

decoderContract({
  runner: vitest,
  plugin: definePlugin({
    name: "@example/pattern",
    contract: pluginContract,
    provides: { decoder: { create: () => new PatternDecoderFactory() } },
  }),
  media: ["pattern"],
  only: ["decoder/info-is-truthful"],
});

declareMutants(vitest, decoderSuite, decoderMutants);
