import { describe, expect, test } from "vitest";
import { midnight, ms } from "../../test/plan-examples.js";
import { ManualClock } from "../clock/manual-clock.js";
import type { ErrorCode } from "../errors/codes.js";
import { PlayoutError } from "../errors/playout-error.js";
import { PatternDecoderFactory } from "../testing/index.js";
import { DecoderChooser, type DecoderTrail } from "./choice.js";
import type { Decoder, DecoderFactory } from "./decoder.js";

const asset = { uri: "test://pattern?id=1&size=8x2&mark=compact" };
const never = new AbortController().signal;
const patterns = new PatternDecoderFactory();

/** A decoder that scores so much and opens (or fails with a code, or never answers). */
function decoder(
  name: string,
  score: number,
  fails?: ErrorCode | "hangs",
): { name: string; factory: DecoderFactory } {
  return {
    name,
    factory: {
      probe: async () => ({ score, reason: `${name} says ${score}.` }),
      open: async (ref, options, signal) => {
        if (fails === "hangs") return new Promise<Decoder>(() => {});
        if (fails !== undefined) throw new PlayoutError(fails, `${name} cannot.`);
        return patterns.open(ref, options, signal);
      },
    },
  };
}

function chooser(
  decoders: { name: string; factory: DecoderFactory }[],
  barred: number[] = [],
  trail?: DecoderTrail,
) {
  const clock = new ManualClock(midnight);
  const isBarred = (_: string, index: number) => barred.includes(index);
  return {
    clock,
    chooser: new DecoderChooser({
      decoders,
      clock,
      timeoutNs: ms(2_000),
      barred: isBarred,
      ...(trail && { trail }),
    }),
  };
}

async function refusal(work: Promise<unknown>): Promise<PlayoutError> {
  try {
    await work;
  } catch (thrown) {
    if (thrown instanceof PlayoutError) return thrown;
  }
  throw new Error("It was not refused.");
}

describe("decoder/choice", () => {
  test("decoder/the-best-score-wins-and-order-settles-ties", async () => {
    const { chooser: it } = chooser([decoder("a", 50), decoder("b", 80), decoder("c", 80), decoder("d", 0)]);
    expect((await it.rank(asset, never)).map(({ name }) => name)).toEqual(["b", "c", "a", "d"]);
    const choice = await it.open(asset, {}, new Set(), never);
    expect(choice.index).toBe(1);
    await choice.decoder[Symbol.asyncDispose]();
  });

  test("decoder/the-next-best-opens-what-the-best-cannot", async () => {
    const { chooser: it } = chooser([decoder("a", 50), decoder("b", 80, "DeviceUnavailable")]);
    const choice = await it.open(asset, {}, new Set(), never);
    expect(choice.index).toBe(0);
    await choice.decoder[Symbol.asyncDispose]();
  });

  test("decoder/one-that-failed-is-not-asked-again", async () => {
    const { chooser: it } = chooser([decoder("a", 50), decoder("b", 80)]);
    const choice = await it.open(asset, {}, new Set([1]), never);
    expect(choice.index).toBe(0);
    await choice.decoder[Symbol.asyncDispose]();
    const error = await refusal(it.open(asset, {}, new Set([0, 1]), never));
    expect(error.code).toBe("DecodeFailed");
  });

  test("decoder/refusal-names-who-was-tried-and-why", async () => {
    const { chooser: it } = chooser([decoder("a", 0), decoder("b", 80, "MediaCorrupt")]);
    const error = await refusal(it.open(asset, {}, new Set(), never));
    expect(error.code).toBe("UnsupportedMedia");
    expect(error.details["tried"]).toEqual(["b: b cannot.", "a: a says 0."]);
  });

  test("decoder/the-only-decoder's-own-error-is-the-answer", async () => {
    const { chooser: it } = chooser([decoder("a", 50, "MediaNotFound")]);
    expect((await refusal(it.open(asset, {}, new Set(), never))).code).toBe("MediaNotFound");
  });

  test("decoder/a-barred-pair-is-neither-probed-nor-opened", async () => {
    const { chooser: it } = chooser([decoder("a", 80), decoder("b", 50)], [0]);
    expect((await it.rank(asset, never))[0]?.name).toBe("b");
    const { chooser: all } = chooser([decoder("a", 80), decoder("b", 0)], [0]);
    expect((await refusal(all.open(asset, {}, new Set(), never))).code).toBe("MediaQuarantined");
  });

  test("decoder/an-open-that-hangs-is-given-up-and-the-next-takes-over", async () => {
    const { chooser: it, clock } = chooser([decoder("a", 80, "hangs"), decoder("b", 50)]);
    const opening = it.open(asset, {}, new Set(), never);
    await clock.advanceBy(ms(2_001));
    const choice = await opening;
    expect(choice.index).toBe(1);
    await choice.decoder[Symbol.asyncDispose]();
    await clock.advanceBy(ms(2_001));
    expect(clock.sleepers).toBe(0);
  });

  test("decoder/an-open-that-hears-no-signal-is-told-as-stuck", async () => {
    const stuck: number[] = [];
    const { chooser: it, clock } = chooser([decoder("a", 80, "hangs"), decoder("b", 50)]);
    const opening = it.open(asset, {}, new Set(), never, (index) => stuck.push(index));
    await clock.advanceBy(ms(2_001));
    expect((await opening).index).toBe(1);
    expect(stuck).toEqual([]);
    await clock.advanceBy(ms(2_001));
    expect(stuck).toEqual([0]);
    expect(clock.sleepers).toBe(0);
  });

  test("decoder/one-that-opens-too-late-and-does-not-close-is-told-as-stuck", async () => {
    const stuck: number[] = [];
    const slow = decoder("a", 80);
    const opened = Promise.withResolvers<Decoder>();
    slow.factory.open = () => opened.promise;
    const stop = new AbortController();
    const { chooser: it, clock } = chooser([slow]);
    const opening = refusal(it.open(asset, {}, new Set(), stop.signal, (index) => stuck.push(index)));
    await clock.advanceBy(ms(1));
    stop.abort();
    expect((await opening).code).toBe("Cancelled");
    await clock.advanceBy(ms(1_000));
    opened.resolve({ [Symbol.asyncDispose]: () => new Promise<void>(() => {}) } as unknown as Decoder);
    await clock.advanceBy(ms(1_900));
    expect(stuck).toEqual([]);
    await clock.advanceBy(ms(200));
    expect(stuck).toEqual([0]);
  });

  test("decoder/one-that-opens-after-it-was-given-up-is-closed", async () => {
    let closed = 0;
    const slow = decoder("a", 80);
    const opened = Promise.withResolvers<Decoder>();
    slow.factory.open = () => opened.promise;
    const { chooser: it, clock } = chooser([slow]);
    const opening = refusal(it.open(asset, {}, new Set(), never));
    await clock.advanceBy(ms(2_001));
    expect((await opening).code).toBe("Timeout");
    opened.resolve({
      [Symbol.asyncDispose]: async () => {
        closed += 1;
      },
    } as unknown as Decoder);
    await clock.advanceBy(ms(1));
    expect(closed).toBe(1);
  });

  test("decoder/a-probe-that-fails-counts-as-no", async () => {
    const broken = decoder("a", 80);
    broken.factory.probe = async () => {
      throw new TypeError("boom");
    };
    const { chooser: it } = chooser([broken, decoder("b", 10)]);
    const ranked = await it.rank(asset, never);
    expect(ranked.map(({ name, probe }) => [name, probe.score])).toEqual([
      ["b", 10],
      ["a", 0],
    ]);
    expect(ranked[1]?.probe.reason).toBe("boom");
  });

  test("decoder/a-probe-that-hangs-costs-a-short-grace-and-no-more", async () => {
    const hanging = decoder("a", 80);
    hanging.factory.probe = (_, signal) =>
      new Promise((__, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    const { chooser: it, clock } = chooser([hanging, decoder("b", 50), decoder("c", 40)]);
    const opening = it.open(asset, {}, new Set(), never);
    await clock.advanceBy(ms(510));
    const choice = await opening;
    expect(choice.index).toBe(1);
    await choice.decoder[Symbol.asyncDispose]();
    // Who takes over for it is there at once, too.
    const next = it.open(asset, {}, new Set([1]), never);
    await clock.advanceBy(ms(510));
    expect((await next).index).toBe(2);
    expect(clock.sleepers).toBe(0);
  });

  test("decoder/better-answers-are-waited-for-within-the-grace", async () => {
    const slow = decoder("a", 80);
    const answer = Promise.withResolvers<{ score: number; reason: string }>();
    slow.factory.probe = () => answer.promise;
    const { chooser: it, clock } = chooser([slow, decoder("b", 50)]);
    const opening = it.open(asset, {}, new Set(), never);
    await clock.advanceBy(ms(400));
    answer.resolve({ score: 80, reason: "At last." });
    expect((await opening).index).toBe(0);
    expect(clock.sleepers).toBe(0);
  });

  test("decoder/the-best-there-can-be-waits-for-nobody", async () => {
    const hanging = decoder("b", 100);
    hanging.factory.probe = () => new Promise(() => {});
    const { chooser: it, clock } = chooser([decoder("a", 100), hanging]);
    expect((await it.open(asset, {}, new Set(), never)).index).toBe(0);
    expect(clock.sleepers).toBe(0);
  });

  test("decoder/who-takes-over-is-not-asked-again-and-a-fresh-start-asks-anew", async () => {
    const asked: string[] = [];
    const counted = ["a", "b", "c"].map((name, i) => {
      const it = decoder(name, 80 - i);
      const { probe } = it.factory;
      it.factory.probe = (...args) => {
        asked.push(name);
        return probe(...args);
      };
      return it;
    });
    const { chooser: it } = chooser(counted);
    for (const failed of [[], [0], [0, 1]]) await it.open(asset, {}, new Set(failed), never);
    expect(asked).toEqual(["a", "b", "c"]);
    await it.open(asset, {}, new Set(), never);
    expect(asked).toHaveLength(6);
  });

  test("decoder/a-probe-that-hears-no-signal-is-not-begun-again-while-it-lasts", async () => {
    let begun = 0;
    const deaf = decoder("a", 80);
    const answer = Promise.withResolvers<{ score: number; reason: string }>();
    deaf.factory.probe = () => {
      begun += 1;
      return answer.promise;
    };
    const { chooser: it, clock } = chooser([deaf, decoder("b", 50)]);
    for (let i = 0; i < 5; i++) {
      const opening = it.open(asset, {}, new Set(), never);
      await clock.advanceBy(ms(600));
      expect((await opening).index).toBe(1);
    }
    expect(begun).toBe(1);
    answer.resolve({ score: 80, reason: "At last." });
    await clock.advanceBy(ms(1));
    expect((await it.open(asset, {}, new Set(), never)).index).toBe(0);
    expect(begun).toBe(2);
  });

  test("decoder/nobody-left-to-take-over-is-a-failed-decode", async () => {
    const { chooser: it } = chooser([decoder("a", 80), decoder("b", 0)]);
    const error = await refusal(it.open(asset, {}, new Set([0]), never));
    expect(error.code).toBe("DecodeFailed");
    expect(error.details["tried"]).toEqual(["b: b says 0."]);
    const { chooser: two } = chooser([decoder("a", 80), decoder("b", 50, "MediaCorrupt")]);
    expect((await refusal(two.open(asset, {}, new Set([0]), never))).code).toBe("DecodeFailed");
  });

  test("decoder/the-trail-says-who-is-at-work-on-what", async () => {
    const steps: string[] = [];
    const trail = {
      enter: (uri: string, index: number) => steps.push(`+${index} ${uri.slice(0, 7)}`),
      leave: (uri: string, index: number) => steps.push(`-${index} ${uri.slice(0, 7)}`),
    };
    const { chooser: it } = chooser([decoder("a", 80, "MediaCorrupt"), decoder("b", 50)], [], trail);
    const choice = await it.open(asset, {}, new Set(), never);
    await choice.decoder[Symbol.asyncDispose]();
    expect(steps).toEqual([
      "+0 test://",
      "+1 test://",
      "-0 test://",
      "-1 test://",
      "+0 test://",
      "-0 test://",
      "+1 test://",
      "-1 test://",
    ]);
  });

  test("decoder/one-that-throws-instead-of-rejecting-is-as-one-that-rejects", async () => {
    let atWork = 0;
    const trail = { enter: () => void atWork++, leave: () => void atWork-- };
    const throws = () => {
      throw new Error("It throws.");
    };
    const noProbe = { name: "a", factory: { ...decoder("a", 90).factory, probe: throws } };
    const noOpen = { name: "b", factory: { ...decoder("b", 80).factory, open: throws } };
    const { chooser: it } = chooser([noProbe, noOpen, decoder("c", 50)], [], trail);
    const choice = await it.open(asset, {}, new Set(), never);
    expect(choice.index).toBe(2);
    expect(atWork).toBe(0);
    await choice.decoder[Symbol.asyncDispose]();
  });

  test("decoder/one-that-comes-too-late-and-throws-as-it-closes-is-over-and-done-with", async () => {
    const late = Promise.withResolvers<Decoder>();
    const slow = { name: "a", factory: { ...decoder("a", 80).factory, open: () => late.promise } };
    const { chooser: it, clock } = chooser([slow]);
    const stuck: number[] = [];
    const opening = refusal(it.open(asset, {}, new Set(), never, (index) => stuck.push(index)));
    await clock.advanceBy(ms(2_000));
    expect((await opening).code).toBe("Timeout");
    let closes = 0;
    late.resolve({
      [Symbol.asyncDispose]: () => {
        closes += 1;
        throw new Error("It throws.");
      },
    } as unknown as Decoder);
    // What is rejected here and heard by nobody would end the process.
    await clock.advanceBy(ms(5_000));
    expect([closes, stuck]).toEqual([1, []]);
  });

  test("decoder/an-abort-ends-the-choice", async () => {
    const stop = new AbortController();
    const { chooser: it } = chooser([decoder("a", 80, "hangs"), decoder("b", 50)]);
    const opening = refusal(it.open(asset, {}, new Set(), stop.signal));
    stop.abort();
    expect((await opening).code).toBe("Cancelled");
  });
});
