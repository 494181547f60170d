import {
  defaultProgramFormat,
  nanoseconds,
  type PicturePlanes,
  type PixelFormat,
  PlayoutError,
  type Timer,
} from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { openLog } from "../log/log.js";
import { blankPicture, copyPicture } from "../media/still-picture.js";
import { glyphOf } from "./card-font.js";
import { drawSlateCard } from "./slate-card.js";
import { type SlateOrder, Slates, type StillMaker } from "./slates.js";

const format = (width: number, height: number, pixelFormat: PixelFormat = "yuv420p") => ({
  ...defaultProgramFormat,
  width,
  height,
  pixelFormat,
});
const never = new AbortController().signal;

function slates(still: StillMaker) {
  const lines: string[] = [];
  const log = openLog({
    level: "info",
    format: "json",
    now: () => nanoseconds(0n),
    write: (line) => lines.push(line),
  });
  const timers = new Set<{ readonly delay: bigint; readonly wake: () => void }>();
  const timer: Timer = {
    after: (delay, wake) => {
      const entry = { delay, wake };
      timers.add(entry);
      return { [Symbol.dispose]: () => void timers.delete(entry) };
    },
  };
  /** So many seconds have passed since the timers were set. */
  const pass = (seconds: number) => {
    for (const one of timers)
      if (one.delay <= BigInt(seconds) * 1_000_000_000n && timers.delete(one)) one.wake();
  };
  return { lines, pass, slates: new Slates(still, { timer, log }) };
}
const image = { kind: "image", path: "/slates/slate.png" } as const;
const channel = (
  name: string,
  size: ReturnType<typeof format>,
  slate: SlateOrder["slate"] = { kind: "card" },
  id = 1,
): SlateOrder => ({ id, name, format: size, slate });

/** A picture of one value. */
const filled = (size: ReturnType<typeof format>, value: number): PicturePlanes => {
  const picture = blankPicture(size);
  for (const plane of picture.planes) plane.fill(value);
  return picture;
};

/** How many samples of the first plane are ink. */
const inkIn = ({ planes }: PicturePlanes): number => planes[0]?.filter((value) => value === 200).length ?? 0;

describe("channels/slates", () => {
  test("channels/the-card-tells-the-channels-name-in-even-dots", async () => {
    const { slates: made } = slates(() => Promise.reject(new Error("not asked")));
    const size = format(1_280, 720);
    const card = await made.of(channel("AB", size), never);
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
    const card = filled(size, 255);
    drawSlateCard(card, size, name);
    for (const plane of card.planes) expect(plane.includes(255)).toBe(false);
  });

  test("channels/a-still-that-cannot-be-had-is-told-once-for-each-start-and-the-card-airs", async () => {
    const size = format(640, 360);
    let isThere = false;
    const { slates: made, lines } = slates(async () => {
      if (!isThere) throw new PlayoutError("MediaNotFound", "It is gone.");
      return filled(size, 7);
    });
    const config = channel("One", size, image);
    await made.prepare([config]);
    expect(lines).toHaveLength(1);
    for (const starts of [1, 2]) {
      expect(inkIn(await made.of(config, never))).toBeGreaterThan(0);
      expect(lines).toHaveLength(starts + 1);
    }
    expect(lines.join("")).toContain("the slate cannot be shown");
    isThere = true;
    expect((await made.of(config, never)).planes[0]?.[0]).toBe(7);
  });

  test("channels/a-still-is-copied-to-the-bus-whatever-the-strides", () => {
    const size = format(64, 32);
    const still = blankPicture(size);
    for (const plane of still.planes) for (let at = 0; at < plane.length; at++) plane[at] = at % 251;
    const into = {
      strides: [100, 50, 50],
      planes: [new Uint8Array(3_200), new Uint8Array(800), new Uint8Array(800)],
    };
    copyPicture(still, into, size);
    for (let row = 0; row < 32; row++)
      expect(into.planes[0]?.subarray(row * 100, row * 100 + 64)).toEqual(
        still.planes[0]?.subarray(row * 64, row * 64 + 64),
      );
  });

  test("channels/a-channel-that-nobody-prepared-for-has-its-still", async () => {
    const size = format(64, 32);
    const asked: string[] = [];
    const { slates: made } = slates(async (uri) => {
      asked.push(uri);
      return filled(size, 7);
    });
    for (const id of [1, 2])
      expect((await made.of(channel("Made", size, image, id), never)).planes[0]?.[0]).toBe(7);
    expect(asked).toEqual([image.path]);
  });

  test("channels/a-start-in-another-format-has-a-still-of-that-shape", async () => {
    const { slates: made } = slates(async (_, size) => filled({ ...format(0, 0), ...size }, size.width));
    const sizes = [format(64, 32), format(32, 64), format(32, 64, "yuv422p10le")];
    await made.prepare([channel("One", format(64, 32), image)]);
    for (const size of sizes) {
      const { planes, strides } = await made.of(channel("One", size, image), never);
      const whole = blankPicture(size);
      expect(strides).toEqual(whole.strides);
      expect(planes.map(({ length }) => length)).toEqual(whole.planes.map(({ length }) => length));
      expect(planes[0]?.[0]).toBe(size.width);
    }
  });

  test("channels/a-still-that-does-not-come-holds-up-its-own-first-start-alone", async () => {
    const size = format(640, 360);
    const late = Promise.withResolvers<PicturePlanes>();
    const {
      slates: made,
      lines,
      pass,
    } = slates((uri) => (uri === image.path ? late.promise : Promise.resolve(filled(size, 7))));
    const hung = channel("One", size, image);
    const well = channel("Two", size, { kind: "image", path: "/slates/other.png" }, 2);
    void made.prepare([hung, well]);
    const first = made.of(hung, never);
    expect((await made.of(well, never)).planes[0]?.[0]).toBe(7);
    pass(5);
    expect(inkIn(await first)).toBeGreaterThan(0);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ channel: 1, err: { code: "Timeout" } });
    // The next start does not wait for it again.
    expect(inkIn(await made.of(hung, never))).toBeGreaterThan(0);
    late.resolve(filled(size, 9));
    await expect.poll(async () => (await made.of(hung, never)).planes[0]?.[0]).toBe(9);
  });

  test("channels/whoever-ends-while-its-still-is-made-is-not-held-up", async () => {
    const size = format(64, 32);
    const { slates: made, lines } = slates(() => new Promise(() => {}));
    const stop = new AbortController();
    const start = made.of(channel("One", size, image), stop.signal);
    stop.abort(new PlayoutError("Cancelled", "Nobody wants it."));
    await expect(start).rejects.toMatchObject({ code: "Cancelled" });
    const another = made.of(channel("One", size, image), never);
    made[Symbol.dispose]();
    await another;
    expect(lines).toEqual([]);
  });

  test("channels/a-still-that-is-prepared-again-has-its-new-content-at-the-next-start", async () => {
    const size = format(64, 32);
    let content = 1;
    const { slates: made } = slates(async () => filled(size, content));
    const config = channel("One", size, image);
    await made.prepare([config]);
    content = 2;
    expect((await made.of(config, never)).planes[0]?.[0]).toBe(1);
    const preparing = made.prepare([config]);
    expect((await made.of(config, never)).planes[0]?.[0]).toBe(1);
    await preparing;
    expect((await made.of(config, never)).planes[0]?.[0]).toBe(2);
  });
});
