import { endOfMedia } from "@retrovue/core";
import { ensure, rejects } from "../../framework/check.js";
import {
  type DecoderRule,
  expectNext,
  expectPicture,
  gather,
  picturesOf,
  soundOf,
  wantsPictures,
  wantsSound,
  zero,
} from "../reading.js";

/** Reasons that a signal may carry, and the code that each must come back as. */
const reasons = [
  ["Cancelled", () => new DOMException("stopped", "AbortError")],
  ["Timeout", () => new DOMException("too late", "TimeoutError")],
] as const;

/** Aborted calls. */
export const abortingRules: readonly DecoderRule[] = [
  {
    id: "decoder/an-aborted-picture-read-loses-nothing",
    reason:
      "The channel gives up on a tick and asks again on the next one; a picture lost in between is never seen.",
    notApplicable: wantsPictures,
    check: async (subject, signal) => {
      const decoder = await subject.open(signal);
      const last = Math.min(12, picturesOf(subject).count);
      for (let n = 0; n < last; n++) {
        const [code, reason] = reasons[n % 2] ?? reasons[0];
        const before = decoder.readPicture(zero, {}, AbortSignal.abort(reason()));
        await rejects(before, code, "a picture read that is aborted before it begins");
        const during = new AbortController();
        const read = decoder.readPicture(zero, {}, during.signal);
        during.abort(reason());
        const outcome = await read.catch((error: unknown) => error);
        if (outcome === endOfMedia) ensure(false, "an aborted read is not the end");
        else if (outcome instanceof Error) {
          await rejects(Promise.reject(outcome), code, "a picture read that is aborted while it runs");
          await expectNext(decoder, n, subject, signal, "after an aborted read");
        } else {
          // It was quicker than the abort: then it has lent its picture.
          expectPicture(outcome as Parameters<typeof expectPicture>[0], n, subject, "quicker than its abort");
        }
      }
    },
  },
  {
    id: "decoder/an-aborted-sound-read-loses-nothing",
    reason: "Samples lost in an aborted read move sound against picture for the rest of the segment.",
    notApplicable: wantsSound,
    check: async (subject, signal) => {
      const decoder = await subject.open(signal);
      const portion = Math.min(1_024, Math.floor(soundOf(subject).samples / 8));
      let position = 0;
      for (let round = 0; round < 6; round++) {
        const [code, reason] = reasons[round % 2] ?? reasons[0];
        const before = decoder.readSound(portion, AbortSignal.abort(reason()));
        await rejects(before, code, "a sound read that is aborted before it begins");
        const during = new AbortController();
        const read = decoder.readSound(portion, during.signal);
        during.abort(reason());
        const outcome = await read.catch((error: unknown) => error);
        if (outcome instanceof Error) await rejects(Promise.reject(outcome), code, "an aborted sound read");
        else if (typeof outcome === "object" && outcome !== null) {
          const block = outcome as Exclude<Awaited<typeof read>, typeof endOfMedia>;
          subject.sound.expect(block.channels, block.samples, position, "quicker than its abort");
          position += block.samples;
          block.release();
        }
        const next = await gather(decoder, portion, signal);
        subject.sound.expect(next.channels, next.samples, position, "after an aborted read");
        position += next.samples;
      }
    },
  },
  {
    id: "decoder/an-aborted-open-is-told",
    reason: "Opening a slow file is given up at its deadline; what was half made must be gone.",
    check: async (subject) => {
      for (const [code, reason] of reasons) {
        const open = subject.openAsset({ uri: subject.clip.uri }, AbortSignal.abort(reason()));
        await rejects(open, code, "an open that is aborted before it begins");
        const during = new AbortController();
        const opening = subject.openAsset({ uri: subject.clip.uri }, during.signal);
        during.abort(reason());
        const outcome = await opening.catch((error: unknown) => error);
        if (outcome instanceof Error)
          await rejects(Promise.reject(outcome), code, "an open aborted while it runs");
      }
    },
  },
  {
    id: "decoder/an-aborted-seek-can-be-repeated",
    reason: "After a seek that was given up the decoder must be usable: the next seek decides where it is.",
    check: async (subject, signal) => {
      const decoder = await subject.open(signal);
      await rejects(decoder.seek(zero, AbortSignal.abort()), "Cancelled", "an aborted seek");
      await decoder.seek(zero, signal);
      const { pictures, sound } = subject.clip.truth.pattern;
      if (pictures) await expectNext(decoder, 0, subject, signal, "after the repeated seek");
      if (sound) {
        const { channels, samples } = await gather(decoder, Math.min(2_048, sound.samples), signal);
        subject.sound.expect(channels, samples, 0, "after the repeated seek");
      }
    },
  },
];
