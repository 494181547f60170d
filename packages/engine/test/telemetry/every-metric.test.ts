import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempDisposableSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { metricDefinitions, type Tick } from "@retrovue/core";
import { ShmFrameBus } from "@retrovue/framebus-shm";
import { beforeAll, describe, expect, test } from "vitest";
import { buildIfStale, root, startedPlayout } from "../built-cli.js";

const addons = [
  "framebus-shm/build/Release/framebus_shm",
  "renderer/build/Release/renderer",
  "decoder-libav/build/Release/decoder_libav",
  "conform-libav/build/Release/conform_libav",
];
const isBuilt =
  process.platform === "linux" && addons.every((addon) => existsSync(`${root}packages/${addon}.node`));
const prefix = `metrics${process.pid}`;
const reluctant = fileURLToPath(new URL("./reluctant-decoder.ts", import.meta.url));
const pattern = "test://pattern?duration=60s&size=16x16&mark=compact";

/** What an engine on the host's own clock, with viewers that keep up, has no occasion for, and who has. */
const elsewhere: Readonly<Record<string, string>> = {
  retrovue_playout_clock_offset_seconds:
    "the host's clock is its own source (test/control/master-clock.test.ts)",
  retrovue_playout_clock_drift_ppm: "the same",
  retrovue_playout_clock_jitter_seconds: "the same",
  retrovue_clock_jitter_ms_p95: "the same",
  retrovue_clock_corrections_total: "the same",
  retrovue_playout_ticks_late_total:
    "a machine that is not stopped is in time (test/faults/late-ticks.test.ts)",
  retrovue_playout_output_dropped_total: "viewers of a test keep up (src/outputs/viewer.test.ts)",
  retrovue_playout_mux_overflow_total:
    "no channel here has a constant rate (src/render/render-metrics.test.ts)",
  retrovue_playout_render_faults_total:
    "a renderer that keeps up has none (src/render/render-metrics.test.ts)",
  retrovue_playout_realtime: "not every machine gives it (src/channels/channel-gauges.test.ts)",
  retrovue_playout_corrections_total: "decoders here are fast (core: src/channel)",
};

/** Values by metric: the sum over its samples; of a histogram, of its counts. */
function valuesIn(text: string): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const [, sample = "", value] of text.matchAll(/^([a-z_0-9]+)(?:\{[^\n]*\})? (\S+)$/gm)) {
    const name = sample.replace(/_count$/, "");
    const isCount = metricDefinitions.some((one) => one.name === name && one.type === "histogram");
    const key =
      isCount || metricDefinitions.some((one) => one.name === sample) ? (isCount ? name : sample) : undefined;
    if (key !== undefined) sums.set(key, (sums.get(key) ?? 0) + Math.abs(Number(value)));
  }
  return sums;
}

function clip(path: string, size: string): void {
  const args = [
    "-v",
    "error",
    "-f",
    "lavfi",
    "-i",
    `testsrc=size=${size}:rate=25:duration=2`,
    "-f",
    "lavfi",
    "-i",
    "sine=duration=2",
  ];
  // What program format is, so that a picture of its size is decoded in place.
  const tags = "-color_primaries bt709 -color_trc bt709 -colorspace bt709 -color_range tv".split(" ");
  const coded = [
    ...tags,
    "-c:v",
    "libx264",
    "-preset",
    "ultrafast",
    "-pix_fmt",
    "yuv420p",
    "-c:a",
    "aac",
    path,
  ];
  const { status, stderr } = spawnSync("ffmpeg", [...args, ...coded], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
}

const config = `
engine: { id: metrics, spareWorkers: 1, dataDir: ./var }
media: { roots: [./media] }
frameBus: { use: "@retrovue/framebus-shm", options: { prefix: ${prefix} } }
decoders: [{ use: ${JSON.stringify(reluctant)} }, { use: "@retrovue/decoder-libav" }, { use: "@retrovue/decoder-pattern" }]
transports: [{ use: "@retrovue/transport-connect" }]
http: { control: { listen: "127.0.0.1:0" } }
telemetry: { metrics: { listen: "127.0.0.1:0" } }
defaults: { format: { width: 320, height: 180, frameRate: 25 } }
channels:
  - { id: 1, name: One, plan: ./plan.yaml, encode: { video: { bitrateKbps: 500, gopMs: 400, preset: ultrafast } } }
`;
// A clip that fits, one that does not, one that is not there, one that the first decoder fails at.
const round = `
  - { uri: media/fits.mp4, duration: 2s }
  - { uri: media/larger.mp4, duration: 1s }
  - { uri: media/missing.mp4, duration: 0.4s }
  - { uri: "${pattern}", duration: 1s }`;
const plan = `segments:${round.repeat(60)}\n`;

describe.skipIf(!isBuilt)("metrics of a real engine (skipped where its addons are not built)", () => {
  beforeAll(buildIfStale, 120_000);

  test("metrics/each-is-seen-with-a-value-on-an-engine-that-is-used-and-disturbed", async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "playout-metrics-"));
    mkdirSync(join(folder.path, "media"));
    clip(join(folder.path, "media", "fits.mp4"), "320x180");
    clip(join(folder.path, "media", "larger.mp4"), "640x360");
    writeFileSync(join(folder.path, "playout.yaml"), config);
    writeFileSync(join(folder.path, "plan.yaml"), plan);
    using engine = startedPlayout([], { cwd: folder.path });
    const logged = (message: string) =>
      engine.text.out
        .split("\n")
        .filter((text) => text.includes(`"message":"${message}"`))
        .map((text) => JSON.parse(text) as Record<string, unknown>);
    await expect.poll(() => logged("buffering -> ready").length, { timeout: 30_000 }).not.toBe(0);
    const started = logged("engine started")[0];
    const scrape = async () =>
      valuesIn(await (await fetch(`http://${String(started?.["metrics"])}/metrics`)).text());
    const call = async (method: string, message: object): Promise<unknown> => {
      const answer = await fetch(
        `http://${String(started?.["control"])}/retrovue.playout.PlayoutControl/${method}`,
        {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(message),
        },
      );
      return await answer.json();
    };

    // A viewer, and a reader that once asks for what is long gone.
    const watching = request(`http://${String(started?.["view"])}/channel/1.ts`, (response) =>
      response.resume(),
    );
    watching.on("error", () => {});
    watching.end();
    using _watching = { [Symbol.dispose]: () => void watching.destroy() };
    const signal = AbortSignal.timeout(60_000);
    const bus = new ShmFrameBus({ prefix, directory: "/dev/shm" });
    await using reader = await bus.openReader(
      { engineId: "metrics", channelId: 1 },
      { name: "test" },
      signal,
    );
    const old = await reader.at((reader.oldest() - 1_000) as Tick, signal);
    expect(old.overrun).toBe(true);

    // The worker stands still for longer than its lead, and is killed when it goes on.
    await expect
      .poll(async () => (await scrape()).get("retrovue_playout_frames_conformed_total"), { timeout: 30_000 })
      .toBeGreaterThan(0);
    const [worker = 0] = readFileSync(`/proc/${engine.child.pid}/task/${engine.child.pid}/children`, "utf8")
      .trim()
      .split(" ")
      .map(Number);
    const total = async (name: string) => (await scrape()).get(`retrovue_playout_${name}_total`) ?? 0;
    // Whether a tick is on its way when it stops is chance.
    for (let stops = 0; stops < 10 && (await total("frames_dropped")) === 0; stops++) {
      const [underruns, conformed] = [await total("buffer_underrun"), await total("frames_conformed")];
      process.kill(worker, "SIGSTOP");
      await expect.poll(() => total("buffer_underrun"), { timeout: 30_000 }).toBeGreaterThan(underruns);
      process.kill(worker, "SIGCONT");
      // What it counted is told with what it makes next.
      await expect.poll(() => total("frames_conformed"), { timeout: 30_000 }).toBeGreaterThan(conformed);
    }
    expect(await total("frames_dropped")).toBeGreaterThan(0);
    process.kill(worker, "SIGKILL");
    await expect.poll(() => logged("worker replaced").length, { timeout: 30_000 }).not.toBe(0);

    // What is asked for comes through the control plane.
    expect(await call("LoadPreview", { channelId: 1, assetPath: pattern, frameCount: -1 })).toMatchObject({
      success: true,
    });
    await expect
      .poll(() => call("SwitchToLive", { channelId: 1 }), { timeout: 30_000 })
      .toMatchObject({ success: true });

    const missing = async () => {
      const values = await scrape();
      return metricDefinitions
        .map(({ name }) => name)
        .filter((name) => !(values.get(name) ?? 0) && !(name in elsewhere));
    };
    await expect.poll(missing, { timeout: 30_000 }).toEqual([]);
    // Nothing is excused that there is not.
    const names = new Set(metricDefinitions.map(({ name }) => name));
    expect(Object.keys(elsewhere).filter((name) => !names.has(name))).toEqual([]);
    engine.child.kill("SIGTERM");
    expect((await engine.ended).code).toBe(0);
  }, 180_000);
});
