import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { type FollowOptions, followEvents, type PlayoutClient } from "@retrovue/client";
import { type Nanoseconds, nanoseconds } from "@retrovue/core";
import { ChannelState, ChannelStateChangedSchema, type WatchEventsRequest } from "@retrovue/protocol";
import { expect, test } from "vitest";
import { EventLog } from "../../src/control/events/event-log.js";

/** An engine's events and a client of theirs, whose connection breaks and whose heartbeats come when told. */
class Watched {
  readonly #wakes = new Set<() => void>();
  #broken = new AbortController();
  readonly events = new EventLog({
    runId: "run-1",
    now: () => nanoseconds(0n),
    timer: {
      after: (_delay: Nanoseconds, wake) => {
        this.#wakes.add(wake);
        return { [Symbol.dispose]: () => this.#wakes.delete(wake) };
      },
    },
    keptMax: 3,
  });
  /** Where each connection began. */
  readonly resumed: unknown[] = [];

  happen(channelId: number): void {
    const value = create(ChannelStateChangedSchema, { to: ChannelState.READY });
    this.events.append({ channelId, body: { case: "channelStateChanged", value } });
  }

  /** A heartbeat's time has come, once the client waits for one. */
  async beat(): Promise<void> {
    await this.#waits();
    const due = [...this.#wakes];
    this.#wakes.clear();
    for (const wake of due) wake();
    await this.#waits();
  }

  async break(): Promise<void> {
    await this.#waits();
    this.#broken.abort();
  }

  follow(options: Omit<FollowOptions, "firstMs" | "longestMs">) {
    const watchEvents = (request: Partial<WatchEventsRequest>) => this.#watch(request);
    const status = { watchEvents } as unknown as PlayoutClient["status"];
    return followEvents({ status }, { ...options, firstMs: 1, longestMs: 1 });
  }

  async *#watch({ channelIds = [], runId = "", afterSequence }: Partial<WatchEventsRequest>) {
    this.#broken = new AbortController();
    this.resumed.push(afterSequence);
    const after = afterSequence === undefined ? undefined : { runId, sequence: Number(afterSequence) };
    const order = { channelIds: new Set(channelIds), after, heartbeatNs: nanoseconds(1n) };
    yield* this.events.watch(order, this.#broken.signal);
    throw new ConnectError("gone", Code.Unavailable);
  }

  async #waits(): Promise<void> {
    await expect.poll(() => this.#wakes.size, { interval: 1 }).toBe(1);
  }
}

test("client/a-watch-of-a-quiet-channel-resumes-where-the-last-heartbeat-was", async () => {
  const watched = new Watched();
  const gone = new AbortController();
  const stream = watched.follow({ channelIds: [2], signal: gone.signal });
  const next = async () => {
    const { value } = await stream.next();
    return `${value?.event.case} ${value?.sequence}`;
  };
  let following = next();
  await watched.beat();
  watched.happen(2);
  expect(await following).toBe("channelStateChanged 1");
  following = next();
  for (let n = 0; n < 2; n++) watched.happen(1);
  await watched.beat();
  // More than are kept since the last one of this channel, and none of them lost to it.
  for (let n = 0; n < 3; n++) watched.happen(1);
  await watched.break();
  await watched.beat();
  watched.happen(2);
  expect(await following).toBe("channelStateChanged 7");
  expect(watched.resumed).toEqual([undefined, 3n]);
  gone.abort();
  await stream.return();
});
