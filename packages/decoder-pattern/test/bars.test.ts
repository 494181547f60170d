import { type Decoder, endOfMedia, mediaTime, type PictureFormat, type SoundBlock } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import plugin from "../src/index.js";

const { signal } = new AbortController();
const factory = plugin.provides.decoder.create();
const wanted: PictureFormat = {
  width: 64,
  height: 36,
  pixelFormat: "yuv422p10le",
  sampleAspect: { num: 1, den: 1 },
  colour: { primaries: "bt709", transfer: "bt709", matrix: "bt709", range: "limited" },
  fieldOrder: "progressive",
  rotation: 0,
};

async function sound(decoder: Decoder, samples: number): Promise<SoundBlock> {
  const block = await decoder.readSound(samples, signal);
  if (block === endOfMedia) expect.unreachable("the tone has no end");
  return block;
}

describe("bars", () => {
  test("bars/are-a-still-in-the-wanted-size-and-layout", async () => {
    await using decoder = await factory.open({ uri: "test://bars" }, { wanted }, signal);
    expect(decoder.info.picture).toMatchObject({ still: true, format: wanted });
    const picture = await decoder.readPicture(mediaTime(0n), {}, signal);
    if (picture === endOfMedia) expect.unreachable();
    const luma = new Uint16Array(picture.planes[0]?.buffer ?? new ArrayBuffer(0));
    const row = (n: number) => [...luma.subarray(n * 64, n * 64 + 64)];
    // Eight samples a bar, 75 % white first and black last, in ten bits.
    expect(row(0).filter((_, x) => x % 8 === 3)).toEqual(
      [180, 168, 145, 133, 63, 51, 28, 16].map((y) => y * 4),
    );
    expect(row(35)).toEqual(row(0));
    expect(picture.planes.map((plane) => plane.length)).toEqual([64 * 36 * 2, 32 * 36 * 2, 32 * 36 * 2]);
    expect(await decoder.readPicture(mediaTime(0n), {}, signal)).toBe(endOfMedia);
    await decoder.seek(mediaTime(5_000_000_000n), signal);
    expect(await decoder.readPicture(mediaTime(5_000_000_000n), {}, signal)).not.toBe(endOfMedia);
  });

  test("bars/the-tone-goes-on-to-the-sample-however-it-is-read", async () => {
    await using whole = await factory.open({ uri: "test://bars" }, {}, signal);
    await using pieces = await factory.open({ uri: "test://bars" }, {}, signal);
    const expected = [...((await sound(whole, 4_800)).channels[0] ?? [])];
    const heard: number[] = [];
    for (const samples of [1, 47, 1_601, 1_602, 1_549])
      heard.push(...((await sound(pieces, samples)).channels[1] ?? []));
    expect(heard).toEqual(expected);
    expect(Math.max(...expected)).toBeCloseTo(10 ** (-18 / 20), 6);
    expect(expected.slice(48, 96)).toEqual(expected.slice(0, 48));
    await pieces.seek(mediaTime(1_000_000_000n), signal);
    expect((await sound(pieces, 5)).time).toBe(1_000_000_000n);
  });

  test("bars/another-name-is-not-the-bars", async () => {
    expect((await factory.probe({ uri: "test://bars" }, signal)).score).toBe(100);
    expect((await factory.probe({ uri: "test://baars" }, signal)).score).toBe(0);
    await expect(factory.open({ uri: "test://baars" }, {}, signal)).rejects.toMatchObject({
      code: "MediaNotFound",
    });
  });

  test("bars/used-after-it-is-closed-says-so", async () => {
    const decoder = await factory.open({ uri: "test://bars" }, {}, signal);
    await decoder[Symbol.asyncDispose]();
    await decoder[Symbol.asyncDispose]();
    await expect(decoder.readSound(1, signal)).rejects.toMatchObject({ code: "Closed" });
  });
});
