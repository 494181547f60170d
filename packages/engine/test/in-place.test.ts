import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FrameReader, PicturePlanes } from "@retrovue/core";
import { ShmFrameBus } from "@retrovue/framebus-shm";
import { beforeAll, describe, expect, test } from "vitest";
import { buildIfStale, startedPlayout } from "./built-cli.js";

const size = { width: 1_280, height: 720 };
const pictureBytes = (size.width * size.height * 3) / 2;
const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;
const never = new AbortController().signal;

/** Runs ffmpeg and answers what it wrote. */
function ffmpeg(args: string): Buffer {
  const run = spawnSync("ffmpeg", `-v error -nostdin ${args}`.split(" "), { maxBuffer: 1e9 });
  if (run.status !== 0) throw new Error(run.stderr.toString());
  return run.stdout;
}

/** A picture's rows without what lies between them. */
const packed = ({ planes, strides }: PicturePlanes): Buffer =>
  Buffer.concat(
    planes.flatMap((plane, p) => {
      const [width, rows] = p === 0 ? [size.width, size.height] : [size.width / 2, size.height / 2];
      const stride = strides[p] ?? 0;
      return Array.from({ length: rows }, (_, row) => plane.subarray(row * stride, row * stride + width));
    }),
  );

/** Every planned picture of a bus until there are so many. */
async function planned(reader: FrameReader, count: number): Promise<readonly Buffer[]> {
  const pictures: Buffer[] = [];
  while (pictures.length < count) {
    const read = await reader.next(never);
    if (read.overrun) continue;
    if (read.meta.standIn === undefined) {
      const picture = packed(read.picture);
      // A reader that was too slow has something else.
      if (read.release() === "intact") pictures.push(picture);
    } else read.release();
  }
  return pictures;
}

describe.skipIf(!hasFfmpeg)("pictures in the program format", () => {
  beforeAll(buildIfStale);

  test.each(["process", "none"] as const)(
    "engine/decodes-them-in-place-and-bit-exact (isolation: %s)",
    async (isolation) => {
      using folder = mkdtempDisposableSync(join(tmpdir(), "playout-in-place-"));
      const clip = join(folder.path, "clip.mp4");
      const tags = "-color_primaries bt709 -color_trc bt709 -colorspace bt709 -color_range tv";
      const source = `testsrc2=s=${size.width}x${size.height}:r=25:d=2`;
      ffmpeg(`-f lavfi -i ${source} -pix_fmt yuv420p -c:v libx264 -preset veryfast ${tags} ${clip}`);
      const raw = ffmpeg(`-i ${clip} -f rawvideo -`);
      const truth = Array.from({ length: raw.length / pictureBytes }, (_, n) =>
        raw.subarray(n * pictureBytes, (n + 1) * pictureBytes),
      );
      const prefix = `inplace${process.pid}`;
      writeFileSync(
        join(folder.path, "playout.yaml"),
        JSON.stringify({
          engine: { id: "in-place", isolation, spareWorkers: 0, dataDir: "./var" },
          media: { roots: [folder.path] },
          frameBus: { use: "@retrovue/framebus-shm", options: { prefix } },
          transports: [],
          http: { control: { listen: "127.0.0.1:0" } },
          telemetry: { metrics: { listen: "127.0.0.1:0" }, log: { format: "json" } },
          defaults: { format: { ...size, frameRate: 25 }, historyMs: 2_000 },
          channels: [{ id: 1, plan: clip, outputs: [] }],
        }),
      );
      using engine = startedPlayout([], { cwd: folder.path });
      const logged = (message: string) =>
        engine.text.out
          .split("\n")
          .filter((line) => line.includes(`"${message}"`))
          .map((line) => JSON.parse(line) as Record<string, unknown>)[0];
      while (logged("engine started") === undefined || logged("channel started") === undefined) {
        if (engine.child.exitCode !== null) throw new Error(engine.text.err + engine.text.out);
        await once(engine.child.stdout, "data");
      }
      const bus = new ShmFrameBus({ prefix });
      await using reader = await bus.openReader({ engineId: "in-place", channelId: 1 }, {}, never);
      const seen = await planned(reader, 40);
      const foreign = seen.filter((picture) => !truth.some((original) => original.equals(picture)));
      expect(foreign.length, "pictures that are not ffmpeg's").toBe(0);
      const metrics = await (await fetch(`http://${logged("engine started")?.["metrics"]}/metrics`)).text();
      const counted = (name: string) =>
        Number(new RegExp(`^retrovue_playout_${name}{channel="1"} (\\d+)`, "m").exec(metrics)?.[1] ?? 0);
      // A decoder begins ahead of the first buffers that it can be handed, at each start of the loop.
      expect(counted("frames_decoded_direct_total")).toBeGreaterThan(counted("frames_decoded_total") / 2);
      expect(counted("frames_decoded_direct_total")).toBeGreaterThan(counted("frames_conformed_total"));
      expect(counted("bus_memory_bytes")).toBe(logged("channel started")?.["busMemoryBytes"]);
      engine.child.kill("SIGTERM");
      expect((await engine.ended).code).toBe(0);
    },
    60_000,
  );
});
