import { describe, expect, test } from "vitest";
import type { Decoder } from "../../decoder/decoder.js";
import { endOfMedia, type PictureFrame } from "../../media/picture.js";
import type { SoundBlock } from "../../media/sound.js";
import { rational } from "../../time/rational.js";
import { mediaTime, nsPerSecond } from "../../time/units.js";
import { fieldView, lumaView, readBlockMark, readCompactMark, readExactSound } from "../marks/index.js";
import { allocatePicture, PatternDecoderFactory, PictureTimes, parsePatternUri } from "./index.js";

const never = new AbortController().signal;
const open = (uri: string, options = {}) => {
  const factory = new PatternDecoderFactory();
  return factory.open({ uri }, options, never).then((decoder) => ({ factory, decoder }));
};
async function picture(decoder: Decoder, notBefore = mediaTime(0n)): Promise<PictureFrame> {
  const read = await decoder.readPicture(notBefore, {}, never);
  if (read === endOfMedia) throw new Error("the pictures ended");
  return read;
}
async function sound(decoder: Decoder, samples: number): Promise<SoundBlock> {
  const read = await decoder.readSound(samples, never);
  if (read === endOfMedia) throw new Error("the sound ended");
  return read;
}

describe("pattern decoder", () => {
  test("pattern/every-picture-and-sample-says-where-it-comes-from", async () => {
    const { decoder } = await open(
      "test://pattern?id=7&rate=24000/1001&duration=1s&size=96x54&sound=48000x2&soundDuration=500ms",
    );
    for (let n = 0; n < 24; n++) {
      const shown = await picture(decoder);
      expect(readBlockMark(lumaView(shown, shown.format))).toMatchObject({ frame: n, asset: 7 });
      expect(shown.time).toBe((BigInt(n) * 1_001n * nsPerSecond) / 24_000n);
      shown.release();
    }
    expect(await decoder.readPicture(mediaTime(0n), {}, never)).toBe(endOfMedia);
    expect(await decoder.readPicture(mediaTime(0n), {}, never)).toBe(endOfMedia);
    let position = 0;
    for (;;) {
      const block = await decoder.readSound(1_001, never);
      if (block === endOfMedia) break;
      expect(readExactSound(block.channels)).toEqual({ asset: 7, position });
      position += block.samples;
      block.release();
    }
    expect(position).toBe(24_000);
  });

  test("pattern/seek-is-exact-and-beyond-the-end-is-the-end", async () => {
    const { decoder } = await open("test://pattern?rate=25&duration=4s&size=8x1&timestamps=ms");
    for (const n of [50, 3, 99, 0, 98]) {
      await decoder.seek(mediaTime(BigInt(n) * 40_000_000n - 1_900_000n), never);
      const shown = await picture(decoder);
      expect(shown.sourceIndex).toBe(n);
      shown.release();
      const block = await sound(decoder, 10);
      expect(readExactSound(block.channels)?.position).toBe(Math.max(0, n * 1_920 - 91));
      block.release();
    }
    await decoder.seek(mediaTime(4n * nsPerSecond), never);
    expect(await decoder.readPicture(mediaTime(0n), {}, never)).toBe(endOfMedia);
    expect(await decoder.readSound(1, never)).toBe(endOfMedia);
  });

  test("pattern/not-before-skips-what-nobody-sees-but-never-the-last", async () => {
    const { decoder } = await open("test://pattern?rate=25&duration=1s&size=8x1");
    expect((await picture(decoder, mediaTime(119_999_999n))).sourceIndex).toBe(2);
    expect((await picture(decoder, mediaTime(0n))).sourceIndex).toBe(3);
    expect((await picture(decoder, mediaTime(10n * nsPerSecond))).sourceIndex).toBe(24);
    expect(await decoder.readPicture(mediaTime(0n), {}, never)).toBe(endOfMedia);
  });

  test("pattern/a-full-pool-waits-and-goes-on", async () => {
    const { decoder, factory } = await open("test://pattern?size=8x1", { picturesHeldMax: 2 });
    const [first] = [await picture(decoder), await picture(decoder)];
    expect(factory.ledger()).toMatchObject({ decoders: 1, pictures: 2 });
    const patience = new AbortController();
    const waiting = decoder.readPicture(mediaTime(0n), {}, patience.signal);
    await expect(decoder.readPicture(mediaTime(0n), {}, never)).rejects.toThrow(/misused/);
    expect(factory.ledger().misuse).toHaveLength(1);
    patience.abort();
    await expect(waiting).rejects.toMatchObject({ code: "Cancelled" });
    const again = picture(decoder);
    first.release();
    first.release();
    expect((await again).sourceIndex).toBe(2);
    expect(factory.ledger().pictures).toBe(2);
    const cut = decoder.readPicture(mediaTime(0n), {}, never);
    await decoder[Symbol.asyncDispose]();
    await expect(cut).rejects.toMatchObject({ code: "Closed" });
    await expect(decoder.readSound(1, never)).rejects.toMatchObject({ code: "Closed" });
    expect(factory.ledger()).toMatchObject({ decoders: 0, pictures: 0, heldAtDispose: 2 });
  });

  test("pattern/a-wanted-format-is-drawn-in-place", async () => {
    const { decoder: ask } = await open("test://pattern?size=64x36");
    const wanted = ask.info.picture!.format;
    const { decoder } = await open("test://pattern?id=3", { wanted });
    const into = { ...allocatePicture(wanted), index: 0, release() {} };
    const shown = (await decoder.readPicture(mediaTime(0n), { into }, never)) as PictureFrame;
    expect(shown.inPlace).toBe(true);
    expect(readBlockMark(lumaView(into, wanted))).toMatchObject({ frame: 0, asset: 3 });
    expect(decoder.outstanding().pictures).toBe(1);
    shown.release();
    expect(decoder.outstanding().pictures).toBe(0);
  });

  test("pattern/fields-carry-their-own-numbers", async () => {
    const { decoder } = await open("test://pattern?size=96x60&fields=bottom-first");
    await decoder.seek(mediaTime(200_000_000n), never);
    const shown = await picture(decoder);
    const view = lumaView(shown, shown.format);
    expect(readBlockMark(fieldView(view, "bottom"))?.frame).toBe(10);
    expect(readBlockMark(fieldView(view, "top"))?.frame).toBe(11);
  });
});

test("pattern/uri-is-read-strictly", () => {
  const asset = parsePatternUri(
    "test://pattern?id=9&vfr=33ms,50ms&duration=1s&sound=44100x1&soundMark=noise&size=8x4",
  );
  expect(asset.pictures).toMatchObject({ mark: "compact", count: 25 });
  expect(asset.sound).toEqual({ sampleRate: 44_100, channels: 1, mark: "noise", samples: 44_100 });
  expect(parsePatternUri("test://pattern?duration=endless").pictures?.count).toBe(Number.POSITIVE_INFINITY);
  for (const query of [
    "id=0",
    "id=256",
    "rate=0",
    "size=3x3",
    "colour=red",
    "duration=10",
    "vfr=0ms",
    "sound=none&pictures=none",
  ]) {
    expect(() => parsePatternUri(`test://pattern?${query}`), query).toThrow(/./);
  }
});

test("pattern/compact-marks-fit-tiny-pictures", async () => {
  const { decoder } = await open("test://pattern?size=8x1&id=200&duration=endless");
  await decoder.seek(mediaTime(3_600n * nsPerSecond), never);
  const shown = await picture(decoder);
  expect(readCompactMark(shown.planes[0]!)).toEqual({ frame: 90_000, asset: 200, opacity: 255 });
});

test("pattern/times-are-exact-and-found-again", () => {
  for (const rounding of ["exact", "90k", "ms"] as const) {
    for (const rate of [rational(24_000, 1_001), rational(25, 1), rational(60_000, 1_001)]) {
      const times = new PictureTimes({ rate, rounding });
      for (const n of [0, 1, 2, 999, 10_000_000]) {
        expect(times.atOrBefore(times.at(n))).toBe(n);
        expect(times.atOrBefore(times.at(n + 1) - 1n)).toBe(n);
      }
    }
  }
});
