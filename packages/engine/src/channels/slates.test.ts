import {
  defaultProgramFormat,
  nanoseconds,
  type PicturePlanes,
  type PixelFormat,
  PlayoutError,
} from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { openLog } from "../log/log.js";
import { blankPicture } from "../media/still-picture.js";
import { glyphOf } from "./card-font.js";
import { Slates } from "./slates.js";

const format = (width: number, height: number, pixelFormat: PixelFormat = "yuv420p") => ({
  ...defaultProgramFormat,
  width,
  height,
  pixelFormat,
});
const never = new AbortController().signal;

function slates(still: () => Promise<PicturePlanes>) {
  const lines: string[] = [];
  const log = openLog({
    level: "info",
    format: "json",
    now: () => nanoseconds(0n),
    write: (line) => lines.push(line),
  });
  return { lines, slates: new Slates(still, log) };
}
type Config = Parameters<Slates["prepare"]>[0][number];
const channel = (name: string, size: ReturnType<typeof format>, slate: Config["slate"] = { kind: "card" }) =>
  ({ id: 1, name, format: size, slate }) as Config;

/** How many samples of the first plane are ink. */
const inkIn = ({ planes }: PicturePlanes): number => planes[0]?.filter((value) => value === 200).length ?? 0;

describe("channels/slates", () => {
  test("channels/the-card-tells-the-channels-name-in-even-dots", () => {
    const { slates: made } = slates(() => Promise.reject(new Error("not asked")));
    const size = format(1_280, 720);
    const card = blankPicture(size);
    made.draw(card, channel("AB", size));
    const dots = [..."AB"].flatMap((letter) => glyphOf(letter).flat().filter(Boolean)).length;
    // Each dot is 12 by 12: the sixtieth part of the height.
    expect(inkIn(card)).toBe(dots * 144);
    expect(card.planes[0]?.[0]).toBe(44);
    expect(new Set(card.planes[1])).toEqual(new Set([150, 128, 140]));
  });

  test.each([
    ["a long name", "A channel with a name that is far longer than any card", format(640, 360)],
    ["signs without a glyph", "Ünïcode 漢字 \u0000", format(640, 360)],
    ["no name", "", format(640, 360)],
    ["the smallest picture", "Demo", format(16, 16)],
    ["odd sizes", "Demo", format(853, 479)],
    ["ten bits", "Demo", format(640, 360, "yuv422p10le")],
  ])("channels/a-card-is-always-whole: %s", (_, name, size) => {
    const { slates: made } = slates(() => Promise.reject(new Error("not asked")));
    const card = blankPicture(size);
    for (const plane of card.planes) plane.fill(255);
    made.draw(card, channel(name, size));
    for (const plane of card.planes) expect(plane.includes(255)).toBe(false);
  });

  test("channels/a-configured-still-is-drawn-whatever-the-strides", async () => {
    const size = format(64, 32);
    const still = blankPicture(size);
    for (const plane of still.planes) for (let at = 0; at < plane.length; at++) plane[at] = at % 251;
    const { slates: made } = slates(() => Promise.resolve(still));
    await made.prepare([channel("One", size, { kind: "image", path: "/slate.png" })], never);
    const into = {
      strides: [100, 50, 50],
      planes: [new Uint8Array(3_200), new Uint8Array(800), new Uint8Array(800)],
    };
    made.draw(into, channel("One", size));
    for (let row = 0; row < 32; row++)
      expect(into.planes[0]?.subarray(row * 100, row * 100 + 64)).toEqual(
        still.planes[0]?.subarray(row * 64, row * 64 + 64),
      );
  });

  test("channels/a-still-that-cannot-be-had-is-told-and-the-card-airs", async () => {
    const size = format(640, 360);
    const { slates: made, lines } = slates(() =>
      Promise.reject(new PlayoutError("MediaNotFound", "It is gone.")),
    );
    const config = channel("One", size, { kind: "image", path: "/slate.png" });
    await made.prepare([config], never);
    const card = blankPicture(size);
    made.draw(card, config);
    expect(inkIn(card)).toBeGreaterThan(0);
    expect(lines.join("")).toContain("the slate cannot be shown");
  });
});
