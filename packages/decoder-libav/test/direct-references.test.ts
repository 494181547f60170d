import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Decoder, endOfMedia, mediaTime, type PictureFrame } from "@retrovue/core";
import { HeapSupply } from "@retrovue/plugin-contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LibavDecoderFactory, parseOptions } from "../src/index.js";

const run = promisify(execFile);
const patience = 60_000;
const factory = new LibavDecoderFactory(["/"], parseOptions({}));
const size = { width: 320, height: 192, pixelFormat: "yuv420p" } as const;
const count = 75;

/** What a channel's bus has for its decoders where nothing is configured, up to 1080p (engine: directReferencesOf). */
const usual = 24;
const tooFew = 4;
/** Pictures that a channel has of a decoder at one time: the one that is shown next and the one after it. */
const looked = 2;

/** As many references as the levels of each codec allow at 1080p: four in H.264, and six pictures in HEVC's buffer. */
const encoders: Readonly<Record<string, readonly string[]>> = {
  "h264.mp4": ["-c:v", "libx264", "-x264-params", "ref=4:bframes=3:b-pyramid=normal:b-adapt=0"],
  "hevc.mp4": ["-c:v", "libx265", "-x265-params", "ref=4:bframes=3:b-adapt=0:log-level=error"],
  "vp9.webm": [
    "-c:v",
    "libvpx-vp9",
    "-deadline",
    "good",
    "-cpu-used",
    "4",
    "-auto-alt-ref",
    "1",
    "-lag-in-frames",
    "16",
  ],
  "mpeg2.ts": ["-c:v", "mpeg2video", "-bf", "2"],
};

/** One decoder as a channel reads it: some pictures looked at, all others given back. */
class Show implements AsyncDisposable {
  readonly #held: PictureFrame[] = [];
  shown = 0;
  elsewhere = 0;

  constructor(readonly decoder: Decoder) {}

  /** True at the end. */
  async next(): Promise<boolean> {
    const picture = await this.decoder.readPicture(mediaTime(-1n), {}, AbortSignal.timeout(patience));
    if (picture === endOfMedia) return true;
    this.shown++;
    if (picture.holdBuffer === undefined) this.elsewhere++;
    this.#held.push(picture);
    if (this.#held.length > looked) this.#held.shift()?.release();
    return false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const picture of this.#held) picture.release();
    await this.decoder[Symbol.asyncDispose]();
  }
}

/** One asset on air to its end while the same one is prepared, and then played: where their pictures lay. */
async function seam(uri: string, buffersMax: number) {
  const supply = new HeapSupply(size, buffersMax);
  const open = async () =>
    new Show(await factory.open({ uri }, { supply, picturesHeldMax: 4 }, AbortSignal.timeout(patience)));
  let peak = 0;
  let elsewhere = 0;
  {
    await using next = await (async () => {
      await using onAir = await open();
      for (let n = 0; n < count - 25; n++) await onAir.next();
      const prepared = await open();
      for (let n = 0; n < looked; n++) await prepared.next();
      for (;;) {
        peak = Math.max(peak, supply.out);
        if (await onAir.next()) break;
      }
      expect(onAir.shown).toBe(count);
      elsewhere += onAir.elsewhere;
      return prepared;
    })();
    while (!(await next.next())) peak = Math.max(peak, supply.out);
    expect(next.shown).toBe(count);
    elsewhere += next.elsewhere;
  }
  expect([supply.faults, supply.out]).toEqual([[], 0]);
  return { peak, elsewhere };
}

describe("buffers of a bus for decoders", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "retrovue-references-"));
    const source = `testsrc2=s=${size.width}x${size.height}:r=25:d=${count / 25}`;
    for (const [name, args] of Object.entries(encoders)) {
      const input = ["-v", "error", "-nostdin", "-f", "lavfi", "-i", source, "-pix_fmt", size.pixelFormat];
      await run("ffmpeg", [...input, ...args, "-g", "25", join(folder, name)]);
    }
  }, patience);
  afterAll(() => rm(folder, { recursive: true }));

  test.each(Object.keys(encoders))(
    "buffers/the-usual-number-serves-two-decoders: %s",
    { timeout: patience },
    async (name) => {
      const { peak } = await seam(join(folder, name), Number.POSITIVE_INFINITY);
      expect(peak).toBeLessThanOrEqual(usual);
      // Half as many would not do: the bound is no idle one.
      expect(peak).toBeGreaterThan(usual / 2);
    },
  );

  test.each(Object.keys(encoders))(
    "buffers/fewer-cost-copies-and-no-picture: %s",
    { timeout: patience },
    async (name) => {
      // `seam` sees to it that every picture comes, and every buffer goes back.
      const { peak, elsewhere } = await seam(join(folder, name), tooFew);
      expect(peak).toBeLessThanOrEqual(tooFew);
      expect(elsewhere).toBeGreaterThan(count / 4);
    },
  );
});
