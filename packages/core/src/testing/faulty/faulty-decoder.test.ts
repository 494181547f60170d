import { expect, test } from "vitest";
import type { Clock } from "../../clock/clock.js";
import { endOfMedia, type PictureFrame } from "../../media/picture.js";
import type { SoundBlock } from "../../media/sound.js";
import { mediaTime, type Nanoseconds, nanoseconds } from "../../time/units.js";
import { PatternDecoderFactory } from "../pattern/index.js";
import { type FaultScript, FaultyDecoderFactory } from "./index.js";

const never = new AbortController().signal;
const uri = "test://pattern?rate=25&duration=200ms&size=8x1&sound=8000x1";

/** Notes until when somebody would sleep, and lets him go on when told. */
function sleepNoting() {
  const slept: Nanoseconds[] = [];
  let wake = () => {};
  const clock = {
    now: () => nanoseconds(1_000n),
    sleepUntil: (at: Nanoseconds) => {
      slept.push(at);
      return new Promise<void>((resolve) => {
        wake = resolve;
      });
    },
  } as unknown as Clock;
  return { clock, slept, wake: () => wake() };
}

async function faulty(script: FaultScript, onCrash?: () => void) {
  const noting = sleepNoting();
  const factory = new FaultyDecoderFactory({
    inner: new PatternDecoderFactory(),
    clock: noting.clock,
    script: () => script,
    ...(onCrash && { onCrash }),
  });
  return { factory, ...noting };
}
const zero = mediaTime(0n);

test("faulty/late-calls-wait-by-the-clock-and-then-work", async () => {
  const { factory, slept, wake } = await faulty({
    calls: [{ on: "picture", from: 1, move: { kind: "late", byNs: nanoseconds(500n) } }],
  });
  const decoder = await factory.open({ uri }, {}, never);
  expect(((await decoder.readPicture(zero, {}, never)) as PictureFrame).sourceIndex).toBe(0);
  const late = decoder.readPicture(zero, {}, never);
  expect(slept).toEqual([1_500n]);
  wake();
  expect(((await late) as PictureFrame).sourceIndex).toBe(1);
});

test("faulty/stuck-obeys-its-signal-deaf-does-not", async () => {
  const { factory } = await faulty({
    calls: [
      { on: "picture", move: { kind: "stuck" } },
      { on: "sound", times: Number.POSITIVE_INFINITY, move: { kind: "deaf" } },
    ],
  });
  const decoder = await factory.open({ uri }, {}, never);
  const patience = new AbortController();
  const stuck = decoder.readPicture(zero, {}, patience.signal);
  let heard = false;
  void decoder.readSound(1, patience.signal).finally(() => {
    heard = true;
  });
  patience.abort();
  await expect(stuck).rejects.toMatchObject({ code: "Cancelled" });
  // Nothing was lost: the picture comes now.
  expect(((await decoder.readPicture(zero, {}, never)) as PictureFrame).sourceIndex).toBe(0);
  expect(heard).toBe(false);
});

test("faulty/rejections-end-the-decoder-and-opens-recover", async () => {
  const { factory } = await faulty({
    calls: [
      { on: "open", move: { kind: "reject", code: "MediaNotFound" } },
      { on: "picture", from: 2, move: { kind: "reject", code: "DecodeFailed" } },
    ],
  });
  await expect(factory.open({ uri }, {}, never)).rejects.toMatchObject({ code: "MediaNotFound" });
  const decoder = await factory.open({ uri }, {}, never);
  await decoder.readPicture(zero, {}, never);
  await decoder.readPicture(zero, {}, never);
  await expect(decoder.readPicture(zero, {}, never)).rejects.toMatchObject({ code: "DecodeFailed" });
  await expect(decoder.readSound(1, never)).rejects.toMatchObject({ code: "DecodeFailed" });
});

test("faulty/lies-change-what-is-said-not-what-is-there", async () => {
  const { factory } = await faulty({
    lies: {
      pictureTime: { from: 1, byNs: nanoseconds(-7n) },
      soundTime: { byNs: nanoseconds(9n) },
      format: { from: 1, claims: { width: 99 } },
    },
  });
  const inner = new PatternDecoderFactory();
  expect(inner.ledger().decoders).toBe(0);
  const decoder = await factory.open({ uri }, { picturesHeldMax: 2 }, never);
  const first = (await decoder.readPicture(zero, {}, never)) as PictureFrame;
  const second = (await decoder.readPicture(zero, {}, never)) as PictureFrame;
  expect([first.time, second.time]).toEqual([0n, 39_999_993n]);
  expect([first.format.width, second.format.width]).toEqual([8, 99]);
  expect(second.sourceIndex).toBe(1);
  second.release();
  expect(((await decoder.readPicture(zero, {}, never)) as PictureFrame).sourceIndex).toBe(2);
  expect(((await decoder.readSound(4, never)) as SoundBlock).time).toBe(9n);
});

test("faulty/ends-short-or-never", async () => {
  const short = await (await faulty({ picturesMax: 2, samplesMax: 5 })).factory.open({ uri }, {}, never);
  await short.readPicture(zero, {}, never);
  await short.readPicture(zero, {}, never);
  expect(await short.readPicture(zero, {}, never)).toBe(endOfMedia);
  expect(((await short.readSound(100, never)) as SoundBlock).samples).toBe(5);
  expect(await short.readSound(100, never)).toBe(endOfMedia);

  const endless = await (await faulty({ endless: true })).factory.open({ uri }, {}, never);
  for (let n = 0; n < 23; n++) {
    const shown = (await endless.readPicture(mediaTime(BigInt(n) * 40_000_000n), {}, never)) as PictureFrame;
    expect([shown.time, shown.sourceIndex]).toEqual([BigInt(n) * 40_000_000n, n % 5]);
    shown.release();
  }
});

test("faulty/a-crash-is-told-and-answers-nothing", async () => {
  let crashes = 0;
  const { factory } = await faulty({ calls: [{ on: "seek", move: { kind: "crash" } }] }, () => {
    crashes++;
  });
  const decoder = await factory.open({ uri }, {}, never);
  void decoder.seek(zero, never);
  expect(crashes).toBe(1);
});
