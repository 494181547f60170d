import { describe, expect, test } from "vitest";
import type { ChannelDemand } from "../channels/channel-demand.js";
import type { ChannelRuntime } from "../channels/channel-runtime.js";
import { HttpListener } from "../http/http-listener.js";
import { openLog } from "../log/log.js";
import { ViewPages } from "./view-pages.js";

/** On air, with a picture. */
const shown = {
  id: 1,
  outputs: { httpTs: undefined, snapshot: async () => new Uint8Array([0xff, 0xd8]) },
} as unknown as ChannelRuntime;

/** Pages of which channel 1 alone is on air, all on demand. */
async function served(wake: ChannelDemand["wake"]) {
  const running = (id: number) => (id === shown.id ? shown : undefined);
  const pages = new ViewPages(
    {
      list: () => [],
      running,
      configOf: () => undefined,
      isOnDemand: () => true,
      isStoppedByRequest: () => false,
    },
    { wake },
  );
  const listener = new HttpListener(
    openLog({ level: "fatal", format: "json", now: () => 0n, write: () => {} }),
  );
  pages.mount(listener);
  const origin = `http://${await listener.listen("127.0.0.1:0")}/channel`;
  return { origin, running, [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose]() };
}

describe("pages for viewers", () => {
  test("view/a-stream-is-demand-and-a-picture-is-none", async () => {
    const woken: number[] = [];
    await using there = await served(async (id) => {
      woken.push(id);
      return there.running(id);
    });
    const statusOf = async (path: string) => (await fetch(`${there.origin}/${path}`)).status;
    // One that runs is not kept on air by who only polls its picture, such as a wall of stills.
    expect(await statusOf("1.jpg")).toBe(200);
    expect(await statusOf("2.jpg")).toBe(503);
    expect(woken).toEqual([]);
    expect(await statusOf("1.ts")).toBe(404);
    expect(await statusOf("2.ts")).toBe(404);
    expect(woken).toEqual([1, 2]);
  });

  test("view/a-viewer-who-left-wants-no-channel-any-more", async () => {
    const asked = Promise.withResolvers<() => boolean>();
    const started = Promise.withResolvers<undefined>();
    await using there = await served((_id, isStillWanted = () => true) => {
      asked.resolve(isStillWanted);
      return started.promise;
    });
    const leaving = new AbortController();
    const answer = fetch(`${there.origin}/2.ts`, { signal: leaving.signal }).catch(() => "left");
    const isStillWanted = await asked.promise;
    expect(isStillWanted()).toBe(true);
    leaving.abort();
    expect(await answer).toBe("left");
    await expect.poll(isStillWanted).toBe(false);
    started.resolve(undefined);
  });
});
