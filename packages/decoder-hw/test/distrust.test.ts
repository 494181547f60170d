import { endOfMedia, mediaTime } from "@retrovue/core";
import { expect, test } from "vitest";
import type { DeviceEntry, HardwareDecoderFactory } from "../src/index.js";
import { Bench, clipOf, countPictures, never, refusal } from "./standin.js";

const { uri } = await clipOf("mp4-h264-aac");
const mpeg2 = await clipOf("ts-mpeg2-mp2");

type Faults = NonNullable<DeviceEntry["standin"]>;
const standin = (faults: Faults): DeviceEntry[] => [{ use: "standin", standin: faults }];
const open = (factory: HardwareDecoderFactory) => factory.open({ uri }, {}, never);

test.each(["green", "colour", "swapped"] as const)(
  "lesson/45-wrong-pictures-of-a-device-are-never-given-out: %s",
  async (wrong) => {
    await using bench = new Bench();
    // Swapping needs a predecessor; the others are wrong from the fifth picture on.
    const factory = await bench.factory(standin({ wrong, wrongAt: 5 }));
    await using decoder = await open(factory);
    // What came before was right, and is given out.
    expect(await countPictures(decoder, 5)).toBe(5);
    const error = await refusal(decoder.readPicture(mediaTime(-1n), {}, never));
    expect(error.code).toBe("DecodeFailed");
    expect(error.message).toMatch(
      /Picture 5 of h264 differs from software decode: \d+\.\d dB, must be bit-exact/,
    );
    // For good.
    expect((await refusal(decoder.readPicture(mediaTime(-1n), {}, never))).code).toBe("DecodeFailed");
    expect(bench.lines).toContainEqual(
      expect.objectContaining({ level: "error", message: "standin:0 gives wrong pictures" }),
    );
  },
);

test("distrust/a-demoted-codec-is-refused-everywhere-until-the-driver-is-another", async () => {
  await using bench = new Bench();
  const factory = await bench.factory(standin({ wrong: "colour", driver: "1.0" }));
  {
    await using decoder = await open(factory);
    expect((await refusal(countPictures(decoder))).code).toBe("DecodeFailed");
  }
  // Another factory as of another process: the list lies in the folder.
  const other = await bench.factory(standin({ driver: "1.0" }));
  const why = /standin:0 is not trusted with h264 \S+.* since 20\d\d-.+ \(Picture 0 of h264 differs/;
  expect(await other.probe({ uri }, never)).toMatchObject({ score: 0, reason: why });
  expect(await refusal(open(other))).toMatchObject({ code: "DeviceUnavailable", message: why });
  // Other codecs are as good as before, and so is another driver.
  expect((await other.probe({ uri: mpeg2.uri }, never)).score).toBe(80);
  const renewed = await bench.factory(standin({ driver: "1.1" }));
  await using decoder = await open(renewed);
  expect(await countPictures(decoder, 20)).toBe(20);
});

test("distrust/mpeg-2-may-differ-a-little-but-not-much", async () => {
  await using bench = new Bench();
  const good = await bench.factory(standin({}));
  await using decoder = await good.open({ uri: mpeg2.uri }, {}, never);
  expect(await countPictures(decoder, 20)).toBe(20);
  const bad = await bench.factory(standin({ wrong: "green" }));
  await using spoilt = await bad.open({ uri: mpeg2.uri }, {}, never);
  expect(await refusal(countPictures(spoilt))).toMatchObject({
    code: "DecodeFailed",
    message: /must reach 40 dB/,
  });
});

test("distrust/pictures-beyond-the-first-are-passed-on-unseen", async () => {
  await using bench = new Bench();
  const factory = await bench.factory(standin({ wrong: "green", wrongAt: 13 }));
  await using decoder = await open(factory);
  expect(await countPictures(decoder, 30)).toBe(30);
  const unwatched = await bench.factory(standin({ wrong: "green" }), { comparedPictures: 0 });
  await using blind = await open(unwatched);
  expect(await countPictures(blind, 30)).toBe(30);
});

test("distrust/a-seek-in-mid-comparison-goes-on-comparing-there", async () => {
  await using bench = new Bench();
  const factory = await bench.factory(standin({}));
  await using decoder = await open(factory);
  for (const ms of [700n, 100n, 1_300n, 0n, 900n]) {
    const pending = decoder.readPicture(mediaTime(-1n), {}, never).catch(() => undefined);
    await decoder.seek(mediaTime(ms * 1_000_000n), never);
    const before = await pending;
    if (before !== undefined && before !== endOfMedia) before.release();
    const picture = await decoder.readPicture(mediaTime(-1n), {}, never);
    if (picture === endOfMedia) throw new Error("The clip is longer.");
    expect(picture.time <= ms * 1_000_000n + 2_000_000n).toBe(true);
    picture.release();
  }
  expect(bench.lines).toEqual([]);
});

test("distrust/a-read-that-is-given-up-in-mid-comparison-loses-no-picture", async () => {
  await using bench = new Bench();
  const factory = await bench.factory(standin({}));
  await using decoder = await open(factory);
  const times: bigint[] = [];
  for (let i = 0; i < 10; i++) {
    const stop = new AbortController();
    const given = decoder.readPicture(mediaTime(-1n), {}, stop.signal);
    stop.abort();
    const early = await given.catch(() => undefined);
    const picture = early ?? (await decoder.readPicture(mediaTime(-1n), {}, never));
    if (picture === endOfMedia) throw new Error("The clip is longer.");
    times.push(picture.time);
    picture.release();
  }
  await using again = await open(factory);
  const expected: bigint[] = [];
  for (let i = 0; i < 10; i++) {
    const picture = await again.readPicture(mediaTime(-1n), {}, never);
    if (picture === endOfMedia) throw new Error("The clip is longer.");
    expected.push(picture.time);
    picture.release();
  }
  expect(times).toEqual(expected);
});
