import { existsSync } from "node:fs";
import { rational } from "@retrovue/core";
import { type Clip, ffmpegAbilities } from "@retrovue/plugin-contract";
import { beforeAll, describe, expect, test } from "vitest";
import { buildIfStale, root } from "../built-cli.js";
import { runSeams } from "./run-seams.js";
import { seamClips } from "./seam-clips.js";
import type { SeamSegment } from "./seam-plan.js";

const addons = [
  "framebus-shm/build/Release/framebus_shm",
  "renderer/build/Release/renderer",
  "decoder-libav/build/Release/decoder_libav",
  "conform-libav/build/Release/conform_libav",
];
const isBuilt = addons.every((addon) => existsSync(`${root}packages/${addon}.node`));
const hasFfmpeg = (await ffmpegAbilities(AbortSignal.timeout(20_000))) !== undefined;

/** Clips are made on first use: some seconds each on a busy machine. */
const clipsMs = 300_000;
const runMs = 300_000;
const ntsc = rational(30_000, 1_001);

describe.skipIf(process.platform !== "linux" || !isBuilt || !hasFfmpeg)(
  "seams through real processes (skipped where addons are not built or ffmpeg is not installed)",
  () => {
    let clips: readonly Clip[] = [];
    beforeAll(async () => {
      buildIfStale();
      ({ clips } = await seamClips(AbortSignal.timeout(clipsMs)));
    }, clipsMs);

    test.each([
      { seams: 24, frameRate: ntsc, seed: 41 },
      { seams: 16, frameRate: rational(25, 1), seed: 42 },
    ])(
      "lesson/19-$seams-mixed-seams-at-$frameRate.num/$frameRate.den-by-content-on-the-bus-and-in-the-stream",
      async ({ seams, frameRate, seed }) => {
        const options = { clips, seams, seed, frameRate, clock: "stepped" as const };
        const report = await runSeams(options, AbortSignal.timeout(runMs));
        expect(report.faults).toEqual([]);
        expect(report.pictures).toBe(report.ticks);
        expect(report.ticks).toBeGreaterThan(seams * 5);
      },
      runMs,
    );

    test(
      "seams/what-airs-otherwise-than-planned-is-found",
      async () => {
        // Another picture and sound, sound a millisecond beside its picture, and another asset.
        const lies: Readonly<Record<number, (segment: SeamSegment) => SeamSegment>> = {
          1: (segment) => ({ ...segment, inPoint: segment.inPoint + 50_000_000n }),
          2: (segment) => ({ ...segment, inPoint: segment.inPoint + 1_000_000n }),
          3: (segment) => ({ ...segment, clip: clips[0] ?? segment.clip, inPoint: 0n }),
        };
        const lied = [plain(clips, "cut-0"), plain(clips, "cut-9"), plain(clips, "cut-12")];
        const report = await runSeams(
          {
            clips: lied,
            seams: 4,
            seed: 3,
            frameRate: ntsc,
            clock: "stepped",
            lie: {
              segments: (segments) => segments.map((segment, index) => lies[index]?.(segment) ?? segment),
              stream: (bytes) => withoutPacket(bytes),
            },
          },
          AbortSignal.timeout(runMs),
        );
        const told = report.faults.join("\n");
        for (const segment of [1, 3]) {
          for (const where of ["bus", "stream"])
            expect(told).toMatch(new RegExp(`${where}, tick \\d+, segment ${segment} .*expected picture`));
          expect(told).toMatch(new RegExp(`bus, tick \\d+, segment ${segment} .*expected sound`));
        }
        expect(told).toMatch(/bus, tick \d+, segment 2 .*expected sound/);
        expect(told).not.toMatch(/bus, tick \d+, segment [04]/);
        expect(told).toMatch(/stream: packet \d+ of PID \d+ counts/);
      },
      runMs,
    );
  },
);

const plain = (clips: readonly Clip[], name: string): Clip =>
  clips.find((clip) => clip.name.startsWith(`${name}-`)) ?? clips[0]!;

/** One packet from the middle is lost. */
function withoutPacket(bytes: Buffer): Buffer {
  const at = Math.floor(bytes.length / 2 / 188) * 188;
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 188)]);
}
