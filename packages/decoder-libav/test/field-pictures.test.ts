import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  type Decoder,
  endOfMedia,
  mediaTime,
  type PictureFrame,
  planesOf,
  rowBytes,
  rowsOf,
} from "@retrovue/core";
import { patternAsset } from "@retrovue/core/testing";
import { HeapSupply, pictureBytes } from "@retrovue/plugin-contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LibavDecoderFactory, parseOptions } from "../src/index.js";
import {
  type CodedPicture,
  type FieldStream,
  fieldPictureUnits,
  type PictureCoding,
} from "./field-pictures.js";

const run = promisify(execFile);
const factory = new LibavDecoderFactory(["/"], parseOptions({}));
const patience = 60_000;
const [width, height, rate, count, groupLength] = [192, 128, 25, 50, 12];
const frameNs = 1_000_000_000n / BigInt(rate);

/** A stream with what has to be shown of it. */
interface Written {
  readonly bytes: Uint8Array;
  readonly shown: readonly Uint8Array[];
  readonly codings: readonly PictureCoding[];
}

/** Fields alone, frames in between, and second fields that refer to others. */
const codingOf = (n: number): PictureCoding =>
  n % 7 === 3 ? "frame" : n % groupLength === 0 || n % 5 === 2 ? "second-skipped" : "fields";

async function written(topFirst: boolean, dropped?: (n: number) => boolean): Promise<Written> {
  const stream: FieldStream = { width, height, topFirst, rate };
  const asset = patternAsset({
    id: 77,
    duration: mediaTime(BigInt(count) * frameNs),
    pictures: { width, height, fieldOrder: topFirst ? "top-first" : "bottom-first" },
    sound: false,
  });
  const pictures: CodedPicture[] = [];
  const shown: Uint8Array[] = [];
  let referred: Uint8Array | undefined;
  for await (const bytes of pictureBytes(asset, AbortSignal.timeout(patience))) {
    const n = pictures.length;
    const coding = codingOf(n);
    const isIdr = n % groupLength === 0;
    const isReference = isIdr || n % 4 !== 1;
    pictures.push({ bytes, coding, isIdr, isReference });
    const seen =
      coding === "second-skipped" ? withSecondOf(bytes, isIdr ? undefined : referred, topFirst) : bytes;
    shown.push(seen);
    if (isReference) referred = seen;
  }
  const units = fieldPictureUnits(stream, pictures);
  const kept = units.map((of, n) => (dropped?.(n) ? of.slice(0, -1) : of));
  return { bytes: Buffer.concat(kept.flat()), shown, codings: pictures.map(({ coding }) => coding) };
}

/** The first field as it is; the second one another picture's, or what is taken from the first. */
function withSecondOf(bytes: Uint8Array, other: Uint8Array | undefined, topFirst: boolean): Uint8Array {
  const made = Uint8Array.from(bytes);
  let at = 0;
  for (const plane of [0, 1, 2]) {
    const [columns, rows] = plane === 0 ? [width, height] : [width / 2, height / 2];
    for (let y = topFirst ? 1 : 0; y < rows; y += 2) {
      for (let x = 0; x < columns; x++) {
        const own = (row: number) => bytes[at + Math.min(Math.max(row, 0), rows - 1) * columns + x]!;
        // Colour of the other parity lies a quarter of a sample off (H.264, table 8-9), and so is taken from two rows.
        const near = topFirst ? y - 1 : y + 1;
        const far = topFirst ? Math.min(y + 1, rows - 2) : Math.max(y - 1, 1);
        const taken = plane === 0 ? own(near) : (6 * own(near) + 2 * own(far) + 4) >> 3;
        made[at + y * columns + x] = other ? other[at + y * columns + x]! : taken;
      }
    }
    at += columns * rows;
  }
  return made;
}

function packed({ format, planes, strides }: PictureFrame): Buffer {
  const rows: Uint8Array[] = [];
  planesOf(format.pixelFormat).forEach((layout, index) => {
    for (let y = 0; y < rowsOf(layout, format.height); y++) {
      const at = y * strides[index]!;
      rows.push(planes[index]!.subarray(at, at + rowBytes(layout, format.width)));
    }
  });
  return Buffer.concat(rows);
}

/** Which picture of the stream this is, by its bytes. */
const numberOf = (picture: PictureFrame, { shown }: Written): number =>
  shown.findIndex((bytes) => packed(picture).equals(bytes));

/** All pictures from where the decoder is. */
async function numbersFrom(decoder: Decoder, stream: Written, max = count + 1): Promise<number[]> {
  const numbers: number[] = [];
  while (numbers.length < max) {
    const picture = await decoder.readPicture(mediaTime(-1n), {}, AbortSignal.timeout(patience));
    if (picture === endOfMedia) break;
    numbers.push(numberOf(picture, stream));
    const isFrame = stream.codings[numbers.at(-1)!] === "frame";
    if (isFrame) expect(picture.format.fieldOrder).toBe("progressive");
    picture.release();
  }
  return numbers;
}

const all = Array.from({ length: count }, (_, n) => n);

describe("H.264 in field pictures", () => {
  let folder: string;
  const streams = new Map<string, Written>();
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "retrovue-fields-"));
    for (const order of ["top-first", "bottom-first"] as const) {
      const stream = await written(order === "top-first");
      streams.set(order, stream);
      const raw = join(folder, `${order}.h264`);
      await writeFile(raw, stream.bytes);
      for (const kind of ["ts", "mp4", "mkv"]) {
        await run("ffmpeg", [
          "-v",
          "error",
          "-nostdin",
          "-i",
          raw,
          "-c",
          "copy",
          join(folder, `${order}.${kind}`),
        ]);
      }
    }
  }, patience);
  afterAll(() => rm(folder, { recursive: true }));
  const orders = ["top-first", "bottom-first"] as const;
  const files = orders.flatMap((order) => ["h264", "ts", "mp4", "mkv"].map((kind) => [order, kind] as const));

  test.each(files)(
    "paff/each-field-is-what-was-written: %s.%s",
    { timeout: patience },
    async (order, kind) => {
      const uri = join(folder, `${order}.${kind}`);
      const stream = streams.get(order)!;
      for (const threads of [1, 3]) {
        const threaded = new LibavDecoderFactory(["/"], parseOptions({ threads }));
        await using decoder = await threaded.open({ uri }, {}, AbortSignal.timeout(patience));
        expect(decoder.info.picture).toMatchObject({ codec: "h264", format: { fieldOrder: order } });
        expect(await numbersFrom(decoder, stream)).toEqual(all);
      }
    },
  );

  test.each(files.filter(([, kind]) => kind !== "h264"))(
    "paff/every-picture-can-be-sought: %s.%s",
    { timeout: patience },
    async (order, kind) => {
      const uri = join(folder, `${order}.${kind}`);
      const stream = streams.get(order)!;
      await using decoder = await factory.open({ uri }, {}, AbortSignal.timeout(patience));
      for (const n of all.toSorted((a, b) => ((a * 17) % count) - ((b * 17) % count))) {
        await decoder.seek(mediaTime(BigInt(n) * frameNs + frameNs / 3n), AbortSignal.timeout(patience));
        const picture = await decoder.readPicture(
          mediaTime(BigInt(n) * frameNs),
          {},
          AbortSignal.timeout(patience),
        );
        if (picture === endOfMedia) throw new Error(`there is a picture ${n}`);
        expect([
          numberOf(picture, stream),
          Math.round(Number(picture.time - BigInt(n) * frameNs) / 1e6),
        ]).toEqual([n, 0]);
        picture.release();
      }
    },
  );

  test.each(files)(
    "paff/both-fields-come-into-one-buffer-of-the-bus: %s.%s",
    { timeout: patience },
    async (order, kind) => {
      const uri = join(folder, `${order}.${kind}`);
      const supply = new HeapSupply({ width, height, pixelFormat: "yuv420p" });
      {
        await using decoder = await factory.open({ uri }, { supply }, AbortSignal.timeout(patience));
        expect(await numbersFrom(decoder, streams.get(order)!)).toEqual(all);
      }
      expect([supply.faults, supply.out]).toEqual([[], 0]);
    },
  );

  test("paff/a-field-that-is-lost-costs-its-own-picture-alone", { timeout: patience }, async () => {
    // The second fields of pictures 15 and 29 are missing; what refers to no other picture is whole.
    const lost = [15, 29];
    const stream = await written(true, (n) => lost.includes(n));
    const uri = join(folder, "lost.ts");
    const raw = join(folder, "lost.h264");
    await writeFile(raw, stream.bytes);
    await run("ffmpeg", ["-v", "error", "-nostdin", "-i", raw, "-c", "copy", uri]);
    await using decoder = await factory.open({ uri }, {}, AbortSignal.timeout(patience));
    const numbers = await numbersFrom(decoder, stream);
    const whole = all.filter((n) => !lost.includes(n) && codingOf(n) !== "second-skipped");
    expect(numbers.filter((n) => whole.includes(n))).toEqual(whole);
  });
});
