import { createHash } from "node:crypto";
import { getEventListeners } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { endOfMedia, mediaTime, PlayoutError } from "@retrovue/core";
import { type Clip, clipSources, isClip } from "@retrovue/plugin-contract";
import { beforeAll, describe, expect, test } from "vitest";
import { LibavDecoderFactory, parseOptions } from "../src/index.js";
import { loadNative } from "../src/native.js";

/** Openings of a spell. Thousands by command: `RETROVUE_LIFE_ROUNDS=5000 vitest run packages/decoder-libav/test/flat.test.ts`. */
const rounds = Number(process.env["RETROVUE_LIFE_ROUNDS"] ?? 280);

/**
 * Spells that may be played until each quantity had one that was flat: what leaks does so in every one; what is compiled or kept for good at
 * its first use does not.
 */
const spellsMax = 6;

/** Looks at what is held, of which the least counts: V8 takes native memory for a while where it compiles. */
const looks = 3;

/**
 * Bytes that a spell may gain for each opening: in native memory less than the smallest block that malloc hands out, so that one in any one of the
 * seven ways, of 168 bytes or more, is seen, and less in all of them. Without a leak it gained between -8 and 32 in spells of 400, three in turn.
 * What V8 compiles and learns on the way, 40 to 250, comes to an end; a closure is 64.
 */
const perRoundMax = { native: 24, js: 64 } as const;

/** Resident bytes that a spell may gain when all that is free was given back: pages that are touched for the first time. */
const residentMax = 1_500_000;

const factory = new LibavDecoderFactory(["/"], parseOptions({}));
/** As a channel has it: one for all that it ever reads. */
const { signal } = new AbortController();

const clips: Clip[] = [];
beforeAll(async () => {
  for (const wanted of ["mp4-h264-aac", "ts-mpeg2-mp2"]) {
    const made = await clipSources.find(({ name }) => name === wanted)?.make(signal);
    if (made === undefined || !isClip(made)) throw new Error(`${wanted}: ${made?.unavailable}`);
    clips.push(made);
  }
}, 60_000);

const settled = (work: Promise<unknown>) => work.catch((thrown: unknown) => PlayoutError.from(thrown).code);

/** Ways in which segments come to an end. */
const ways: readonly ((uri: string) => Promise<unknown>)[] = [
  async (uri) => {
    await using decoder = await factory.open({ uri }, {}, signal);
    for (let i = 0; i < 6; i++) {
      const picture = await decoder.readPicture(mediaTime(0n), {}, signal);
      if (picture !== endOfMedia) picture.release();
    }
    const sound = await decoder.readSound(2_000, signal);
    if (sound !== endOfMedia) sound.release();
  },
  async (uri) => {
    // Left on loan, for the collector.
    await using decoder = await factory.open({ uri }, {}, signal);
    await decoder.readPicture(mediaTime(0n), {}, signal);
    await decoder.readSound(2_000, signal);
  },
  async (uri) => {
    const decoder = await factory.open({ uri }, {}, signal);
    const late = [
      settled(decoder.readPicture(mediaTime(400_000_000n), {}, signal)),
      settled(decoder.readSound(48_000, signal)),
    ];
    await decoder[Symbol.asyncDispose]();
    await Promise.all(late);
  },
  async (uri) => {
    await using decoder = await factory.open({ uri }, {}, signal);
    const overtaken = settled(decoder.readPicture(mediaTime(0n), {}, signal));
    await decoder.seek(mediaTime(200_000_000n), signal);
    await overtaken;
  },
  async (uri) => {
    const impatient = new AbortController();
    const opening = settled(factory.open({ uri }, {}, impatient.signal));
    await setImmediate();
    impatient.abort(new PlayoutError("Cancelled", "Nobody waits any more."));
    const opened = await opening;
    if (typeof opened === "object" && opened !== null && Symbol.asyncDispose in opened)
      await (opened as AsyncDisposable)[Symbol.asyncDispose]();
  },
  async (uri) => await factory.probe({ uri }, signal),
  async (uri) => await settled(factory.open({ uri: `${uri}.gone` }, {}, signal)),
];

async function play(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const uri = clips[i % clips.length]?.uri ?? "";
    await ways[i % ways.length]?.(uri);
  }
}

/** What this process holds when all that is free was collected and given back: of each quantity the least of some looks. */
async function held() {
  const seen = [await heldNow()];
  while (seen.length < looks) seen.push(await heldNow());
  const least = (of: keyof Awaited<ReturnType<typeof heldNow>>) => Math.min(...seen.map((one) => one[of]));
  return {
    native: least("native"),
    js: least("js"),
    resident: least("resident"),
    descriptors: least("descriptors"),
    threads: least("threads"),
  };
}

async function heldNow() {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  // Finalizers run between tasks, and free what is collected only next time.
  for (let i = 0; i < 3; i++) {
    collect();
    await setImmediate();
  }
  const { inUse } = loadNative().heapUse(true);
  return {
    native: inUse,
    js: process.memoryUsage().heapUsed,
    resident: 1_024 * Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]),
    descriptors: readdirSync("/proc/self/fd").length,
    threads: readdirSync("/proc/self/task").length,
  };
}

/** What each spell gained for each round, until every quantity had a flat one. */
async function spellsOf(work: (rounds: number) => Promise<unknown>) {
  const gains: { native: number; js: number; resident: number; descriptors: number; threads: number }[] = [];
  const isFlat = () =>
    gains.some(({ native }) => native < perRoundMax.native) &&
    gains.some(({ js }) => js < perRoundMax.js) &&
    gains.some(({ resident }) => resident < residentMax);
  while (gains.length < spellsMax && !isFlat()) {
    const before = await held();
    await work(rounds);
    const after = await held();
    gains.push({
      native: (after.native - before.native) / rounds,
      js: (after.js - before.js) / rounds,
      resident: after.resident - before.resident,
      descriptors: after.descriptors - before.descriptors,
      threads: after.threads - before.threads,
    });
  }
  return { gains, isFlat: isFlat() };
}

describe.skipIf(process.platform !== "linux")(
  "decoder-libav (its memory is looked at where /proc is)",
  () => {
    test("life/descriptors-threads-and-memory-stay-flat", { timeout: 1_200_000 }, async () => {
      await play(350);
      const { gains, isFlat } = await spellsOf(play);
      expect(isFlat, JSON.stringify(gains)).toBe(true);
      expect(gains.filter(({ descriptors, threads }) => descriptors > 0 || threads > 0)).toEqual([]);
      expect(getEventListeners(signal, "abort").length).toBe(0);
    });

    test("life/a-leak-of-a-small-block-at-each-opening-is-not-flat", { timeout: 60_000 }, async () => {
      const kept: unknown[] = [];
      const leaks = async (make: () => unknown) => {
        const { isFlat } = await spellsOf(async (count) => {
          for (let i = 0; i < count; i++) kept.push(make());
        });
        return !isFlat;
      };
      // OpenSSL's context behind it is native memory; the closure is V8's.
      expect(await leaks(() => createHash("md5"))).toBe(true);
      expect(await leaks(() => [() => kept.length, {}, {}])).toBe(true);
      expect(await leaks(() => 1)).toBe(false);
    });
  },
);
