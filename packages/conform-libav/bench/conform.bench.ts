import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { LibavConformerFactory } from "@retrovue/conform-libav";
import {
  defaultProgramFormat,
  mediaTime,
  type PictureBuffer,
  type PictureFormat,
  type PictureFrame,
  type ProgramFormat,
} from "@retrovue/core";
import type { Bench } from "../../../scripts/bench/bench.ts";

const peerProgram = fileURLToPath(new URL("../build/conform_peer", import.meta.url));
const unavailable = () =>
  existsSync(peerProgram) ? undefined : "its peer is not built (libavfilter and libswscale are missing)";

const frames = 60;
/** Of the one that takes its time. */
const hdrPeerFrames = 8;
const never = new AbortController().signal;

/** Planes of a 4:2:0 picture as libav and the bus have them: aligned to 64 bytes, rows as well. */
function planesOf(width: number, height: number, draw: boolean): Pick<PictureBuffer, "planes" | "strides"> {
  const strides = [width, width / 2, width / 2].map((columns) => Math.ceil(columns / 64) * 64);
  const planes = strides.map((stride, plane) => {
    const rows = plane === 0 ? height : height / 2;
    // As frames of libav and buffers of the bus lie: glibc puts a large block 16 bytes behind a page, so 48 more make 64.
    const made = new Uint8Array(new ArrayBuffer(stride * rows + 64), 48, stride * rows);
    if (draw) {
      for (let y = 0; y < rows; y++)
        for (let x = 0; x < stride; x++)
          made[y * stride + x] = 20 + ((x * 7 + y * 13 + Math.floor((x * y) / 50)) % 210);
    }
    return made;
  });
  return { planes, strides };
}

/** The same in 10 bits: slopes of light and of little colour, as the peer draws them. */
function deepPlanesOf(width: number, height: number): Pick<PictureBuffer, "planes" | "strides"> {
  const { planes, strides } = planesOf(width * 2, height, false);
  for (const [plane, bytes] of planes.entries()) {
    const samples = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
    const stride = (strides[plane] as number) / 2;
    for (let at = 0; at < samples.length; at++) {
      const [x, y] = [at % stride, Math.floor(at / stride)];
      const slope = (x * 7 + y * 13 + Math.floor((x * y) / 50)) % 640;
      samples[at] = plane === 0 ? 64 + slope : 432 + Math.floor(slope / 4);
    }
  }
  return { planes, strides };
}

const formatOf = (change: Partial<PictureFormat>): PictureFormat => ({
  width: 1920,
  height: 1080,
  pixelFormat: "yuv420p",
  sampleAspect: { num: 1, den: 1 },
  colour: defaultProgramFormat.colour,
  fieldOrder: "progressive",
  rotation: 0,
  ...change,
});

/** Processor time of one picture through the conformer as a channel uses it, crossing and thread included. */
async function ours(format: PictureFormat, program: ProgramFormat): Promise<number> {
  await using conformer = await new LibavConformerFactory().open(program, never);
  const isDeep = format.pixelFormat === "yuv420p10le";
  const source = isDeep
    ? deepPlanesOf(format.width, format.height)
    : planesOf(format.width, format.height, true);
  const buffer: PictureBuffer = {
    ...planesOf(program.width, program.height, false),
    index: 0,
    release: () => {},
  };
  const how = { aspect: "preserve", alpha: 1, field: "both" } as const;
  const pictureAt = (n: number): PictureFrame => ({
    ...source,
    format,
    time: mediaTime(BigInt(n) * 40_000_000n),
    duration: undefined,
    sourcePts: undefined,
    sourceTimeBase: undefined,
    sourceIndex: n,
    concealed: false,
    inPlace: false,
    ancillary: [],
    release: () => {},
  });
  // The first picture makes what all the others use.
  await conformer.picture(pictureAt(0), buffer, how, never);
  const begun = process.cpuUsage();
  for (let n = 1; n <= frames; n++) await conformer.picture(pictureAt(n), buffer, how, never);
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1_000 / frames;
}

function peer(work: "scale" | "deinterlace" | "hdr", count = frames): number {
  const run = spawnSync(peerProgram, [work, String(count)], { encoding: "utf8" });
  if (run.status !== 0) throw new Error(`conform_peer failed: ${run.stderr}`);
  return Number(run.stdout);
}

const pq = {
  pixelFormat: "yuv420p10le",
  colour: { primaries: "bt2020", transfer: "smpte2084", matrix: "bt2020nc", range: "limited" },
} as const;

export const part = "decode";
export const benches: Bench[] = [
  {
    bench: "scale-1080p-to-720p",
    unit: "ms",
    peerName: "swscale bicubic",
    lowerIsBetter: true,
    ours: () => ours(formatOf({}), { ...defaultProgramFormat, width: 1280, height: 720 }),
    peer: () => peer("scale"),
    target: "3 ms",
    unavailable,
  },
  {
    bench: "deinterlace-1080i",
    unit: "ms",
    peerName: "libavfilter bwdif",
    lowerIsBetter: true,
    ours: () => ours(formatOf({ fieldOrder: "top-first" }), defaultProgramFormat),
    peer: () => peer("deinterlace"),
    unavailable,
  },
  {
    bench: "hdr-1080p",
    unit: "ms",
    peerName: "libavfilter zscale and tonemap",
    lowerIsBetter: true,
    ours: () => ours(formatOf(pq), defaultProgramFormat),
    peer: () => peer("hdr", hdrPeerFrames),
    unavailable,
  },
];
