import { type Decoder, type DecoderFactory, endOfMedia, mediaTime, type PictureFrame } from "@retrovue/core";
import { PatternDecoderFactory, parsePatternUri } from "@retrovue/core/testing";
import type { Mutant } from "../../framework/mutants.js";
import type { RuleId, SetUp } from "../../framework/rule.js";
import type { Clip } from "../../media/clip.js";
import { SoundOracle } from "../sound-oracle.js";
import { strangersFor } from "../strangers.js";
import { DecoderSubject } from "../subject.js";

export const bothUri = "test://pattern?id=17&rate=24000/1001&duration=1s&size=64x36&sound=48000x2";
export const silentUri = "test://pattern?id=17&rate=24000/1001&duration=1s&size=64x36&sound=none";
export const zero = mediaTime(0n);
export const never: AbortSignal = new AbortController().signal;

/** What a mutant does otherwise; `inner` is a decoder that keeps the contract. */
export type Twist = (inner: Decoder) => Partial<Decoder> & { [Symbol.asyncDispose]?: () => Promise<void> };

/** The inner decoder, but for what the twist changes. */
export function twisted(inner: Decoder, twist: Twist): Decoder {
  return {
    info: inner.info,
    seek: (to, signal) => inner.seek(to, signal),
    readPicture: (notBefore, options, signal) => inner.readPicture(notBefore, options, signal),
    readSound: (samples, signal) => inner.readSound(samples, signal),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
    ...twist(inner),
  };
}

/** A setup over a factory made of the good one. */
function over(
  make: (inner: PatternDecoderFactory) => DecoderFactory,
  uri: string,
  damaged = false,
): SetUp<DecoderSubject> {
  return async () => {
    const clip: Clip = {
      name: "pattern",
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
    const inner = new PatternDecoderFactory();
    const strangers = await strangersFor(clip);
    return new DecoderSubject(
      make(inner),
      clip,
      new SoundOracle(clip.truth),
      damaged ? { ...strangers, damaged: { uri: `${uri}#damaged` } } : strangers,
      () => {
        const { decoders, pictures, sounds } = inner.ledger();
        return decoders + pictures + sounds;
      },
    );
  };
}

export const decoderMutant = (
  name: string,
  breaks: readonly RuleId[],
  twist: Twist,
  uri = bothUri,
): Mutant<DecoderSubject> => ({
  name,
  breaks,
  setUp: over(
    (inner) => ({
      probe: (asset, signal) => inner.probe(asset, signal),
      open: async (asset, options, signal) => twisted(await inner.open(asset, options, signal), twist),
    }),
    uri,
  ),
});

export const factoryMutant = (
  name: string,
  breaks: readonly RuleId[],
  change: (inner: PatternDecoderFactory) => Partial<DecoderFactory>,
  damaged = false,
): Mutant<DecoderSubject> => ({
  name,
  breaks,
  setUp: over(
    (inner) => ({
      probe: (asset, signal) => inner.probe(asset, signal),
      open: (asset, options, signal) => inner.open(asset, options, signal),
      ...change(inner),
    }),
    bothUri,
    damaged,
  ),
});

/** A picture that says something else of itself. */
export const altered = (picture: PictureFrame, change: Partial<PictureFrame>): PictureFrame => ({
  format: picture.format,
  planes: picture.planes,
  strides: picture.strides,
  time: picture.time,
  duration: picture.duration,
  sourcePts: picture.sourcePts,
  sourceTimeBase: picture.sourceTimeBase,
  sourceIndex: undefined,
  concealed: picture.concealed,
  inPlace: picture.inPlace,
  ancillary: picture.ancillary,
  release: () => picture.release(),
  ...change,
});

export const eachPicture =
  (change: (picture: PictureFrame, read: number) => PictureFrame): Twist =>
  (inner) => {
    let reads = 0;
    return {
      readPicture: async (notBefore, options, signal) => {
        const picture = await inner.readPicture(notBefore, options, signal);
        return picture === endOfMedia ? picture : change(picture, reads++);
      },
    };
  };

/** Takes a picture out of the stream without showing it. */
export const dropPicture = async (inner: Decoder): Promise<void> => {
  const picture = await inner.readPicture(zero, {}, never);
  if (picture !== endOfMedia) picture.release();
};
