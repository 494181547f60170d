import { endOfMedia, type MediaTime, mediaTime } from "@retrovue/core";
import { ensure, equal } from "../../framework/check.js";
import {
  type DecoderRule,
  expectNext,
  expectPicture,
  gather,
  nextPicture,
  picturesOf,
  shuffled,
  soundOf,
  wantsBoth,
  wantsPictures,
  wantsSound,
  zero,
} from "../reading.js";
import type { DecoderSubject } from "../subject.js";

/** Pictures that are sought: all of a clip, unless it is very long. */
const soughtMax = 240;

/** Seeks of one check at least, in an order by chance. */
const seeksMin = 200;

/** Places in the sound that are sought. */
const soundPlaces = 32;

const ms = 1_000_000n;

/** Where a seek goes, and the picture that it must give. */
function targets(subject: DecoderSubject): { to: MediaTime; n: number }[] {
  const { times, count } = picturesOf(subject);
  const order = shuffled(count).slice(0, soughtMax);
  const found = order.flatMap((n) => {
    const [at, next] = [times.at(n), times.at(n + 1)];
    return [
      { to: at, n },
      { to: mediaTime((at + next) / 2n), n },
      // Within the 2 ms that rounded timestamps are forgiven.
      { to: mediaTime(at - ms), n },
    ];
  });
  // Short clips are gone over again, elsewhere within each picture's time.
  for (let more = 0; found.length < seeksMin; more++) {
    const n = order[(more * 7) % order.length] ?? 0;
    const [at, next] = [times.at(n), times.at(n + 1)];
    found.push({ to: mediaTime(at + ((next - at) * BigInt(1 + (more % 5))) / 10n), n });
  }
  return found;
}

/** Seeking. */
export const seekingRules: readonly DecoderRule[] = [
  {
    id: "decoder/seek-is-frame-exact",
    reason:
      "A segment's in-point, a join in the middle and a return after a fault all begin at one exact picture.",
    notApplicable: wantsPictures,
    check: async (subject, signal) => {
      const decoder = await subject.open(signal);
      const { count } = picturesOf(subject);
      for (const { to, n } of targets(subject)) {
        await decoder.seek(to, signal);
        await expectNext(decoder, n, subject, signal, `after seek to ${to}`);
        if (n + 1 < count) await expectNext(decoder, n + 1, subject, signal, `second after seek to ${to}`);
      }
    },
  },
  {
    id: "decoder/seek-does-not-reach-ahead",
    reason:
      "Four milliseconds before a picture the one before it is shown; 2 ms of slack must not become more.",
    notApplicable: (subject) =>
      wantsPictures(subject) ?? (picturesOf(subject).count < 3 ? "it has fewer than 3 pictures" : undefined),
    check: async (subject, signal) => {
      const decoder = await subject.open(signal);
      const { times, count } = picturesOf(subject);
      for (const n of shuffled(count - 1).slice(0, 10)) {
        if (times.at(n + 1) - times.at(n) < 8n * ms) continue;
        const to = mediaTime(times.at(n + 1) - 4n * ms);
        await decoder.seek(to, signal);
        await expectNext(decoder, n, subject, signal, `4 ms before picture ${n + 1}`);
      }
    },
  },
  {
    id: "decoder/seek-to-zero-starts-again",
    reason: "A looped plan plays the same asset from its start, again and again, after its end as well.",
    check: async (subject, signal) => {
      const decoder = await subject.open(signal);
      const { pictures, sound } = subject.clip.truth.pattern;
      for (let round = 0; round < 3; round++) {
        if (round > 0) await decoder.seek(zero, signal);
        if (pictures) {
          for (let n = 0; n < pictures.count; n++)
            await expectNext(decoder, n, subject, signal, `round ${round}`);
          equal(await decoder.readPicture(zero, {}, signal), endOfMedia, `end of round ${round}`);
        }
        if (sound) {
          const { channels, samples } = await gather(decoder, Math.min(4_096, sound.samples), signal);
          subject.sound.expect(channels, samples, 0, `round ${round}`);
        }
      }
    },
  },
  {
    id: "decoder/seek-before-zero-is-the-start",
    reason: "An in-point within the slack of the first picture selects it; there is nothing before.",
    check: async (subject, signal) => {
      const decoder = await subject.open(signal);
      await decoder.seek(mediaTime(-ms), signal);
      const { pictures, sound } = subject.clip.truth.pattern;
      if (pictures) await expectNext(decoder, 0, subject, signal, "before zero");
      if (sound) {
        const { channels, samples } = await gather(decoder, Math.min(4_096, sound.samples), signal);
        subject.sound.expect(channels, samples, 0, "before zero");
      }
    },
  },
  {
    id: "decoder/seek-beyond-the-end-is-the-end",
    reason:
      "A segment whose in-point lies behind its media gets the end at once, not the last picture and not an error.",
    check: async (subject, signal) => {
      const decoder = await subject.open(signal);
      for (const beyond of [10_000n * ms, 3_600_000n * ms]) {
        await decoder.seek(mediaTime(beyond + endOf(subject)), signal);
        equal(await decoder.readPicture(zero, {}, signal), endOfMedia, "pictures beyond the end");
        equal(await decoder.readSound(100, signal), endOfMedia, "sound beyond the end");
      }
      await decoder.seek(zero, signal);
      if (subject.clip.truth.pattern.pictures) await expectNext(decoder, 0, subject, signal, "back at zero");
    },
  },
  {
    id: "decoder/sound-starts-at-the-sample",
    reason:
      "Picture and sound of a segment begin within one sample of the plan; seeking by packets is up to 2 s off.",
    notApplicable: wantsSound,
    check: async (subject, signal) => {
      const decoder = await subject.open(signal);
      const { samples, sampleRate } = soundOf(subject);
      const last = Math.max(1, samples - 4_096);
      for (const n of shuffled(soundPlaces)) {
        const position = Math.floor((last * n) / soundPlaces) + (n % 3);
        const to = mediaTime((BigInt(position) * 1_000_000_000n) / BigInt(sampleRate));
        await decoder.seek(to, signal);
        const sound = await gather(decoder, Math.min(4_096, samples - position), signal);
        subject.sound.expect(sound.channels, sound.samples, position, `after seek to ${to}`);
        const off = (sound.time ?? 0n) - to;
        const sample = 1_000_000_000n / BigInt(sampleRate) + 1n;
        ensure(off <= sample && off >= -sample, `the block after seek to ${to} says ${off} ns off`);
      }
    },
  },
  {
    id: "decoder/seek-moves-both-streams",
    reason: "Old sound under a new picture is heard at every seam.",
    notApplicable: wantsBoth,
    check: async (subject, signal) => {
      const decoder = await subject.open(signal);
      const { times, count } = picturesOf(subject);
      const { samples, sampleRate } = soundOf(subject);
      for (const n of shuffled(count).slice(0, 8)) {
        const to = times.at(n);
        await decoder.seek(to, signal);
        const position = Number((to * BigInt(sampleRate) + 500_000_000n) / 1_000_000_000n);
        if (position + 2_048 > samples) continue;
        const sound = await gather(decoder, 2_048, signal);
        subject.sound.expect(sound.channels, sound.samples, position, `sound after seek to picture ${n}`);
        await expectNext(decoder, n, subject, signal, `picture after its sound`);
      }
    },
  },
  {
    id: "decoder/seek-cancels-reads-in-flight",
    reason: "A read that a seek overtakes must not give an old picture to who waits for a new one.",
    notApplicable: wantsPictures,
    check: async (subject, signal) => {
      const decoder = await subject.open(signal, { picturesHeldMax: 1 });
      const held = await nextPicture(decoder, signal);
      const overtaken = decoder.readPicture(zero, {}, signal).then(
        (read) => {
          if (read !== endOfMedia) read.release();
          return undefined;
        },
        (error: unknown) => error,
      );
      const target = picturesOf(subject).count - 1;
      await decoder.seek(picturesOf(subject).times.at(target), signal);
      const error = await overtaken;
      ensure(
        error === undefined || (error as { code?: string }).code === "Cancelled",
        `the overtaken read ended with ${String(error)}, not with Cancelled`,
      );
      held.release();
      expectPicture(await nextPicture(decoder, signal), target, subject, "after the seek");
    },
  },
];

function endOf(subject: DecoderSubject): bigint {
  const { pictures, sound } = subject.clip.truth.pattern;
  const soundEnd = sound ? (BigInt(sound.samples) * 1_000_000_000n) / BigInt(sound.sampleRate) : 0n;
  const pictureEnd = pictures ? pictures.times.at(pictures.count) : 0n;
  return soundEnd > pictureEnd ? soundEnd : pictureEnd;
}
