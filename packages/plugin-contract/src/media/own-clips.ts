import { mediaTime, rational } from "@retrovue/core";
import { type PatternAsset, parsePatternUri, patternAsset } from "@retrovue/core/testing";
import type { Clip, ClipSource, ClipTruth } from "./clip.js";
import { cachedFile, writePortions } from "./clip-cache.js";
import { describePattern } from "./describe-pattern.js";
import { wavBytes } from "./wav.js";
import { y4mBytes } from "./y4m.js";

const exactly = (pattern: PatternAsset): ClipTruth => ({
  pattern,
  // A timestamp rounded down to the nanosecond may be a nanosecond off another rounding.
  timeSlackNs: 1n,
  sampleSlack: 0,
  tailSamples: 0,
  lossless: true,
});

/** A second of pictures at an awkward rate and of sound: enough for every rule, quick for thousands of seeks. */
const patternUri = "test://pattern?id=17&rate=24000/1001&duration=1s&size=96x54&sound=48000x2";

/** Clips that this package writes by itself, without any other program. */
export const ownClips: readonly ClipSource[] = Object.freeze([
  {
    name: "pattern",
    make: async (): Promise<Clip> => ({
      name: "pattern",
      uri: patternUri,
      path: undefined,
      missingUri: "test://nothing-here",
      truth: exactly(parsePatternUri(patternUri)),
    }),
  },
  {
    name: "y4m",
    make: (signal: AbortSignal): Promise<Clip> =>
      makeY4m(
        "y4m",
        patternAsset({
          id: 18,
          duration: mediaTime(1_200_000_000n),
          pictures: { width: 128, height: 72, rate: rational(30_000, 1_001) },
          sound: false,
        }),
        signal,
      ),
  },
  {
    name: "wav",
    make: (signal: AbortSignal): Promise<Clip> =>
      makeWav(
        "wav",
        patternAsset({
          id: 19,
          duration: mediaTime(1_234_000_000n),
          pictures: false,
          sound: { sampleRate: 44_100, channels: 2 },
        }),
        signal,
      ),
  },
]);

/** Writes a pattern's pictures as a y4m file (or finds it in the cache). */
export async function makeY4m(name: string, pattern: PatternAsset, signal: AbortSignal): Promise<Clip> {
  const path = await cachedFile("y4m", ["y4m", describePattern(pattern)], (to) =>
    writePortions(to, y4mBytes(pattern, signal)),
  );
  return { name, uri: path, path, truth: exactly({ ...pattern, sound: undefined, uri: path }) };
}

/** Writes a pattern's sound as a 32-bit float wav file (or finds it in the cache). */
export async function makeWav(name: string, pattern: PatternAsset, signal: AbortSignal): Promise<Clip> {
  const path = await cachedFile("wav", ["wav", describePattern(pattern)], (to) =>
    writePortions(to, wavBytes(pattern, "f32le", signal)),
  );
  return { name, uri: path, path, truth: exactly({ ...pattern, pictures: undefined, uri: path }) };
}
