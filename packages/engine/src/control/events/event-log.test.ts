import { create } from "@bufbuild/protobuf";
import { type Nanoseconds, nanoseconds, type Timer } from "@retrovue/core";
import { ChannelState, ChannelStateChangedSchema, type Event } from "@retrovue/protocol";
import { describe, expect, test } from "vitest";
import { EventLog, type WatchOrder } from "./event-log.js";

/** Time that passes when told. */
class ManualTimer implements Timer {
  readonly waiting = new Map<() => void, bigint>();
  #nowNs = 0n;

  after(delay: Nanoseconds, wake: () => void): Disposable {
    const ring = () => wake();
    this.waiting.set(ring, this.#nowNs + delay);
    return { [Symbol.dispose]: () => this.waiting.delete(ring) };
  }

  pass(ns: bigint): void {
    this.#nowNs += ns;
    for (const [ring, at] of [...this.waiting]) {
      if (at > this.#nowNs) continue;
      this.waiting.delete(ring);
      ring();
    }
  }
}

/** Lets what has been woken go on. */
const soon = () => new Promise((resolve) => setImmediate(resolve));

function log(keptMax = 5) {
  const timer = new ManualTimer();
  const events = new EventLog({ runId: "run-1", now: () => nanoseconds(7n), timer, keptMax });
  const happen = (channelId = 1) =>
    events.append({
      channelId,
      body: {
        case: "channelStateChanged",
        value: create(ChannelStateChangedSchema, { to: ChannelState.READY }),
      },
    });
  return { events, happen, timer };
}

const order = (more: Partial<WatchOrder> = {}): WatchOrder => ({
  channelIds: new Set(),
  after: undefined,
  heartbeatNs: nanoseconds(1n),
  ...more,
});

const say = (event: Event): string =>
  `${event.event.case} ${event.sequence}${event.event.case === "eventsLost" ? ` ${event.event.value.sequenceFrom}-${event.event.value.sequenceTo} ${event.event.value.otherRun}` : ""}`;

async function take(stream: AsyncIterator<Event>, count: number): Promise<string[]> {
  const said: string[] = [];
  while (said.length < count) said.push(say((await stream.next()).value));
  return said;
}

const watching = (events: EventLog, wanted: WatchOrder, signal = new AbortController().signal) =>
  events.watch(wanted, signal)[Symbol.asyncIterator]();

describe("events/watch", () => {
  test("events/begin-with-the-next-one-and-come-in-order", async () => {
    const { events, happen } = log();
    happen();
    const stream = watching(events, order());
    expect(await take(stream, 1)).toEqual(["watchStarted 1"]);
    for (let n = 0; n < 4; n++) happen();
    expect(await take(stream, 4)).toEqual([2, 3, 4, 5].map((n) => `channelStateChanged ${n}`));
    const next = take(stream, 1);
    happen();
    expect(await next).toEqual(["channelStateChanged 6"]);
  });

  test("events/resume-after-a-number-of-the-same-run", async () => {
    const { events, happen } = log();
    for (let n = 0; n < 4; n++) happen();
    const stream = watching(events, order({ after: { runId: "run-1", sequence: 2 } }));
    expect(await take(stream, 3)).toEqual([
      "watchStarted 4",
      "channelStateChanged 3",
      "channelStateChanged 4",
    ]);
    const nothingLost = watching(events, order({ after: { runId: "run-1", sequence: 4 } }));
    expect(await take(nothingLost, 1)).toEqual(["watchStarted 4"]);
  });

  test("events/what-is-gone-is-told-before-what-is-kept", async () => {
    const { events, happen } = log(3);
    for (let n = 0; n < 7; n++) happen();
    const stream = watching(events, order({ after: { runId: "run-1", sequence: 2 } }));
    expect(await take(stream, 3)).toEqual([
      "watchStarted 7",
      "eventsLost 7 3-4 false",
      "channelStateChanged 5",
    ]);
    for (const after of [
      { runId: "run-0", sequence: 6 },
      { runId: "run-1", sequence: 8 },
    ]) {
      const other = watching(events, order({ after }));
      expect(await take(other, 3)).toEqual([
        "watchStarted 7",
        "eventsLost 7 0-0 true",
        "channelStateChanged 5",
      ]);
    }
  });

  test("events/only-the-wanted-channels-and-the-engine-itself", async () => {
    const { events, happen } = log();
    const stream = watching(events, order({ channelIds: new Set([2]) }));
    await take(stream, 1);
    for (const channel of [1, 2, 0, 1]) happen(channel);
    expect(await take(stream, 2)).toEqual(["channelStateChanged 2", "channelStateChanged 3"]);
  });

  test("events/a-heartbeat-comes-while-nothing-happens-and-counts-for-none", async () => {
    const { events, happen, timer } = log();
    const stream = watching(events, order());
    await take(stream, 1);
    const next = take(stream, 1);
    timer.pass(1n);
    expect(await next).toEqual(["heartbeat 0"]);
    happen();
    expect(await take(stream, 1)).toEqual(["channelStateChanged 1"]);
    expect(timer.waiting.size).toBe(0);
  });

  test("events/a-heartbeat-comes-so-long-after-the-last-message-whatever-other-channels-do", async () => {
    const { events, happen, timer } = log();
    const stream = watching(events, order({ channelIds: new Set([2]), heartbeatNs: nanoseconds(10n) }));
    await take(stream, 1);
    for (const [sequence, wanted] of [
      [3, "heartbeat 3"],
      [7, "channelStateChanged 7"],
      [10, "heartbeat 10"],
    ] as const) {
      const said: string[] = [];
      const next = take(stream, 1).then((one) => said.push(...one));
      for (let n = 1; n <= 3; n++) {
        await soon();
        timer.pass(3n);
        happen();
        await soon();
        expect(said).toEqual([]);
      }
      if (sequence === 7) happen(2);
      else timer.pass(1n);
      await next;
      expect(said).toEqual([wanted]);
    }
    expect(timer.waiting.size).toBe(0);
  });

  test("events/a-heartbeat-carries-no-number-of-what-is-still-to-be-sent", async () => {
    const { events, happen, timer } = log();
    const stream = watching(events, order({ channelIds: new Set([2]), heartbeatNs: nanoseconds(10n) }));
    await take(stream, 1);
    const next = take(stream, 1);
    await soon();
    timer.pass(10n);
    happen(2);
    expect(await next).toEqual(["channelStateChanged 1"]);
  });

  test("events/a-watch-that-reads-too-slowly-is-cut-off-and-resumes-without-loss-being-hidden", async () => {
    const { events, happen } = log(3);
    const stream = watching(events, order());
    await take(stream, 1);
    happen();
    expect(await take(stream, 1)).toEqual(["channelStateChanged 1"]);
    for (let n = 0; n < 4; n++) happen();
    await expect(stream.next()).rejects.toMatchObject({ code: "LimitExceeded" });
    const again = watching(events, order({ after: { runId: "run-1", sequence: 1 } }));
    expect(await take(again, 2)).toEqual(["watchStarted 5", "eventsLost 5 2-2 false"]);
  });

  test("events/leaving-ends-the-watch-and-frees-its-place", async () => {
    const { events, timer } = log();
    const gone = new AbortController();
    const stream = watching(events, order(), gone.signal);
    await take(stream, 1);
    const next = stream.next();
    gone.abort();
    expect(await next).toMatchObject({ done: true });
    expect(timer.waiting.size).toBe(0);
    const many = Array.from({ length: 256 }, () => watching(events, order()));
    await Promise.all(many.map((one) => one.next()));
    await expect(watching(events, order()).next()).rejects.toMatchObject({ code: "LimitExceeded" });
    await many[0]?.return?.();
    expect(await take(watching(events, order()), 1)).toEqual(["watchStarted 0"]);
  });

  test("events/nothing-is-lost-or-doubled-across-forced-reconnects", async () => {
    const { events, happen } = log(1_000);
    const seen: number[] = [];
    let last = { runId: "run-1", sequence: 0 };
    for (let round = 0; round < 100; round++) {
      const stream = watching(events, order({ after: last }));
      for (let n = 0; n < (round * 7) % 11; n++) happen();
      await stream.next();
      for (let n = 0; n < (round * 5) % 9 && last.sequence < events.sequence; n++) {
        const { value } = await stream.next();
        seen.push(Number(value.sequence));
        last = { runId: value.runId, sequence: Number(value.sequence) };
      }
      await stream.return?.();
    }
    expect(seen).toEqual(seen.map((_, index) => index + 1));
    expect(seen.length).toBeGreaterThan(200);
  });
});
