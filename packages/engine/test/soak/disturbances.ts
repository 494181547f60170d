import { get } from "node:http";
import { connect, followEvents } from "@retrovue/client";
import type { CampaignEngine } from "../faults/campaign-engine.ts";
import type { Random } from "../seams/random.ts";
import { pause } from "../seams/real-time.ts";

/** What is done to an engine while it soaks, again and again until the signal. Each is a loop of its own. */
export interface Disturbance {
  /** How often it was done. */
  times: number;
  /** What went wrong in doing it. */
  readonly failures: string[];
}

/** Waits, and is over at once when the campaign ends. */
async function pauseUntil(ms: number, signal: AbortSignal): Promise<void> {
  for (let left = ms; left > 0 && !signal.aborted; left -= 100) await pause(Math.min(left, 100));
}

async function repeat(
  signal: AbortSignal,
  betweenMs: readonly [number, number],
  random: Random,
  work: () => Promise<void>,
): Promise<Disturbance> {
  const done: Disturbance = { times: 0, failures: [] };
  for (;;) {
    await pauseUntil(random.whole(...betweenMs), signal);
    if (signal.aborted) return done;
    try {
      await work();
      done.times += 1;
    } catch (thrown) {
      if (!signal.aborted) done.failures.push(String(thrown));
    }
  }
}

/** How a viewer behaves: for how long it stays, and whether it stops to read. */
interface Visit {
  readonly ms: number;
  readonly pausesReading: boolean;
}

/** A viewer comes, gets whole packets, and leaves. */
function visit(url: string, { ms, pausesReading }: Visit): Promise<void> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    const asked = get(url, { agent: false }, (response) => {
      response.on("data", (piece: Buffer) => {
        if (bytes === 0 && piece[0] !== 0x47) reject(new Error("a viewer was given no packets"));
        bytes += piece.length;
      });
      response.on("error", () => {});
      if (pausesReading) void pause(Math.round(ms / 3)).then(() => response.pause());
    });
    asked.on("error", reject);
    void pause(Math.round(ms)).then(() => {
      if (bytes === 0) reject(new Error(`a viewer saw nothing for ${ms} ms`));
      asked.destroy();
      resolve();
    });
  });
}

/** Viewers come and go, several at a time; some stop to read. */
export const viewersOf = (view: string, channels: readonly number[], random: Random, signal: AbortSignal) =>
  repeat(signal, [200, 1_500], random, async () => {
    const channel = channels[random.whole(0, channels.length)] ?? 1;
    const one = { ms: random.whole(1_500, 6_000), pausesReading: random.next() < 0.1 };
    const url = `http://${view}/channel/${channel}.ts`;
    await Promise.all([visit(url, one), visit(url, { ...one, ms: one.ms / 2 + 1_000 })]);
  });

/** Viewers of channels on demand come when nothing runs, and stay away until it has stopped. */
export const guestsOf = (view: string, channel: number, random: Random, signal: AbortSignal) =>
  repeat(signal, [11_000, 16_000], random, () =>
    visit(`http://${view}/channel/${channel}.ts`, { ms: 5_000, pausesReading: false }),
  );

async function call(control: string, method: string, body: object): Promise<void> {
  const answer = await fetch(`http://${control}/retrovue.playout.PlayoutControl/${method}`, {
    method: "POST",
    headers: { "content-type": "application/json", connection: "close" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(20_000),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method}: ${text}`);
}

/** One plan after another is put in force. */
export function plansOf(
  control: string,
  channel: number,
  handles: readonly string[],
  random: Random,
  signal: AbortSignal,
) {
  let next = 0;
  return repeat(signal, [2_000, 6_000], random, () => {
    next += 1;
    return call(control, "UpdatePlan", { channelId: channel, planHandle: handles[next % handles.length] });
  });
}

/** A channel is taken off air and put on air again. */
export const cyclesOf = (
  control: string,
  channel: number,
  handle: string,
  random: Random,
  signal: AbortSignal,
) =>
  repeat(signal, [3_000, 8_000], random, async () => {
    await call(control, "StopChannel", { channelId: channel });
    await pause(random.whole(0, 1_000));
    await call(control, "StartChannel", { channelId: channel, planHandle: handle });
  });

/** Clients follow the engine's events for a while, go, and come again. */
export const clientsOf = (control: string, random: Random, signal: AbortSignal) =>
  repeat(signal, [100, 1_000], random, async () => {
    const client = connect(`http://${control}`);
    const leave = new AbortController();
    void pause(random.whole(500, 3_000)).then(() => leave.abort());
    try {
      const following = followEvents(client, { signal: AbortSignal.any([signal, leave.signal]) });
      for await (const event of following) if (event.event.case === undefined) throw new Error("no event");
    } catch (thrown) {
      if (!leave.signal.aborted) throw thrown;
    } finally {
      client.close();
    }
  });

/** The worker on air is killed, now and then, by each of the signals in turn. */
export function strikesOf(engine: CampaignEngine, channel: number, random: Random, signal: AbortSignal) {
  let next = 0;
  const signals = ["SIGKILL", "SIGSEGV", "SIGSTOP"] as const;
  return repeat(signal, [8_000, 20_000], random, async () => {
    const worker = engine.workerOf(channel);
    if (worker !== undefined) process.kill(worker, signals[next++ % signals.length]);
  });
}

/** Metrics are scraped, and how long that takes is noted: milliseconds. */
export function scrapesOf(metrics: string, now: () => number, signal: AbortSignal, random: Random) {
  const tookMs: number[] = [];
  const done = repeat(signal, [900, 1_100], random, async () => {
    const from = now();
    await (await fetch(`http://${metrics}/metrics`)).text();
    tookMs.push(now() - from);
  });
  return { done, tookMs };
}
