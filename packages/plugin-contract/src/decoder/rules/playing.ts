import { endOfMedia, mediaTime, type PictureFrame } from "@retrovue/core";
import { ensure, equal } from "../../framework/check.js";
import {
  type DecoderRule,
  expectNext,
  expectPicture,
  gather,
  gatherAll,
  nextPicture,
  picturesOf,
  soundOf,
  wantsBoth,
  wantsPictures,
  wantsSound,
  zero,
} from "../reading.js";

/** Playing from zero to the end. */
export const playingRules: readonly DecoderRule[] = [
  {
    id: "decoder/zero-is-the-first-picture",
    reason: "In-points count from the first shown picture; another zero shifts every segment.",
    notApplicable: wantsPictures,
    check: async (subject, signal) => {
      const decoder = await subject.open(signal);
      const picture = await nextPicture(decoder, signal);
      equal(picture.time, zero, "time of the first picture");
      expectPicture(picture, 0, subject, "first");
    },
  },
  {
    id: "decoder/every-picture-once-and-in-order",
    reason: "A picture lost, doubled or out of order is seen, and shifts the cadence of all that follow.",
    notApplicable: wantsPictures,
    check: async (subject, signal) => {
      const decoder = await subject.open(signal);
      let last = -1n;
      let lastTime = zero;
      for (let n = 0; n < picturesOf(subject).count; n++) {
        const picture = await nextPicture(decoder, signal, lastTime);
        ensure(picture.time > last, `time of picture ${n} is after the one before`);
        last = picture.time;
        lastTime = picture.time;
        expectPicture(picture, n, subject, "playing");
      }
      equal(await decoder.readPicture(zero, {}, signal), endOfMedia, "after the last picture");
    },
  },
  {
    id: "decoder/every-sample-once-and-in-order",
    reason: "A sample lost or doubled clicks, and moves sound against picture for the rest of the segment.",
    notApplicable: wantsSound,
    check: async (subject, signal) => {
      const { tailSamples } = subject.clip.truth;
      const { samples } = soundOf(subject);
      for (const portion of [1_601, 97]) {
        const decoder = await subject.open(signal);
        const all = await gatherAll(decoder, subject, signal, portion);
        ensure(all.ended, "the sound ends");
        equal(all.time, zero, "time of the first sample");
        const off = all.samples - samples;
        ensure(Math.abs(off) <= tailSamples, `${all.samples} samples came, not ${samples} (±${tailSamples})`);
        subject.sound.expect(all.channels, Math.min(all.samples, samples), 0, `in portions of ${portion}`);
        await decoder[Symbol.asyncDispose]();
      }
    },
  },
  {
    id: "decoder/sound-reads-are-filled",
    reason: "The channel asks for exactly what it owes; short reads in mid-stream starve it.",
    notApplicable: wantsSound,
    check: async (subject, signal) => {
      const decoder = await subject.open(signal);
      const asked = Math.min(1_000, Math.floor(soundOf(subject).samples / 4));
      for (let read = 0; read < 3; read++) {
        const block = await decoder.readSound(asked, signal);
        ensure(block !== endOfMedia, "sound came");
        equal(block.samples, asked, `samples of read ${read} in mid-stream`);
        const expected = (BigInt(read * asked) * 1_000_000_000n) / BigInt(soundOf(subject).sampleRate);
        const off = block.time - expected;
        const sample = 1_000_000_000n / BigInt(soundOf(subject).sampleRate);
        ensure(off <= sample && off >= -sample, `the block's time is ${off} ns off`);
        block.release();
      }
    },
  },
  {
    id: "decoder/sound-is-one-unbroken-line",
    reason:
      "A channel counts samples and looks at no block's time: what an asset lacks must come as silence.",
    notApplicable: wantsSound,
    check: async (subject, signal) => {
      const decoder = await subject.open(signal);
      const { sampleRate, samples } = soundOf(subject);
      for (const from of [0, Math.floor(samples / 3)]) {
        const to = mediaTime((BigInt(from) * 1_000_000_000n) / BigInt(sampleRate));
        if (from > 0) await decoder.seek(to, signal);
        let count = 0;
        let first: bigint | undefined;
        for (;;) {
          const block = await decoder.readSound(777, signal);
          if (block === endOfMedia) break;
          first ??= block.time;
          const counted = first + (BigInt(count) * 1_000_000_000n) / BigInt(block.sampleRate);
          const off = block.time - counted;
          const sample = 1_000_000_000n / BigInt(block.sampleRate) + 1n;
          ensure(
            off <= sample && off >= -sample,
            `${count} samples on, the block's time is ${off} ns from the count`,
          );
          count += block.samples;
          block.release();
        }
        ensure(count > 0, "sound came");
      }
    },
  },
  {
    id: "decoder/sound-does-not-wait-for-pictures",
    reason: "A full picture queue that parks the decoder starves the sound: the classic silence on air.",
    notApplicable: wantsBoth,
    check: async (subject, signal) => {
      const decoder = await subject.open(signal, { picturesHeldMax: 2 });
      const held: (PictureFrame | typeof endOfMedia)[] = [
        await nextPicture(decoder, signal),
        await nextPicture(decoder, signal),
      ];
      const waiting = decoder.readPicture(zero, {}, signal).then((read) => held.push(read));
      // Where the rule is broken nobody comes to await it.
      waiting.catch(() => undefined);
      const all = await gatherAll(decoder, subject, signal);
      ensure(all.ended, "the sound ends while pictures are held");
      // The waiting read takes the first that comes back, so all that comes is released.
      for (const picture of held.splice(0)) if (picture !== endOfMedia) picture.release();
      await waiting;
      for (const picture of held) if (picture !== endOfMedia) picture.release();
    },
  },
  {
    id: "decoder/pictures-do-not-wait-for-sound",
    reason: "A channel may have all the sound it wants for now, and must get its pictures still.",
    notApplicable: wantsBoth,
    check: async (subject, signal) => {
      const decoder = await subject.open(signal);
      for (let n = 0; n < picturesOf(subject).count; n++)
        await expectNext(decoder, n, subject, signal, "no sound read");
      const { samples, channels } = await gather(decoder, 2_048, signal);
      subject.sound.expect(channels, samples, 0, "sound after all pictures");
    },
  },
  {
    id: "decoder/one-read-of-each-kind-runs-together",
    reason: "Picture and sound of a tick are asked for at once.",
    notApplicable: wantsBoth,
    check: async (subject, signal) => {
      const decoder = await subject.open(signal);
      let position = 0;
      for (let n = 0; n < Math.min(8, picturesOf(subject).count); n++) {
        const [picture, sound] = await Promise.all([
          nextPicture(decoder, signal),
          gather(decoder, 1_200, signal),
        ]);
        expectPicture(picture, n, subject, "both at once");
        subject.sound.expect(sound.channels, sound.samples, position, "both at once");
        position += sound.samples;
      }
    },
  },
];
