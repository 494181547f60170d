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
    expect(clock.sleepers).toBe(0);
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

  test("decoder/an-abort-ends-the-choice", async () => {
    const stop = new AbortController();
    const { chooser: it } = chooser([decoder("a", 80, "hangs"), decoder("b", 50)]);
    const opening = refusal(it.open(asset, {}, new Set(), stop.signal));
    stop.abort();
    expect((await opening).code).toBe("Cancelled");
  });
});
