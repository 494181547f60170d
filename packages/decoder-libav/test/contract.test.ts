import { clipSources, decoderContract, type KnownDecoderFailure } from "@retrovue/plugin-contract";
import * as vitest from "vitest";
import plugin from "../src/index.js";

/** Every clip that is a file: each codec and container that the project promises. */
const media = clipSources.map(({ name }) => name).filter((name) => name !== "pattern");

/**
 * AC-3 begins 256 samples before the pictures, 5.33 ms, and Matroska writes 5 ms: by the file's own word (and by libav's
 * timeline, which is the oracle) its sound lies 16 samples from where the clip means it to be.
 */
const matroskaRounds: readonly KnownDecoderFailure[] = (
  [
    "every-sample-once-and-in-order",
    "pictures-do-not-wait-for-sound",
    "one-read-of-each-kind-runs-together",
    "seek-to-zero-starts-again",
    "seek-before-zero-is-the-start",
    "sound-starts-at-the-sample",
    "seek-moves-both-streams",
    "an-aborted-sound-read-loses-nothing",
    "an-aborted-seek-can-be-repeated",
    "sound-blocks-are-lent-likewise",
    "probe-has-no-effect",
    "a-failed-open-disturbs-nobody",
    "open-decoders-are-independent",
  ] as const
).map((rule) => ({
  id: `decoder/${rule}`,
  media: "mkv-hevc-ac3",
  reason:
    "Matroska rounds the 256 samples of AC-3's delay from 5.33 ms to 5 ms: the file itself is 16 samples out",
}));

decoderContract({ runner: vitest, plugin, media, knownFailures: matroskaRounds });
