import { describe, expect, test } from "vitest";
import { type Comparison, comparedDefault, FirstFrames, measureOf } from "./first-frames.js";

const whole = { index: 0, concealed: false };
const equal: Comparison = { exact: true, psnrDb: Number.POSITIVE_INFINITY };
const nearly: Comparison = { exact: false, psnrDb: 58.3 };

/** How many pictures in a row are compared. */
function dueFrom(frames: FirstFrames, parameters: number): number {
  let due = 0;
  while (due < 1_000 && frames.isDue(parameters)) {
    expect(frames.judge(equal, { index: due, concealed: false })).toEqual({ is: "same" });
    due += 1;
  }
  return due;
}

describe("trust/first frames", () => {
  test("trust/the-first-pictures-are-compared-and-again-after-the-parameters-change", () => {
    const frames = new FirstFrames({ codec: "h264" });
    expect(dueFrom(frames, 0)).toBe(comparedDefault);
    expect(frames.isWatching).toBe(false);
    expect(frames.isDue(0)).toBe(false);
    expect(dueFrom(frames, 1)).toBe(comparedDefault);
    expect(frames.isDue(1)).toBe(false);
    // Back to parameters that were right once: they are those of other pictures now.
    expect(dueFrom(frames, 0)).toBe(comparedDefault);
    expect(frames.compared).toBe(3 * comparedDefault);
  });

  test("trust/a-change-before-the-first-are-done-starts-the-count-anew", () => {
    const frames = new FirstFrames({ codec: "hevc", count: 4 });
    for (let i = 0; i < 3; i++) {
      expect(frames.isDue(0)).toBe(true);
      frames.judge(equal, whole);
    }
    expect(dueFrom(frames, 1)).toBe(4);
  });

  test("trust/none-are-compared-where-none-are-asked-for", () => {
    const frames = new FirstFrames({ codec: "h264", count: 0 });
    expect([frames.isWatching, frames.isDue(0), frames.isDue(1)]).toEqual([false, false, false]);
  });

  test.each(["h264", "hevc", "vp8", "vp9", "av1", "vc1"])("trust/%s-has-one-right-picture", (codec) => {
    const frames = new FirstFrames({ codec });
    expect(frames.measure).toEqual({ kind: "exact" });
    const verdict = frames.judge(nearly, { index: 7, concealed: false });
    expect(verdict).toMatchObject({ is: "different", demote: true });
    expect(verdict.is === "different" && verdict.why).toContain("Picture 7");
    expect(verdict.is === "different" && verdict.why).toContain("58.3 dB");
  });

  test.each(["mpeg2video", "mpeg4", "mjpeg", "mpeg1video"])(
    "trust/%s-may-differ-by-its-transform",
    (codec) => {
      expect(measureOf(codec).kind).toBe("psnr");
      const judged = (psnrDb: number) => new FirstFrames({ codec }).judge({ exact: false, psnrDb }, whole).is;
      expect([judged(58.3), judged(40), judged(39.9), judged(12)]).toEqual([
        "same",
        "same",
        "different",
        "different",
      ]);
    },
  );

  test("trust/damage-takes-the-device-off-the-asset-but-not-off-the-codec", () => {
    const verdict = new FirstFrames({ codec: "h264" }).judge(nearly, { index: 2, concealed: true });
    expect(verdict).toMatchObject({ is: "different", demote: false });
  });

  test("trust/a-codec-nobody-thought-of-is-held-to-every-bit", () => {
    expect(measureOf("next-codec")).toEqual({ kind: "exact" });
  });

  test("trust/unequal-pictures-of-equal-energy-are-no-match", () => {
    // A comparison that found a difference too small for its figure.
    const verdict = new FirstFrames({ codec: "h264" }).judge(
      { exact: false, psnrDb: Number.POSITIVE_INFINITY },
      whole,
    );
    expect(verdict.is).toBe("different");
  });
});
