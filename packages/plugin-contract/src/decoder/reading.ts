import { type Decoder, endOfMedia, type MediaTime, mediaTime, type PictureFrame } from "@retrovue/core";
import {
  fieldView,
  lumaView,
  type PatternPictures,
  type PatternSound,
  readBlockMark,
  readCompactMark,
} from "@retrovue/core/testing";
import { ensure, equal } from "../framework/check.js";
import type { Rule } from "../framework/rule.js";
import type { DecoderSubject } from "./subject.js";

/** A rule of the decoder suite. */
export type DecoderRule = Rule<DecoderSubject>;

export const zero = mediaTime(0n);

/** For `notApplicable`. */
export const wantsPictures = (subject: DecoderSubject): string | undefined =>
  subject.clip.truth.pattern.pictures ? undefined : `${subject.clip.name} has no pictures`;

/** For `notApplicable`. */
export const wantsSound = (subject: DecoderSubject): string | undefined =>
  subject.clip.truth.pattern.sound ? undefined : `${subject.clip.name} has no sound`;

/** For `notApplicable`. */
export const wantsBoth = (subject: DecoderSubject): string | undefined =>
  wantsPictures(subject) ?? wantsSound(subject);

/** The pictures that the clip has; a rule that asks has `wantsPictures`. */
export function picturesOf(subject: DecoderSubject): PatternPictures {
  const { pictures } = subject.clip.truth.pattern;
  ensure(pictures, "the clip has pictures");
  return pictures;
}

/** The sound that the clip has; a rule that asks has `wantsSound`. */
export function soundOf(subject: DecoderSubject): PatternSound {
  const { sound } = subject.clip.truth.pattern;
  ensure(sound, "the clip has sound");
  return sound;
}

/** The next picture; fails at the end. The caller releases it. */
export async function nextPicture(
  decoder: Decoder,
  signal: AbortSignal,
  notBefore: MediaTime = zero,
): Promise<PictureFrame> {
  const read = await decoder.readPicture(notBefore, {}, signal);
  ensure(read !== endOfMedia, "another picture was to come, but the pictures ended");
  return read;
}

/** Which picture of the clip this is, by its content. */
export function frameOf(
  picture: Pick<PictureFrame, "planes" | "strides" | "format" | "time">,
  subject: DecoderSubject,
): number {
  const { pattern } = subject.clip.truth;
  const pictures = picturesOf(subject);
  const view = lumaView(picture, picture.format);
  const read = (of: typeof view): number => {
    const mark = pictures.mark === "compact" ? readCompactMark(of.bytes, of.offset) : readBlockMark(of);
    ensure(mark, `the picture at ${picture.time} ns shows no readable mark`);
    equal(mark.asset, pattern.id, "the picture's asset");
    return mark.frame;
  };
  if (pictures.fieldOrder === "progressive") return read(view);
  const [top, bottom] = [read(fieldView(view, "top")), read(fieldView(view, "bottom"))];
  const [first, second] = pictures.fieldOrder === "top-first" ? [top, bottom] : [bottom, top];
  ensure(first % 2 === 0 && second === first + 1, `fields ${first} and ${second} make no picture`);
  return first / 2;
}

/** Fails unless this is picture `n`, by content and by time; then releases it. */
export function expectPicture(picture: PictureFrame, n: number, subject: DecoderSubject, what: string): void {
  equal(frameOf(picture, subject), n, `${what}: number in the picture`);
  const { timeSlackNs } = subject.clip.truth;
  const off = picture.time - picturesOf(subject).times.at(n);
  ensure(
    off <= timeSlackNs && off >= -timeSlackNs,
    `${what}: picture ${n} is ${off} ns from its time (${timeSlackNs} allowed)`,
  );
  if (picture.sourceIndex !== undefined) equal(picture.sourceIndex, n, `${what}: sourceIndex`);
  picture.release();
}

/** Reads the next picture and fails unless it is picture `n`. */
export async function expectNext(
  decoder: Decoder,
  n: number,
  subject: DecoderSubject,
  signal: AbortSignal,
  what: string,
): Promise<void> {
  expectPicture(await nextPicture(decoder, signal), n, subject, what);
}

/** Samples that were read, copied out of the blocks. */
export interface Gathered {
  readonly channels: readonly Float32Array[];
  readonly samples: number;
  /** Time of the first sample; undefined where none came. */
  readonly time: MediaTime | undefined;
  readonly ended: boolean;
}

/** Reads until `samples` samples have come or the sound has ended, `portion` at a time. */
export async function gather(
  decoder: Decoder,
  samples: number,
  signal: AbortSignal,
  portion = 1_601,
): Promise<Gathered> {
  let channels: Float32Array[] = [];
  let count = 0;
  let time: MediaTime | undefined;
  while (count < samples) {
    const wanted = Math.min(portion, samples - count);
    const block = await decoder.readSound(wanted, signal);
    if (block === endOfMedia) return { channels, samples: count, time, ended: true };
    ensure(
      block.samples >= 1 && block.samples <= wanted,
      `a read of ${wanted} samples gave ${block.samples}`,
    );
    if (time === undefined) {
      channels = block.channels.map(() => new Float32Array(samples));
      time = block.time;
    }
    channels.forEach((into, index) => {
      const from = block.channels[index];
      ensure(from && from.length >= block.samples, "every channel holds the block's samples");
      into.set(from.subarray(0, block.samples), count);
    });
    count += block.samples;
    block.release();
  }
  return { channels, samples: count, time, ended: false };
}

/** All that is left of the sound. */
export const gatherAll = (
  decoder: Decoder,
  subject: DecoderSubject,
  signal: AbortSignal,
  portion?: number,
): Promise<Gathered> =>
  gather(decoder, soundOf(subject).samples + subject.clip.truth.tailSamples + 4_096, signal, portion);

/** A fixed shuffle of 0…count−1: every number once, in an order that jumps both ways. */
export function shuffled(count: number): number[] {
  const numbers = Array.from({ length: count }, (_, n) => n);
  let state = 12_345;
  for (let i = count - 1; i > 0; i--) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const j = state % (i + 1);
    const [a, b] = [numbers[i] ?? 0, numbers[j] ?? 0];
    numbers[i] = b;
    numbers[j] = a;
  }
  return numbers;
}

/** Waits for a promise to settle, whichever way. */
export const settled = async (promise: Promise<unknown>): Promise<PromiseSettledResult<unknown>> => {
  const [result] = await Promise.allSettled([promise]);
  return result;
};
