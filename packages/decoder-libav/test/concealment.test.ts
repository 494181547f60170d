import { execFile } from "node:child_process";
import { mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { endOfMedia, mediaTime } from "@retrovue/core";
import { expect, test } from "vitest";
import { LibavDecoderFactory, parseOptions } from "../src/index.js";

const run = promisify(execFile);
const signal = new AbortController().signal;

/** Pictures of the clip, and of one group of it. */
const pictures = 40;
const group = 10;
/** In the middle of a group, and a key picture. */
const hit = [15, 30];

/** One flag for each picture that comes, in order. */
async function concealedOf(path: string): Promise<boolean[]> {
  const factory = new LibavDecoderFactory(["/"], parseOptions({ threads: 1 }));
  await using decoder = await factory.open({ uri: path }, {}, signal);
  const flags: boolean[] = [];
  for (;;) {
    const picture = await decoder.readPicture(mediaTime(-1n), {}, signal);
    if (picture === endOfMedia) return flags;
    flags.push(picture.concealed);
    picture.release();
  }
}

test.for([
  ["mpeg2video", "-b:v", "4M"],
  ["libx264", "-preset", "veryfast", "-bf", "0"],
])("concealment/damaged-pictures-say-so-and-no-others-%s", { timeout: 60_000 }, async ([codec, ...args]) => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "retrovue-conceal-"));
  const whole = join(folder.path, "whole.mp4");
  const source = ["-f", "lavfi", "-i", `testsrc2=s=320x192:r=25:d=${pictures / 25}`];
  const coded = ["-c:v", codec!, ...args, "-g", `${group}`, "-sc_threshold", "1000000000", "-threads", "1"];
  await run("ffmpeg", ["-v", "error", "-nostdin", ...source, ...coded, "-y", whole]);
  expect(await concealedOf(whole)).toEqual(Array(pictures).fill(false));

  const asked = [
    "-v",
    "error",
    "-select_streams",
    "v",
    "-show_entries",
    "packet=pos,size",
    "-of",
    "json",
    whole,
  ];
  const { packets } = JSON.parse((await run("ffprobe", asked)).stdout) as {
    packets: readonly { pos: string; size: string }[];
  };
  const bytes = await readFile(whole);
  for (const index of hit) {
    const { pos, size } = packets[index]!;
    // The second half of its slices: what comes before decodes.
    const from = Number(pos) + Math.floor(Number(size) / 2);
    bytes.fill(0xff, from, Number(pos) + Number(size) - 8);
  }
  const damaged = join(folder.path, "damaged.mp4");
  await writeFile(damaged, bytes);
  const flags = await concealedOf(damaged);
  expect(flags).toHaveLength(pictures);
  expect(flags.flatMap((concealed, index) => (concealed ? [index] : []))).toEqual(hit);
});
