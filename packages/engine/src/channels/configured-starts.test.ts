import { ManualClock, nanoseconds, nanosecondsFromMs, PlayoutError } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import type { ChannelConfig } from "../config/playout-config.js";
import { openLog } from "../log/log.js";
import { startConfigured } from "./configured-starts.js";

const channel = (id: number) => ({ id, plan: "a.yaml", autostart: true, run: "always" }) as ChannelConfig;
const soon = () => new Promise((resolve) => setImmediate(resolve));

/** A registry whose starts fail as told, the first ones first. */
function house(failures: Record<number, (PlayoutError | undefined)[]>) {
  const clock = new ManualClock(nanoseconds(0n));
  const started: number[] = [];
  const stopped = new Set<number>();
  const lines: Record<string, unknown>[] = [];
  const ending = new AbortController();
  const run = () =>
    startConfigured({
      channels: Object.keys(failures).map((id) => channel(Number(id))),
      clock,
      signal: ending.signal,
      log: openLog({
        level: "info",
        format: "json",
        now: () => 0n,
        write: (line) => lines.push(JSON.parse(line)),
      }),
      registry: {
        start: async (id) => {
          started.push(id);
          const failure = failures[id]?.shift();
          if (failure !== undefined) throw failure;
          return { onSlate: undefined };
        },
        running: () => undefined,
        configOf: channel,
        isStoppedByRequest: (id) => stopped.has(id),
      },
    });
  const pass = async (seconds: number) => {
    await soon();
    await clock.advanceBy(nanosecondsFromMs(seconds * 1_000));
    await soon();
  };
  return { run, pass, started, stopped, lines, ending };
}

const silent = () => new PlayoutError("Timeout", "No answer.");

describe("channels that begin with the engine", () => {
  test("starts/one-whose-files-do-not-answer-is-told-once-and-tried-until-they-do", async () => {
    const { run, pass, started, lines } = house({ 1: [silent(), silent(), silent()], 2: [] });
    await run();
    expect(started).toEqual([1, 2]);
    expect(lines).toMatchObject([
      { message: "channel not started", channel: 1, plan: "a.yaml", err: { code: "Timeout" } },
    ]);
    for (const seconds of [1, 2, 4]) await pass(seconds);
    expect(started).toEqual([1, 2, 1, 1, 1]);
    await pass(600);
    expect(started).toHaveLength(5);
    expect(lines).toHaveLength(1);
  });

  test("starts/one-that-joined-a-start-whose-caller-left-is-tried-again", async () => {
    const left = () => new PlayoutError("Cancelled", "The caller left.");
    const { run, pass, started } = house({ 1: [silent(), left()], 2: [left()] });
    await run();
    for (const seconds of [1, 2, 600]) await pass(seconds);
    expect(started.toSorted()).toEqual([1, 1, 1, 2, 2]);
  });

  test("starts/one-that-fails-for-another-reason-is-left", async () => {
    const missing = new PlayoutError("UnknownPlan", "None.");
    const { run, pass, started, lines } = house({ 1: [silent(), missing], 2: [missing] });
    await run();
    for (const seconds of [1, 600]) await pass(seconds);
    expect(started).toEqual([1, 2, 1]);
    expect(lines.map(({ channel }) => channel).toSorted()).toEqual([1, 1, 2]);
  });

  test("starts/nobody-is-started-whom-a-request-stopped-or-whose-engine-ends", async () => {
    const { run, pass, started, stopped, ending } = house({ 1: [silent()], 2: [silent(), silent()] });
    await run();
    stopped.add(1);
    await pass(1);
    expect(started).toEqual([1, 2, 2]);
    ending.abort();
    await pass(600);
    expect(started).toHaveLength(3);
  });
});
