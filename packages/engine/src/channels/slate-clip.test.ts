import {
  type Decoder,
  type DecoderFactory,
  defaultChannelSettings,
  defaultProgramFormat,
  HouseGrid,
  ManualClock,
  MemoryFrameBus,
  type Nanoseconds,
  nanoseconds,
  nanosecondsFromMs,
  PlayoutError,
  rational,
  type Tick,
  tickAfter,
} from "@retrovue/core";
import { CopyConformerFactory, PatternDecoderFactory, readCompactMark } from "@retrovue/core/testing";
import { describe, expect, test } from "vitest";
import { SlateClip } from "./slate-clip.js";

const grid = new HouseGrid(rational(25, 1), 48_000);
const epoch = nanoseconds(1_772_323_200_000_000_000n);
const first = grid.tickAtOrAfter((epoch + 1_000_000_000n) as Nanoseconds);
const uri = "test://pattern?id=7&size=8x2&mark=compact&rate=25&duration=2s";
const never = new AbortController().signal;

/** A slate that airs on and on, and what opens its clip. */
async function airing(wrap: (patterns: PatternDecoderFactory) => DecoderFactory) {
  const clock = new ManualClock(epoch);
  const bus = new MemoryFrameBus({ clock });
  const format = { ...defaultProgramFormat, width: 8, height: 2, frameRate: grid.frameRate };
  const settings = defaultChannelSettings;
  const committer = await bus.create(
    {
      engineId: "slates",
      channelId: 1,
      format,
      leadTicks: grid.ticksIn(settings.leadNsTarget) + 2,
      historyTicks: 50,
      guardNs: settings.guardNs,
      mapping: clock.mapping(),
    },
    never,
  );
  committer.start(first);
  const writer = await bus.openWriter(committer.openLane(), never);
  const patterns = new PatternDecoderFactory();
  const stuck: (readonly [string, number])[] = [];
  const clip = new SlateClip({
    uri,
    grid,
    format,
    settings,
    clock,
    writer,
    decoders: [{ name: "pattern", factory: wrap(patterns) }],
    conformers: new CopyConformerFactory({ compact: true }),
    isBarred: () => false,
    onStuck: (event) => stuck.push([event.uri, event.decoderIndex]),
  });
  let n = 0;
  return {
    clock,
    patterns,
    stuck,
    clip,
    /** The clip's picture at each of the next seconds' ticks; undefined while there is none. */
    async air(seconds: number): Promise<readonly (number | undefined)[]> {
      const frames: (number | undefined)[] = [];
      for (const end = n + seconds * 25; n < end; n++) {
        await clock.advanceTo(grid.tickTime(tickAfter(first, n)));
        const moment = clip.at(tickAfter(first, n) as Tick);
        frames.push(moment && readCompactMark(moment.picture.planes[0] ?? new Uint8Array())?.frame);
      }
      return frames;
    },
    async close() {
      await clip[Symbol.asyncDispose]();
      await writer[Symbol.asyncDispose]();
      await committer[Symbol.asyncDispose]();
    },
  };
}

const seenIn = (frames: readonly (number | undefined)[]) => frames.filter((frame) => frame !== undefined);

describe("channels/slate clips", () => {
  test("slates/a-clip-that-does-not-open-is-tried-again-while-slate-airs", async () => {
    let opens = 0;
    let isThere = false;
    const slate = await airing((patterns) => ({
      probe: (asset, signal) => patterns.probe(asset, signal),
      open: async (asset, options, signal) => {
        opens += 1;
        if (!isThere) throw new PlayoutError("MediaNotFound", "It is not there.");
        return await patterns.open(asset, options, signal);
      },
    }));
    expect(seenIn(await slate.air(20))).toEqual([]);
    isThere = true;
    expect(seenIn(await slate.air(9))).toEqual([]);
    expect(opens).toBe(1);
    const frames = await slate.air(6);
    const begins = frames.indexOf(0);
    // Thirty seconds after it failed, and the second that it is given to open.
    expect(begins).toBeGreaterThan(25);
    expect(begins).toBeLessThan(75);
    expect(frames.slice(begins)).toEqual(frames.slice(begins).map((_, at) => at % 50));
    await slate.close();
    expect(slate.patterns.ledger()).toMatchObject({ decoders: 0, pictures: 0, sounds: 0, misuse: [] });
  });

  test("slates/a-decoder-that-does-not-close-is-told-and-holds-up-nobody", async () => {
    const hung = Promise.withResolvers<void>();
    let opens = 0;
    const slate = await airing((patterns) => ({
      probe: (asset, signal) => patterns.probe(asset, signal),
      open: async (asset, options, signal): Promise<Decoder> => {
        opens += 1;
        const decoder = await patterns.open(asset, options, signal);
        if (opens > 1) return decoder;
        const close = async () => {
          await hung.promise;
          await decoder[Symbol.asyncDispose]();
        };
        return new Proxy(decoder, {
          get: (target, key) => {
            if (key === Symbol.asyncDispose) return close;
            const value: unknown = Reflect.get(target, key, target);
            return typeof value === "function" ? value.bind(target) : value;
          },
        });
      },
    }));
    expect(seenIn(await slate.air(3))).toEqual([]);
    expect(slate.stuck).toEqual([[uri, 0]]);
    // Where nobody kills the process for it, the clip is tried again all the same.
    expect(seenIn(await slate.air(36)).length).toBeGreaterThan(75);
    await slate.close();
    hung.resolve();
    await slate.clock.advanceBy(nanosecondsFromMs(1));
    expect(slate.patterns.ledger()).toMatchObject({ decoders: 0, misuse: [] });
  });
});
