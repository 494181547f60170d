import { describe, expect, test } from "vitest";
import type { PixelFormat } from "../../media/picture-format.js";
import { planesOf, rowBytes, rowsOf } from "../../media/pixel-layout.js";
import {
  blockRect,
  compactFrameOf,
  compactMarkBytes,
  drawBlockMark,
  drawGround,
  exactSample,
  fieldView,
  type LumaView,
  lumaView,
  matchExactSound,
  NoiseFinder,
  NoiseSoundMark,
  readBlockMark,
  readCompactMark,
  readExactSound,
  writeCompactMark,
  writeExactSound,
} from "./index.js";

function picture(width: number, height: number, pixelFormat: PixelFormat = "yuv420p") {
  const format = { width, height, pixelFormat };
  const layouts = planesOf(pixelFormat);
  const strides = layouts.map((layout) => rowBytes(layout, width) + 6);
  const planes = layouts.map((layout, i) => new Uint8Array((strides[i] ?? 0) * rowsOf(layout, height)));
  const made = { planes, strides };
  drawGround(made, format);
  return { ...made, format };
}

/** Nearest-neighbour copy of a rectangle into a black picture: scaling, bars and cuts in one. */
function placed(
  from: LumaView,
  size: { width: number; height: number },
  rect: { x: number; y: number; width: number; height: number },
): LumaView {
  const bytes = new Uint8Array(size.width * size.height).fill(16);
  for (let y = 0; y < size.height; y++) {
    const v = Math.floor(((y - rect.y) * from.height) / rect.height);
    if (v < 0 || v >= from.height) continue;
    for (let x = 0; x < size.width; x++) {
      const u = Math.floor(((x - rect.x) * from.width) / rect.width);
      if (u >= 0 && u < from.width) bytes[y * size.width + x] = from.bytes[v * from.stride + u] ?? 0;
    }
  }
  return { bytes, offset: 0, stride: size.width, step: 1, ...size, shift: undefined };
}

describe("block marks", () => {
  test("marks/block-mark-reads-back-in-every-pixel-format", () => {
    const formats: PixelFormat[] = [
      "yuv420p",
      "yuv422p",
      "yuv444p",
      "yuv420p10le",
      "yuv422p12le",
      "nv12",
      "p010le",
      "gray",
      "gray10le",
      "rgb24",
      "rgba",
      "gbrp",
    ];
    for (const format of formats) {
      for (const frame of [0, 1, 0x123456, 0xffffff]) {
        const made = picture(96, 54, format);
        drawBlockMark(made, made.format, { frame, asset: 7 });
        expect(readBlockMark(lumaView(made, made.format)), format).toMatchObject({
          frame,
          asset: 7,
          turned: 0,
        });
      }
    }
  });

  test("marks/block-mark-survives-scaling-bars-cut-edges-and-dimming", () => {
    for (let frame = 0; frame < 400; frame++) {
      const made = picture(160, 120);
      drawBlockMark(made, made.format, { frame: frame * 7919, asset: 200 });
      const view = lumaView(made, made.format);
      for (const [size, rect] of [
        [
          { width: 320, height: 180 },
          { x: 40, y: 0, width: 240, height: 180 },
        ],
        [
          { width: 101, height: 77 },
          { x: 0, y: 1, width: 101, height: 75 },
        ],
        [
          { width: 320, height: 180 },
          { x: 0, y: -30, width: 320, height: 240 },
        ],
        [
          { width: 320, height: 180 },
          { x: -20, y: 5, width: 350, height: 170 },
        ],
        [
          { width: 90, height: 160 },
          { x: 0, y: 46, width: 90, height: 68 },
        ],
      ] as const) {
        const shown = placed(view, size, rect);
        expect(readBlockMark(shown), `${frame} ${JSON.stringify(rect)}`).toMatchObject({
          frame: frame * 7919,
          asset: 200,
        });
        for (let i = 0; i < shown.bytes.length; i++) shown.bytes[i] = 16 + ((shown.bytes[i] ?? 0) - 16) * 0.2;
        expect(readBlockMark(shown)?.frame).toBe(frame * 7919);
      }
    }
  });

  test("marks/block-mark-tells-its-place-to-a-pixel", () => {
    const made = picture(640, 360);
    drawBlockMark(made, made.format, { frame: 99, asset: 3 });
    const found = readBlockMark(lumaView(made, made.format));
    expect(found?.rect).toEqual(blockRect(made.format));
    expect(found?.contrast).toBe(219);
  });

  test("marks/block-mark-tells-how-it-was-turned", () => {
    const made = picture(128, 96);
    drawBlockMark(made, made.format, { frame: 4711, asset: 9 });
    const view = lumaView(made, made.format);
    const bytes = new Uint8Array(128 * 96);
    // Turned clockwise by 90°: (x, y) of the old picture comes to (height − 1 − y, x).
    for (let y = 0; y < 96; y++) {
      for (let x = 0; x < 128; x++) bytes[x * 96 + (95 - y)] = view.bytes[y * view.stride + x] ?? 0;
    }
    const turned = { bytes, offset: 0, stride: 96, step: 1, width: 96, height: 128, shift: undefined };
    expect(readBlockMark(turned)).toMatchObject({ frame: 4711, turned: 90 });
  });

  test("marks/each-field-carries-its-own-number", () => {
    const made = picture(160, 120);
    drawBlockMark(made, made.format, { frame: 20, asset: 9 }, "top");
    drawBlockMark(made, made.format, { frame: 21, asset: 9 }, "bottom");
    const view = lumaView(made, made.format);
    expect(readBlockMark(fieldView(view, "top"))?.frame).toBe(20);
    expect(readBlockMark(fieldView(view, "bottom"))?.frame).toBe(21);
  });

  test("marks/noise-black-and-damage-are-no-marks", () => {
    const bytes = new Uint8Array(160 * 90).fill(16);
    const view: LumaView = {
      bytes,
      offset: 0,
      stride: 160,
      step: 1,
      width: 160,
      height: 90,
      shift: undefined,
    };
    expect(readBlockMark(view)).toBeUndefined();
    for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 7919 * (i >> 3)) & 255;
    expect(readBlockMark(view)).toBeUndefined();
    const made = picture(160, 90);
    drawBlockMark(made, made.format, { frame: 5, asset: 1 });
    const rect = blockRect(made.format);
    // Paint one data cell over: the check bits must refuse the rest.
    for (let y = 0; y < 8; y++) {
      const at = (rect.y + 25 + y) * (made.strides[0] ?? 0) + rect.x + 36;
      for (let x = 0; x < 11; x++) made.planes[0]![at + x] = made.planes[0]![at + x] === 16 ? 235 : 16;
    }
    expect(readBlockMark(lumaView(made, made.format))).toBeUndefined();
  });
});

test("marks/compact-mark-reads-back-and-refuses-foreign-bytes", () => {
  const bytes = new Uint8Array(32);
  for (const frame of [0, 1, 65_536, 0xffff_ffff]) {
    writeCompactMark(bytes, 8, frame, 12);
    expect(readCompactMark(bytes, 8)).toEqual({ frame, asset: 12, opacity: 255 });
    expect(compactFrameOf(bytes, 8, 12)).toBe(frame);
    expect(compactFrameOf(bytes, 8, 13)).toBe(-1);
  }
  for (let at = 8; at < 8 + compactMarkBytes - 1; at++) {
    const hurt = bytes.slice();
    hurt[at] = (hurt[at] ?? 0) ^ 0x10;
    expect(readCompactMark(hurt, 8), `byte ${at - 8}`).toBeUndefined();
  }
  expect(readCompactMark(new Uint8Array(8).fill(16))).toBeUndefined();
});

describe("exact sound marks", () => {
  test("marks/every-exact-sample-tells-its-place", () => {
    for (const position of [0, 1, 65_530, 1_000_000, 2 ** 24 - 40]) {
      const channels = [0, 1, 2].map((channel) => {
        const samples = new Float32Array(40);
        writeExactSound(samples, 0, 40, 77, channel, position);
        return samples;
      });
      for (let i = 0; i < 40; i++) {
        expect(readExactSound(channels, i)).toEqual({ asset: 77, position: position + i });
        expect(channels[1]?.[i]).toBe(exactSample(77, 1, position + i));
      }
      channels.forEach((samples, channel) => {
        expect(matchExactSound(samples, 0, 40, 77, channel, position)).toBe(40);
      });
      expect(readExactSound([channels[1]!, channels[0]!])).toBeUndefined();
    }
  });

  test("marks/a-lost-doubled-or-foreign-sample-is-placed", () => {
    const samples = new Float32Array(100);
    writeExactSound(samples, 0, 50, 5, 0, 1000);
    writeExactSound(samples, 50, 50, 5, 0, 1051);
    expect(matchExactSound(samples, 0, 100, 5, 0, 1000)).toBe(50);
    writeExactSound(samples, 50, 50, 5, 0, 1049);
    expect(matchExactSound(samples, 0, 100, 5, 0, 1000)).toBe(50);
    writeExactSound(samples, 50, 50, 6, 0, 1050);
    expect(matchExactSound(samples, 0, 100, 5, 0, 1000)).toBe(50);
    expect(readExactSound([new Float32Array(4), new Float32Array(4)])).toBeUndefined();
    expect(readExactSound([Float32Array.of(0.123456), Float32Array.of(0.1)])).toBeUndefined();
  });
});

describe("noise sound marks", () => {
  const rate = 48_000;
  const finder = new NoiseFinder({ asset: 5, channel: 0, sampleRate: rate, samples: rate * 20 });
  const window = (position: number, length = 2_048, asset = 5, channel = 0) => {
    const samples = new Float32Array(length);
    new NoiseSoundMark(asset, channel, rate).write(samples, 0, length, position);
    return samples;
  };

  test("marks/noise-is-found-to-the-sample-wherever-it-comes-from", () => {
    for (const position of [0, 1, 777, 123_456, 700_001, rate * 20 - 2_048]) {
      const found = finder.find(window(position));
      expect(found?.position).toBeCloseTo(position, 1);
      expect(found?.likeness).toBeGreaterThan(0.99);
    }
  });

  test("marks/noise-is-found-under-loss-gain-and-other-noise", () => {
    const samples = window(345_678, 4_096);
    let state = 1;
    for (let i = 0; i < samples.length; i++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      samples[i] = (samples[i] ?? 0) * 0.1 + (state / 2 ** 32 - 0.5) * 0.05;
    }
    const found = finder.find(samples);
    expect(Math.round(found?.position ?? -1)).toBe(345_678);
  });

  test("marks/noise-of-another-rate-is-the-same-sound", () => {
    const samples = new Float32Array(4_096);
    new NoiseSoundMark(5, 0, 44_100).write(samples, 0, 4_096, 100_000);
    const slow = new NoiseFinder({ asset: 5, channel: 0, sampleRate: 44_100, samples: 44_100 * 5 });
    expect(slow.findNear(samples, 100_010, 30)?.position).toBeCloseTo(100_000, 1);
    // Played at the wrong speed it is foreign.
    expect(finder.findNear(samples, 100_000, 50)).toBeUndefined();
  });

  test("marks/foreign-noise-is-not-found", () => {
    expect(finder.find(window(5_000, 2_048, 6))).toBeUndefined();
    expect(finder.find(window(5_000, 2_048, 5, 1))).toBeUndefined();
    expect(finder.find(new Float32Array(2_048))).toBeUndefined();
  });

  test("marks/noise-stays-below-full-scale", () => {
    const samples = window(0, 480_000);
    let [peak, energy] = [0, 0];
    for (const sample of samples) {
      peak = Math.max(peak, Math.abs(sample));
      energy += sample * sample;
    }
    expect(peak).toBeLessThan(0.8);
    expect(Math.sqrt(energy / samples.length)).toBeGreaterThan(0.2);
  });
});
