import { describe, expect, test } from "vitest";
import { ChannelBench, clip, strip } from "../../test/channel-bench.js";
import { ms, planOf, segmentOf } from "../../test/plan-examples.js";
import type { FrameWriter, PictureBuffer } from "../bus/frame-bus.js";
import { MemoryFrameBus } from "../bus/memory-frame-bus.js";
import { ManualClock } from "../clock/manual-clock.js";
import type { Decoder, OpenOptions, ReadPictureOptions } from "../decoder/decoder.js";
import { type EndOfMedia, endOfMedia, type PictureFrame } from "../media/picture.js";
import { defaultProgramFormat } from "../media/program-format.js";
import { CopyConformer, PatternDecoderFactory, patternAsset, readCompactMark } from "../testing/index.js";
import { HouseGrid } from "../time/house-grid.js";
import { mediaTime, type Nanoseconds, type Tick } from "../time/units.js";
import { fitsProgram, wantedFormat } from "./fits.js";
import { PictureCursor } from "./picture-cursor.js";
import type { SharedPicture } from "./shared-picture.js";

const format = { ...defaultProgramFormat, width: 8, height: 2, frameRate: { num: 25, den: 1 } };
const grid = new HouseGrid(format.frameRate, format.sampleRate);
const plain = { aspect: "preserve", alpha: 1, field: "both" } as const;
const half = { ...plain, alpha: 0.5 };

type Read = (
  inner: Decoder,
  ...args: [at: Parameters<Decoder["readPicture"]>[0], options: ReadPictureOptions, signal: AbortSignal]
) => Promise<PictureFrame | EndOfMedia>;

/** A cursor over ten seconds of pictures in the program format, and what it borrows and conforms. */
class CursorBench {
  readonly clock = new ManualClock(1_000_000_000n as Nanoseconds);
  readonly patterns = new PatternDecoderFactory([
    patternAsset({ uri: "test:a", id: 1, pictures: { width: 8, height: 2 }, sound: false }),
  ]);
  readonly stop = new AbortController();
  /** Buffers on loan. */
  readonly lent = new Set<PictureBuffer>();
  /** Of those, the ones that the decoder may be storing to. */
  readonly storedTo = new Set<PictureBuffer>();
  readonly offered: (PictureBuffer | undefined)[] = [];
  conformed = 0;
  /** While set, the bus has no buffer to lend. */
  isEmpty = false;
  cursor!: PictureCursor;
  ran!: Promise<void>;

  async start(read: Read = (inner, ...args) => inner.readPicture(...args)): Promise<this> {
    const { clock, stop } = this;
    const wanted = wantedFormat(format);
    const inner = await this.patterns.open({ uri: "test:a" }, { wanted }, stop.signal);
    const decoder: Decoder = {
      info: inner.info,
      seek: (...args) => inner.seek(...args),
      readPicture: (at, options, signal) => {
        this.offered.push(options.into);
        return read(inner, at, options, signal);
      },
      readSound: (...args) => inner.readSound(...args),
      [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
    };
    const bus = new MemoryFrameBus({ clock });
    const spec = {
      engineId: "t",
      channelId: 1,
      format,
      leadTicks: 12,
      historyTicks: 2,
      mapping: clock.mapping(),
    };
    const committer = await bus.create(spec, stop.signal);
    const copy = new CopyConformer(format, { compact: true });
    this.cursor = new PictureCursor({
      decoder,
      decoderIndex: 0,
      conformer: {
        format,
        picture: (...args) => {
          this.conformed += 1;
          return copy.picture(...args);
        },
        openSound: (...args) => copy.openSound(...args),
        [Symbol.asyncDispose]: () => copy[Symbol.asyncDispose](),
      },
      format,
      writer: this.#counted(await bus.openWriter(committer.openLane(), stop.signal)),
      grid,
      clock,
      anchorFirst: 0 as Tick,
      snappedIn: mediaTime(0n),
      from: mediaTime(0n),
      onProgress: () => {},
      onStep: () => {},
      unfinished: { reads: this.storedTo, conforms: new Set() },
    });
    this.ran = this.cursor.run(stop.signal).catch(() => {});
    await settle();
    return this;
  }

  #counted(inner: FrameWriter): FrameWriter {
    return {
      loan: async (signal) => {
        if (this.isEmpty) return new Promise((_, reject) => signal.addEventListener("abort", reject));
        const buffer = await inner.loan(signal);
        const counted = {
          index: buffer.index,
          planes: buffer.planes,
          strides: buffer.strides,
          release: () => {
            this.lent.delete(counted);
            buffer.release();
          },
        };
        this.lent.add(counted);
        return counted;
      },
      submit: (...args) => inner.submit(...args),
      onRefused: (listener) => inner.onRefused(listener),
      head: () => inner.head(),
      [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
    };
  }

  async show(tick: number, how: typeof plain | typeof half = plain): Promise<SharedPicture> {
    this.cursor.want(tick as Tick, how);
    await settle();
    const answer = this.cursor.answer(tick as Tick, how);
    if (answer.is !== "picture") throw new Error(`Tick ${tick} is ${answer.is}.`);
    return answer.picture;
  }

  async close(): Promise<void> {
    this.stop.abort();
    this.cursor.close();
    await settle();
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
const markOf = (picture: SharedPicture) => readCompactMark(picture.buffer.planes[0] ?? new Uint8Array());

describe("channel/direct decoding", () => {
  test("channel/a-picture-that-fits-airs-where-it-was-decoded", async () => {
    const bench = await new CursorBench().start();
    for (let tick = 0; tick < 20; tick++) {
      const picture = await bench.show(tick);
      expect(markOf(picture)?.frame).toBe(tick);
      // What was decoded before anyone wanted it was not worth a buffer of the bus.
      if (tick < 3) continue;
      expect(picture.from.inPlace).toBe(true);
      expect(picture.from.planes).toBe(picture.buffer.planes);
    }
    expect(bench.conformed).toBeLessThanOrEqual(2);
    expect(bench.lent.size).toBeLessThanOrEqual(3);
    await bench.close();
    expect(bench.lent.size).toBe(0);
    expect(bench.patterns.ledger()).toMatchObject({ pictures: 0, misuse: [] });
  });

  test("channel/a-fade-never-dims-the-picture-that-is-on-the-bus", async () => {
    const bench = await new CursorBench().start();
    for (let tick = 0; tick < 5; tick++) await bench.show(tick);
    const bright = (await bench.show(5)).hold();
    const dimmed = (await bench.show(5, half)).hold();
    expect([markOf(bright)?.opacity, markOf(dimmed)?.opacity]).toEqual([255, 128]);
    expect([markOf(bright)?.frame, markOf(dimmed)?.frame]).toEqual([5, 5]);
    for (let tick = 6; tick < 12; tick++) expect(markOf(await bench.show(tick, half))?.opacity).toBe(128);
    // Within a fade nothing is offered: every picture is conformed anyway.
    expect(bench.offered.slice(-3)).toEqual([undefined, undefined, undefined]);
    expect(markOf(await bench.show(14))?.opacity).toBe(255);
    bright.release();
    dimmed.release();
    await bench.close();
    expect(bench.lent.size).toBe(0);
  });

  test("channel/a-decoder-that-takes-no-buffer-is-conformed-as-ever", async () => {
    const bench = await new CursorBench().start((inner, at, _, signal) => inner.readPicture(at, {}, signal));
    for (let tick = 0; tick < 10; tick++) expect(markOf(await bench.show(tick))?.frame).toBe(tick);
    expect(bench.conformed).toBe(10);
    expect(bench.lent.size).toBeLessThanOrEqual(2);
    await bench.close();
    expect(bench.lent.size).toBe(0);
  });

  test("channel/an-empty-pool-keeps-no-decoder-waiting", async () => {
    const bench = await new CursorBench().start();
    for (let tick = 0; tick < 5; tick++) await bench.show(tick);
    bench.isEmpty = true;
    for (let tick = 5; tick < 9; tick++) {
      bench.cursor.want(tick as Tick, plain);
      await settle();
    }
    expect(bench.offered.slice(-3)).toEqual([expect.anything(), undefined, undefined]);
    expect(bench.cursor.picturesRead).toBe(bench.offered.length);
    await bench.close();
    expect(bench.lent.size).toBe(0);
  });

  test("channel/a-buffer-that-a-decoder-may-store-to-is-kept-until-its-read-has-settled", async () => {
    const late = Promise.withResolvers<void>();
    let reads = 0;
    const bench = await new CursorBench().start(async (inner, at, options, signal) => {
      // Deaf to its signal from the tenth picture on, and storing all the while.
      if (++reads < 10) return inner.readPicture(at, options, signal);
      await late.promise;
      return inner.readPicture(at, options, new AbortController().signal);
    });
    for (let tick = 0; tick < 12; tick++) {
      bench.cursor.want(tick as Tick, plain);
      await settle();
    }
    const [into] = bench.offered.slice(-1);
    expect(into && bench.lent.has(into)).toBe(true);
    await bench.close();
    expect([...bench.lent]).toEqual([into]);
    expect([...bench.storedTo]).toEqual([into]);
    late.resolve();
    await settle();
    expect(bench.lent.size).toBe(0);
    expect(bench.patterns.ledger()).toMatchObject({ pictures: 0 });
  });

  test("channel/a-read-that-fails-or-ends-gives-its-buffer-back", async () => {
    for (const outcome of ["fail", "end"]) {
      const bench: CursorBench = await new CursorBench().start(async (inner, at, options, signal) => {
        if (at < mediaTime(ms(200))) return inner.readPicture(at, options, signal);
        if (outcome === "end") return endOfMedia;
        throw new Error("broken");
      });
      for (let tick = 0; tick < 8; tick++) {
        bench.cursor.want(tick as Tick, plain);
        await settle();
      }
      await bench.close();
      expect(bench.lent.size).toBe(0);
    }
  });

  test("channel/a-picture-in-a-buffer-of-the-decoder's-own-airs-from-there", async () => {
    let holds = 0;
    const bench = await new CursorBench().start(async (inner, at, _, signal) => {
      const frame = await inner.readPicture(at, {}, signal);
      if (frame === endOfMedia) return frame;
      const { planes, strides } = frame;
      const holdBuffer = () => {
        holds += 1;
        const release = () => {
          holds -= 1;
        };
        return { index: 99, planes, strides, release };
      };
      return { ...frame, holdBuffer, release: () => frame.release() };
    });
    for (let tick = 0; tick < 10; tick++) {
      const picture = await bench.show(tick);
      expect([picture.buffer.index, markOf(picture)?.frame]).toEqual([99, tick]);
      expect(holds).toBeLessThanOrEqual(2);
    }
    expect(bench.conformed).toBe(0);
    expect(markOf(await bench.show(11, half))?.opacity).toBe(128);
    await bench.close();
    expect([holds, bench.lent.size]).toEqual([0, 0]);
  });

  test("channel/only-what-needs-nothing-done-fits", () => {
    const wanted = wantedFormat(format);
    expect(fitsProgram(wanted, format)).toBe(true);
    const untagged = {
      primaries: "unknown",
      transfer: "unknown",
      matrix: "bt709",
      range: "unknown",
    } as const;
    expect(fitsProgram({ ...wanted, colour: untagged }, format)).toBe(true);
    const others = [
      { width: 16 },
      { pixelFormat: "yuv422p" },
      { sampleAspect: { num: 16, den: 15 } },
      { rotation: 180 },
      { fieldOrder: "top-first" },
      { colour: { ...wanted.colour, range: "full" } },
      { colour: { ...wanted.colour, matrix: "smpte170m" } },
    ] as const;
    for (const other of others) expect(fitsProgram({ ...wanted, ...other }, format)).toBe(false);
  });

  test("channel/decoders-are-told-the-wanted-format-at-open", async () => {
    const told: OpenOptions[] = [];
    const asset = clip(1);
    const patterns = new PatternDecoderFactory();
    await using bench = new ChannelBench({
      faults: { [asset.uri]: { calls: [{ on: "open", move: { kind: "reject", code: "DecodeFailed" } }] } },
      fallback: {
        probe: (...args) => patterns.probe(...args),
        open: (ref, options, signal) => {
          told.push(options);
          return patterns.open(ref, options, signal);
        },
      },
    });
    await bench.start(planOf([segmentOf(1, { asset })], { start: bench.grid.tickTime(bench.first) }));
    expect(strip(await bench.play(30))).toBe("1".repeat(30));
    expect(told.map(({ wanted }) => wanted)).toEqual([wantedFormat(bench.format)]);
    expect(told[0]?.supply).toBeUndefined();
  });
});
