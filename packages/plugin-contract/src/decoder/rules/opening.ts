import { type Decoder, endOfMedia, PlayoutError } from "@retrovue/core";
import { ensure, equal, rejects } from "../../framework/check.js";
import { type DecoderRule, expectNext, gather, zero } from "../reading.js";
import type { DecoderSubject } from "../subject.js";

/** Codes with which an open or a read may turn an asset down. */
const mediaCodes = [
  "MediaNotFound",
  "MediaForbidden",
  "UnsupportedMedia",
  "MediaCorrupt",
  "DecodeFailed",
] as const;

/** Probing and opening. */
export const openingRules: readonly DecoderRule[] = [
  {
    id: "decoder/probe-says-how-well-and-why",
    reason: "The choice of a decoder, and `probe FILE` for people, rest on score and reason.",
    check: async (subject, signal) => {
      const result = await subject.factory.probe({ uri: subject.clip.uri }, signal);
      ensure(result.score >= 1 && result.score <= 100, `score ${result.score} of its own clip is 1 to 100`);
      ensure(result.reason.trim().length > 0, "a reason is given");
      if (result.asset?.picture && subject.clip.truth.pattern.pictures?.size) {
        const { width, height } = subject.clip.truth.pattern.pictures.size;
        equal(
          [result.asset.picture.format.width, result.asset.picture.format.height],
          [width, height],
          "probed size",
        );
      }
    },
  },
  {
    id: "decoder/probe-turns-strangers-down-with-a-reason",
    reason: "A file that it cannot play is score 0 and no error, so that the next decoder is asked.",
    check: async (subject, signal) => {
      for (const stranger of [subject.strangers.foreign, subject.strangers.missing]) {
        const result = await subject.factory.probe(stranger, signal);
        equal(result.score, 0, `score of ${stranger.uri}`);
        ensure(result.reason.trim().length > 0, "a reason is given");
      }
    },
  },
  {
    id: "decoder/probe-has-no-effect",
    reason: "CheckPlan probes thousands of files beside channels on air.",
    check: async (subject, signal) => {
      const decoder = await subject.open(signal);
      const heldBefore = await subject.held();
      const asset = { uri: subject.clip.uri };
      const first = await subject.factory.probe(asset, signal);
      const [second] = await Promise.all([
        subject.factory.probe(asset, signal),
        subject.factory.probe(asset, signal),
      ]);
      equal(second, first, "the same asset probed again");
      equal(await subject.held(), heldBefore, "what is held after probing");
      await expectStart(decoder, subject, signal);
    },
  },
  {
    id: "decoder/a-missing-asset-is-coded",
    reason: "Retry and back-off are decided by code: what is missing now may be there in a second.",
    check: async (subject, signal) => {
      const open = subject.openAsset(subject.strangers.missing, signal);
      await rejects(open, "MediaNotFound", "opening what is not there");
    },
  },
  {
    id: "decoder/a-foreign-asset-is-coded",
    reason: "The next decoder is tried when this one says that it cannot; an uncoded error is a bug report.",
    check: async (subject, signal) => {
      const open = subject.openAsset(subject.strangers.foreign, signal);
      await rejects(open, ["UnsupportedMedia", "MediaCorrupt"], "opening what is no medium");
    },
  },
  {
    id: "decoder/a-failed-open-disturbs-nobody",
    reason: "The factory is as good as before after a failure, and decoders that are open do not notice.",
    check: async (subject, signal) => {
      const decoder = await subject.open(signal);
      const heldBefore = await subject.held();
      for (const stranger of [subject.strangers.missing, subject.strangers.foreign]) {
        await subject.openAsset(stranger, signal).catch(() => undefined);
      }
      equal(await subject.held(), heldBefore, "what is held after failed opens");
      await expectStart(decoder, subject, signal);
      await expectStart(await subject.open(signal), subject, signal);
    },
  },
  {
    id: "decoder/damage-is-coded-or-concealed",
    reason: "A broken file costs its own segment: each failure has a code, stays, and hangs nothing.",
    notApplicable: (subject) => (subject.strangers.damaged ? undefined : "it is no file that can be cut"),
    check: async (subject, signal) => {
      if (!subject.strangers.damaged) return;
      const coded = (error: unknown): void => {
        ensure(PlayoutError.is(error), `the failure is coded: ${String(error)}`);
        ensure(
          mediaCodes.some((code) => code === error.code),
          `${error.code} is a code for media`,
        );
      };
      let decoder: Decoder;
      try {
        decoder = await subject.openAsset(subject.strangers.damaged, signal);
      } catch (error) {
        coded(error);
        return;
      }
      try {
        await readToTheEnd(decoder, signal);
      } catch (error) {
        coded(error);
        const again = await decoder.readPicture(zero, {}, signal).catch((failure: unknown) => failure);
        ensure(PlayoutError.is(again), "reads after a failure reject alike");
      }
    },
  },
  {
    id: "decoder/open-decoders-are-independent",
    reason: "Preroll opens the next segments beside the one on air, often of the same asset.",
    check: async (subject, signal) => {
      const { pictures, sound } = subject.clip.truth.pattern;
      const decoders = await Promise.all(Array.from({ length: 4 }, () => subject.open(signal)));
      const count = Math.min(4, pictures?.count ?? 0);
      for (let n = 0; n < count; n++) {
        for (const [i, decoder] of decoders.entries())
          await expectNext(decoder, n, subject, signal, `decoder ${i}`);
      }
      const [first, ...others] = decoders;
      if (pictures) await first?.seek(pictures.times.at(pictures.count - 1), signal);
      await first?.[Symbol.asyncDispose]();
      for (const decoder of others) {
        if (pictures && count < pictures.count)
          await expectNext(decoder, count, subject, signal, "after one has gone");
        if (sound) {
          const { channels, samples } = await gather(decoder, Math.min(2_048, sound.samples), signal);
          subject.sound.expect(channels, samples, 0, "after one has gone");
        }
      }
    },
  },
];

async function expectStart(decoder: Decoder, subject: DecoderSubject, signal: AbortSignal): Promise<void> {
  const { pictures, sound } = subject.clip.truth.pattern;
  if (pictures) await expectNext(decoder, 0, subject, signal, "from the start");
  if (sound) {
    const { channels, samples } = await gather(decoder, Math.min(2_048, sound.samples), signal);
    subject.sound.expect(channels, samples, 0, "from the start");
  }
}

async function readToTheEnd(decoder: Decoder, signal: AbortSignal): Promise<void> {
  for (;;) {
    const picture = await decoder.readPicture(zero, {}, signal);
    if (picture === endOfMedia) break;
    picture.release();
  }
  for (;;) {
    const block = await decoder.readSound(4_096, signal);
    if (block === endOfMedia) break;
    block.release();
  }
}
