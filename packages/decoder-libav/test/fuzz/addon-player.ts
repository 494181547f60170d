// Plays damaged media through the addon, one case a line, as native/main.cc does.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { createInterface } from "node:readline";
import { type Decoder, endOfMedia, mediaTime, PlayoutError } from "@retrovue/core";
import { LibavDecoderFactory, parseOptions } from "@retrovue/decoder-libav";

const patienceMs = 60_000;
const picturesMax = 120;
const samplesMax = 1_000_000;
const soundRead = 4_096;

const folder = mkdtempSync(join(tmpdir(), "retrovue-fuzz-"));
const factory = new LibavDecoderFactory([folder], parseOptions({ ioTimeoutMs: 4_000 }));

/** The file as native/damaged_file.cc makes it. */
function damagedCopy(cut: number, patches: string, path: string): string {
  const bytes = readFileSync(path);
  for (const patch of patches === "-" ? [] : patches.split(",")) {
    const [offset = "0", hex = ""] = patch.split(":");
    Buffer.from(hex, "hex").copy(bytes, Number(offset));
  }
  const copy = join(folder, `damaged${extname(path)}`);
  writeFileSync(copy, cut < 0 ? bytes : bytes.subarray(0, cut));
  return copy;
}

async function readAll(
  decoder: Decoder,
  signal: AbortSignal,
): Promise<{ pictures: number; samples: number }> {
  let pictures = 0;
  let samples = 0;
  const readPictures = async () => {
    for (; pictures < picturesMax; pictures++) {
      const picture = await decoder.readPicture(mediaTime(-1n), {}, signal);
      if (picture === endOfMedia) return;
      // Some are left on loan.
      if (pictures % 16 !== 7) picture.release();
    }
  };
  const readSound = async () => {
    while (samples < samplesMax) {
      const block = await decoder.readSound(soundRead, signal);
      if (block === endOfMedia) return;
      samples += block.samples;
      block.release();
    }
  };
  await Promise.all([readPictures(), readSound()]);
  return { pictures, samples };
}

async function play(path: string, signal: AbortSignal): Promise<{ pictures: number; samples: number }> {
  await using decoder = await factory.open({ uri: path }, { picturesHeldMax: 16 }, signal);
  const read = await readAll(decoder, signal);
  const duration = decoder.info.duration ?? 1_000_000_000n;
  for (const place of [duration / 2n, 0n, duration]) {
    await decoder.seek(mediaTime(place), signal);
    const picture = await decoder.readPicture(mediaTime(place), {}, signal);
    if (picture !== endOfMedia) picture.release();
  }
  return read;
}

process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
for await (const line of createInterface({ input: process.stdin })) {
  const [, number = "", cut = "-1", patches = "-", path = ""] = /^(\d+) (-?\d+) (\S+) (.*)$/.exec(line) ?? [];
  const signal = AbortSignal.timeout(patienceMs);
  let end = "played";
  const read = await play(damagedCopy(Number(cut), patches, path), signal).catch((thrown: unknown) => {
    end = signal.aborted ? "hung" : PlayoutError.is(thrown) ? thrown.code : "fault";
    if (end === "fault") process.stderr.write(`An error without a code: ${String(thrown)}\n`);
    return { pictures: 0, samples: 0 };
  });
  process.stdout.write(`${number} ${end} ${read.pictures} ${read.samples}\n`);
  if (end === "hung" || end === "fault") process.exit(1);
}
