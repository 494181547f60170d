import { existsSync } from "node:fs";
import { rational } from "@retrovue/core";
import { type Clip, ffmpegAbilities } from "@retrovue/plugin-contract";
import { beforeAll, describe, expect, test } from "vitest";
import { buildIfStale, root } from "../built-cli.js";
import { seamClips } from "../seams/seam-clips.js";
import { type HardwareRun, hardwareRuns, runOnHardware, unwatched } from "./hardware-runs.js";

const addons = ["framebus-shm", "renderer", "decoder-libav", "decoder-hw", "conform-libav"];
const isBuilt = addons.every((name) =>
  existsSync(`${root}packages/${name}/build/Release/${name.replaceAll("-", "_")}.node`),
);
const hasFfmpeg = (await ffmpegAbilities(AbortSignal.timeout(20_000))) !== undefined;
const patienceMs = 300_000;

describe.skipIf(process.platform !== "linux" || !isBuilt || !hasFfmpeg)(
  "devices through real processes (skipped where addons are not built or ffmpeg is not installed)",
  () => {
    let clips: readonly Clip[] = [];
    beforeAll(async () => {
      buildIfStale();
      ({ clips } = await seamClips(AbortSignal.timeout(patienceMs)));
    }, patienceMs);

    const isWhole = process.env["RETROVUE_HARDWARE_RUNS"] === "all";
    const runs = hardwareRuns.filter(({ isInShare }) => isWhole || isInShare);
    const options = { seams: 7, seed: 5, frameRate: rational(30_000, 1_001) };

    test.each(runs.map((run): [string, HardwareRun] => [run.promise, run]))(
      "%s",
      async (_, run) => {
        const signal = AbortSignal.timeout(patienceMs);
        const { report, changes } = await runOnHardware(run, { ...options, clips }, signal);
        expect(report.faults).toEqual([]);
        expect(report.pictures).toBe(report.ticks);
        const reasons = new Set(changes.map(({ reason }) => reason));
        for (const reason of run.reasons) expect(reasons).toContain(reason);
        const [onDevice = 0, inSoftware = 0] = [0, 1].map((index) => report.ticksOf.get(index));
        expect(onDevice > 0).toBe(run.airsOnDevice);
        expect(inSoftware).toBeGreaterThan(0);
      },
      patienceMs,
    );

    test(
      `hardware/${unwatched.promise}`,
      async () => {
        const signal = AbortSignal.timeout(patienceMs);
        const { report } = await runOnHardware(unwatched, { ...options, clips }, signal);
        expect(report.faults.join("\n")).toMatch(/bus, tick \d+, segment \d+ .*expected picture/);
      },
      patienceMs,
    );
  },
);
