import { readFileSync } from "node:fs";
import { type AssetInfo, type Decoder, endOfMedia, mediaTime, PlayoutError } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { LibavDecoderFactory, parseOptions } from "../src/index.js";
import { mediaFiles, mediaPath, noMedia } from "./media-set.js";

const factory = new LibavDecoderFactory(["/"], parseOptions({}));
const patience = 60_000;

/** Rows of docs/media-support.md by file name, as the cells between the bars. */
function documented(): ReadonlyMap<string, readonly string[]> {
  const text = readFileSync(new URL("../../../docs/media-support.md", import.meta.url), "utf8");
  const rows = text.split("\n").filter((line) => line.startsWith("| `"));
  return new Map(
    rows.map((row) => {
      const [name = "", ...cells] = row
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim());
      return [name.replaceAll("`", ""), cells] as const;
    }),
  );
}

/** An asset's pictures as the table writes them. */
function picturesOf({ picture }: AssetInfo): string {
  if (picture === undefined) return "none";
  const { width, height, pixelFormat, sampleAspect, colour, fieldOrder, rotation } = picture.format;
  const { primaries, transfer, matrix, range } = colour;
  return [
    `${picture.codec} ${width}×${height} ${pixelFormat}`,
    ...(sampleAspect.num === sampleAspect.den ? [] : [`samples ${sampleAspect.num}:${sampleAspect.den}`]),
    ...(rotation === 0 ? [] : [`turned ${rotation}°`]),
    ...(fieldOrder === "progressive" ? [] : [fieldOrder]),
    [primaries, transfer, matrix, range].every((tag) => tag === "unknown")
      ? "untagged"
      : `${primaries}/${transfer}/${matrix}/${range}`,
  ].join(", ");
}

const soundOf = ({ sound }: AssetInfo): string =>
  sound === undefined ? "none" : `${sound.codec} ${sound.sampleRate} ${sound.layout}`;

const secondsOf = ({ duration }: AssetInfo): string =>
  duration === undefined ? "unknown" : (Number(duration) / 1e9).toFixed(2);

/** Reads all pictures (up to `max`) and tells how many there were and that time went forward. */
async function countPictures(decoder: Decoder, signal: AbortSignal, max: number): Promise<number> {
  let count = 0;
  let last = -1n;
  for (; count < max; count++) {
    const picture = await decoder.readPicture(mediaTime(-1n), {}, signal);
    if (picture === endOfMedia) break;
    expect(picture.time > last, `time of picture ${count}`).toBe(true);
    last = picture.time;
    picture.release();
  }
  return count;
}

async function countSamples(decoder: Decoder, signal: AbortSignal, max: number): Promise<number> {
  let count = 0;
  while (count < max) {
    const block = await decoder.readSound(4_096, signal);
    if (block === endOfMedia) break;
    count += block.samples;
    block.release();
  }
  return count;
}

/** What happens to a file, as the table of hostile files writes it. */
async function fateOf(name: string, signal: AbortSignal): Promise<string> {
  try {
    await using decoder = await factory.open({ uri: mediaPath(name) }, {}, signal);
    const pictures = await countPictures(decoder, signal, 10_000);
    await countSamples(decoder, signal, 10_000_000);
    await decoder.seek(mediaTime(500_000_000n), signal);
    return `plays ${pictures} pictures`;
  } catch (thrown) {
    expect(PlayoutError.is(thrown), `the failure is coded: ${String(thrown)}`).toBe(true);
    return `refused: ${PlayoutError.from(thrown).code}`;
  }
}

describe.skipIf(noMedia !== undefined)(`media/documented${noMedia ? ` (${noMedia})` : ""}`, () => {
  const rows = noMedia === undefined ? documented() : new Map<string, readonly string[]>();

  test.each(mediaFiles("awkward"))(
    "media/awkward-plays-as-documented: %s",
    { timeout: patience },
    async (name) => {
      const signal = AbortSignal.timeout(patience);
      await using decoder = await factory.open({ uri: mediaPath(name) }, {}, signal);
      const { info } = decoder;
      const count = await countPictures(decoder, signal, 10_000);
      const shown = [info.container, picturesOf(info), `${count}`, soundOf(info), secondsOf(info)];
      expect(shown).toEqual(rows.get(name)?.slice(0, shown.length));
    },
  );

  test.each(mediaFiles("programmes"))(
    "media/programmes-play-as-documented: %s",
    { timeout: patience },
    async (name) => {
      const signal = AbortSignal.timeout(patience);
      await using decoder = await factory.open({ uri: mediaPath(name) }, {}, signal);
      const { info } = decoder;
      const shown = [info.container, picturesOf(info), soundOf(info), secondsOf(info)];
      expect(shown).toEqual(rows.get(name)?.slice(0, shown.length));
      // From the middle on it plays, too, and there is an end.
      const { duration } = info;
      if (duration === undefined) return;
      await decoder.seek(mediaTime(duration / 2n), signal);
      const first = await decoder.readPicture(mediaTime(-1n), {}, signal);
      if (first === endOfMedia) throw new Error("the middle is not the end");
      expect(first.time <= duration / 2n + 2_000_000n && first.time > duration / 2n - 1_000_000_000n).toBe(
        true,
      );
      first.release();
      await decoder.seek(mediaTime(duration + 10_000_000_000n), signal);
      expect(await decoder.readPicture(mediaTime(-1n), {}, signal)).toBe(endOfMedia);
    },
  );

  test.each(mediaFiles("hostile"))(
    "media/hostile-is-refused-or-survived: %s",
    { timeout: patience },
    async (name) => {
      expect(await fateOf(name, AbortSignal.timeout(patience))).toEqual(rows.get(name)?.[0]);
    },
  );
});
