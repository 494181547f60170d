import { endOfMedia, type PictureFrame } from "@retrovue/core";
import { ensure, equal } from "../../framework/check.js";
import {
  type DecoderRule,
  expectNext,
  expectPicture,
  frameOf,
  nextPicture,
  picturesOf,
  soundOf,
  wantsPictures,
  wantsSound,
  zero,
} from "../reading.js";
import type { DecoderSubject } from "../subject.js";

const heldMax = 3;

const tooShort = (subject: DecoderSubject): string | undefined =>
  wantsPictures(subject) ??
  (picturesOf(subject).count < 2 * heldMax + 2 ? "it has too few pictures" : undefined);

/** Pictures and blocks on loan. */
export const lendingRules: readonly DecoderRule[] = [
  {
    id: "decoder/as-many-pictures-may-be-held-as-were-asked-for",
    reason: "The channel holds the shown picture while the next ones are conformed; fewer would lock it up.",
    notApplicable: tooShort,
    check: async (subject, signal) => {
      const decoder = await subject.open(signal, { picturesHeldMax: heldMax });
      for (let round = 0; round < 2; round++) {
        const held: PictureFrame[] = [];
        for (let i = 0; i < heldMax; i++) held.push(await nextPicture(decoder, signal));
        held.forEach((picture, i) => {
          expectPicture(picture, round * heldMax + i, subject, "while held");
        });
      }
    },
  },
  {
    id: "decoder/a-full-pool-waits-and-goes-on",
    reason: "Nothing grows: a decoder waits for a picture to come back and then goes on where it was.",
    notApplicable: tooShort,
    check: async (subject, signal) => {
      const decoder = await subject.open(signal, { picturesHeldMax: heldMax });
      const held: PictureFrame[] = [];
      for (let i = 0; i < heldMax; i++) held.push(await nextPicture(decoder, signal));
      const waiting = nextPicture(decoder, signal);
      held.shift()?.release();
      held.push(await waiting);
      equal(
        held.map((picture) => frameOf(picture, subject)),
        [1, 2, 3],
        "held after one came back",
      );
      for (const picture of held) picture.release();
      await expectNext(decoder, heldMax + 1, subject, signal, "after all came back");
    },
  },
  {
    id: "decoder/a-held-picture-does-not-change",
    reason: "A picture is on loan until it is released: decoding on into its memory tears what is on air.",
    notApplicable: tooShort,
    check: async (subject, signal) => {
      const decoder = await subject.open(signal, { picturesHeldMax: heldMax });
      const held = await nextPicture(decoder, signal);
      const before = held.planes.map((plane) => plane.slice());
      for (let n = 1; n < picturesOf(subject).count; n++) (await nextPicture(decoder, signal)).release();
      held.planes.forEach((plane, index) => {
        ensure(Buffer.compare(plane, before[index] ?? new Uint8Array()) === 0, `plane ${index} is as it was`);
      });
      expectPicture(held, 0, subject, "held to the end");
    },
  },
  {
    id: "decoder/a-second-release-is-quiet",
    reason: "A release too many must not hand another reader's picture back to the pool.",
    notApplicable: tooShort,
    check: async (subject, signal) => {
      const decoder = await subject.open(signal, { picturesHeldMax: heldMax });
      const first = await nextPicture(decoder, signal);
      first.release();
      const second = await nextPicture(decoder, signal);
      first.release();
      first.release();
      for (let n = 2; n < 2 + heldMax; n++)
        await expectNext(decoder, n, subject, signal, "after two releases");
      equal(frameOf(second, subject), 1, "number in the picture still held");
      second.release();
    },
  },
  {
    id: "decoder/sound-blocks-are-lent-likewise",
    reason: "A block keeps its samples until it is released, and a second release is quiet.",
    notApplicable: wantsSound,
    check: async (subject, signal) => {
      const decoder = await subject.open(signal);
      const portion = Math.min(1_200, Math.floor(soundOf(subject).samples / 12));
      const held = await decoder.readSound(portion, signal);
      ensure(held !== endOfMedia, "sound came");
      let position = held.samples;
      for (let read = 0; read < 8; read++) {
        const block = await decoder.readSound(portion, signal);
        ensure(block !== endOfMedia, "sound came");
        subject.sound.expect(block.channels, block.samples, position, `block ${read}`);
        position += block.samples;
        block.release();
        block.release();
      }
      subject.sound.expect(held.channels, held.samples, 0, "the block still held");
      held.release();
    },
  },
  {
    id: "decoder/a-hundred-releases-later-all-goes-on",
    reason: "A slot that is lost now and then stops a channel after minutes or hours.",
    notApplicable: wantsPictures,
    check: async (subject, signal) => {
      const decoder = await subject.open(signal, { picturesHeldMax: 2 });
      let read = 0;
      while (read < 100) {
        const picture = await decoder.readPicture(zero, {}, signal);
        if (picture === endOfMedia) await decoder.seek(zero, signal);
        else {
          picture.release();
          read++;
        }
      }
    },
  },
];
