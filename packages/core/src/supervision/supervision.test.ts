import { describe, expect, test } from "vitest";
import { PlayoutError } from "../errors/playout-error.js";
import { nanosecondsFromMs } from "../time/units.js";
import { retryAfter } from "./backoff.js";
import {
  type ChannelSignal,
  type ChannelState,
  channelStates,
  channelTransitions,
  nextState,
} from "./channel-state.js";
import { Quarantine } from "./quarantine.js";

describe("supervision/backoff", () => {
  test("supervision/retries-come-after-1-2-4-8-16-seconds-then-every-30", () => {
    const seconds = [1, 2, 3, 4, 5, 6, 7, 100].map((n) => Number(retryAfter(n).afterNs / 1_000_000_000n));
    expect(seconds).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
  });

  test("supervision/a-channel-fails-when-the-quick-retries-are-used-up", () => {
    expect([1, 5, 6, 7].map((n) => retryAfter(n).exhausted)).toEqual([false, false, true, true]);
  });
});

describe("supervision/channel-state", () => {
  const states = Object.keys(channelStates) as ChannelState[];
  const signals: ChannelSignal[] = ["start", "filled", "drained", "gave-up", "recovered", "stop"];

  test("supervision/the-numbers-are-those-of-the-metric", () => {
    expect(channelStates).toEqual({ stopped: 0, buffering: 1, ready: 2, error: 3 });
  });

  test("supervision/every-step-is-in-the-table-or-refused-by-name", () => {
    let [legal, refused] = [0, 0];
    for (const state of states) {
      for (const signal of signals) {
        const next = channelTransitions[state][signal];
        if (next !== undefined) {
          legal += 1;
          expect(nextState(state, signal)).toBe(next);
          continue;
        }
        refused += 1;
        expect(() => nextState(state, signal)).toThrow(PlayoutError);
        expect(() => nextState(state, signal)).toThrow(`A channel that is ${state} cannot take "${signal}".`);
      }
    }
    expect([legal, refused]).toEqual([17, 7]);
  });

  test("supervision/an-error-ends-by-recovery-or-stop-only", () => {
    for (const signal of ["filled", "drained", "gave-up"] as const)
      expect(nextState("error", signal)).toBe("error");
    expect(nextState("error", "recovered")).toBe("buffering");
    expect(nextState("error", "stop")).toBe("stopped");
  });
});

describe("supervision/quarantine", () => {
  const pair = { uri: "file:///bad.mp4", decoderIndex: 1 };
  const at = (ms: number) => nanosecondsFromMs(ms);

  test("supervision/a-killer-is-barred-with-its-decoder-only", () => {
    const quarantine = new Quarantine();
    quarantine.bar(pair);
    expect(quarantine.isBarred(pair.uri, 1, at(0))).toBe(true);
    expect(quarantine.isBarred(pair.uri, 1, at(1e12))).toBe(true);
    expect(quarantine.isBarred(pair.uri, 0, at(0))).toBe(false);
    expect(quarantine.isBarred("file:///good.mp4", 1, at(0))).toBe(false);
  });

  test("supervision/a-bar-with-an-end-ends", () => {
    const quarantine = new Quarantine();
    quarantine.bar(pair, at(500));
    expect(quarantine.isBarred(pair.uri, 1, at(499))).toBe(true);
    expect(quarantine.isBarred(pair.uri, 1, at(500))).toBe(false);
    expect(quarantine.size).toBe(0);
  });

  test("supervision/bars-are-lifted-by-asset-or-all", () => {
    const quarantine = new Quarantine();
    quarantine.bar(pair);
    quarantine.bar({ ...pair, decoderIndex: 0 });
    quarantine.bar({ uri: "file:///other.mp4", decoderIndex: 0 });
    // An address may end in another one.
    quarantine.bar({ uri: `/media/take 2 of ${pair.uri}`, decoderIndex: 0 });
    quarantine.clear(pair.uri);
    expect(quarantine.size).toBe(2);
    quarantine.clear();
    expect(quarantine.size).toBe(0);
  });

  test("supervision/quarantine-is-bounded-and-forgets-the-oldest", () => {
    const quarantine = new Quarantine();
    for (let i = 0; i < 2_000; i++) quarantine.bar({ uri: `file:///${i}.mp4`, decoderIndex: 0 });
    expect(quarantine.size).toBe(1024);
    expect(quarantine.isBarred("file:///0.mp4", 0, at(0))).toBe(false);
    expect(quarantine.isBarred("file:///1999.mp4", 0, at(0))).toBe(true);
  });
});
