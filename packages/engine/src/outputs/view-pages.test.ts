import { describe, expect, test } from "vitest";
import type { ChannelRuntime } from "../channels/channel-runtime.js";
import { HttpListener } from "../http/http-listener.js";
import { openLog } from "../log/log.js";
import { ViewPages } from "./view-pages.js";

/** On air, with a picture. */
const shown = {
  id: 1,
  outputs: { httpTs: undefined, snapshot: async () => new Uint8Array([0xff, 0xd8]) },
} as unknown as ChannelRuntime;

describe("pages for viewers", () => {
  test("view/a-stream-is-demand-and-a-picture-is-none", async () => {
    const woken: number[] = [];
    const pages = new ViewPages(
      {
        list: () => [],
        running: (id) => (id === shown.id ? shown : undefined),
        configOf: () => undefined,
        isOnDemand: () => true,
        isStoppedByRequest: () => false,
      },
      {
        wake: async (id) => {
          woken.push(id);
          return id === shown.id ? shown : undefined;
        },
      },
    );
    await using listener = new HttpListener(
      openLog({ level: "fatal", format: "json", now: () => 0n, write: () => {} }),
    );
    pages.mount(listener);
    const origin = `http://${await listener.listen("127.0.0.1:0")}/channel`;
    const statusOf = async (path: string) => (await fetch(`${origin}/${path}`)).status;
    // One that runs is not kept on air by who only polls its picture, such as a wall of stills.
    expect(await statusOf("1.jpg")).toBe(200);
    expect(await statusOf("2.jpg")).toBe(503);
    expect(woken).toEqual([]);
    expect(await statusOf("1.ts")).toBe(404);
    expect(await statusOf("2.ts")).toBe(404);
    expect(woken).toEqual([1, 2]);
  });
});
