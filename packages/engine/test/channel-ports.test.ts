import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { PlayoutControl } from "@retrovue/protocol";
import { describe, expect, test } from "vitest";
import { readConfigText } from "../src/config/load.js";
import { call } from "./control/calls.js";
import { RunningEngine, smallConfig } from "./running-engine.js";

const { startChannel, stopChannel } = PlayoutControl.method;
const pattern = "test://pattern?duration=1s&size=16x16&mark=compact";

/** Holds ports of the loopback all at once, so that they differ. */
async function taken(count: number): Promise<readonly { readonly port: number; readonly server: Server }[]> {
  return await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return { server, port: (server.address() as AddressInfo).port };
    }),
  );
}

async function freePorts(count: number): Promise<readonly number[]> {
  const held = await taken(count);
  await Promise.all(held.map(({ server }) => new Promise((resolve) => server.close(resolve))));
  return held.map(({ port }) => port);
}

/** Which channels' ports these are; undefined where nobody listens. */
const served = (ports: readonly number[]): Promise<readonly (number | undefined)[]> =>
  Promise.all(
    ports.map(async (port) => {
      const response = await fetch(`http://127.0.0.1:${port}/channels.json`).catch(() => undefined);
      const { channels } = ((await response?.json()) ?? {}) as { channels?: { id: number }[] };
      return channels === undefined ? undefined : (channels[0]?.id ?? 0);
    }),
  );

/** A channel with or without a port of its own. */
const channel = (id: number, port?: number, more = "") =>
  `{ id: ${id}, plan: "${pattern}", outputs: []${port === undefined ? "" : `, port: ${port}`}${more} }`;

/** The same one, which begins when it is asked to. */
const idle = (id: number, port?: number) => channel(id, port, ", autostart: false");

async function running(channels: readonly string[]) {
  const engine = new RunningEngine();
  const { control } = await engine.start(smallConfig(`[${channels.join(", ")}]`));
  const reload = async (wanted: readonly string[]) => {
    const text = smallConfig(`[${wanted.join(", ")}]`);
    const reading = readConfigText(text, join(engine.folder, "playout.yaml"), { environment: {} });
    if (!reading.ok) throw new Error(JSON.stringify(reading.faults));
    await engine.engine.reload(reading.config);
  };
  const start = (channelId: number, port: number, planHandle = pattern) =>
    call(control, startChannel, { channelId, planHandle, port });
  const stop = (channelId: number) => call(control, stopChannel, { channelId });
  return { engine, reload, start, stop, [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose]() };
}

describe("ports of channels", () => {
  test("ports/a-reload-leaves-those-that-requests-opened", async () => {
    const [a, b, own] = (await freePorts(3)) as [number, number, number];
    const config = [idle(1), idle(2, own)];
    await using it = await running(config);
    await it.start(1, a);
    await it.start(2, b);
    await it.start(7, 0);
    await it.reload(config);
    expect(await served([a, b, own])).toEqual([1, 2, undefined]);
    // Nor does another configured port: it holds once the request's is given up.
    const [later] = (await freePorts(1)) as [number];
    await it.reload([idle(1, later), idle(2)]);
    expect(await served([a, b, own, later])).toEqual([1, 2, undefined, undefined]);
    await it.stop(1);
    await it.stop(2);
    expect(await served([a, b, own, later])).toEqual([undefined, undefined, undefined, 0]);
    await it.start(1, a);
    await it.reload([]);
    expect(await served([a, later])).toEqual([undefined, undefined]);
  });

  test("ports/a-reload-moves-those-whose-configuration-changed-and-one-may-leave-its-port-to-another", async () => {
    const [a, b, c, d, e, f] = (await freePorts(6)) as [number, number, number, number, number, number];
    await using it = await running([
      channel(1, a),
      channel(2, b),
      channel(3, c),
      channel(4, d),
      channel(5, e),
    ]);
    expect(await served([a, b, c, d, e, f])).toEqual([1, 2, 3, 4, 5, undefined]);
    // 1 and 2 change places, 3 leaves its port to the new 6, 4 is gone, and 5 comes into that one's place.
    await it.reload([channel(1, b), channel(2, a), channel(3), channel(5, d), channel(6, c)]);
    expect(await served([a, b, c, d, e, f])).toEqual([2, 1, 6, 5, undefined, undefined]);
    expect(it.engine.logged("the channel is not served on its own port")).toEqual([]);
  });

  test("ports/one-that-another-program-has-leaves-the-channel-where-it-was", async () => {
    const [a] = (await freePorts(1)) as [number];
    const [other] = await taken(1);
    await using it = await running([channel(1, a)]);
    await it.reload([channel(1, other?.port)]);
    other?.server.close();
    expect(await served([a])).toEqual([1]);
    expect(it.engine.logged("the channel is not served on its own port")).toMatchObject([
      { channel: 1, port: other?.port, err: { code: "PortInUse" } },
    ]);
  });

  test("ports/a-stopped-channel-is-served-on-its-configured-port-again", async () => {
    const [own, asked] = (await freePorts(2)) as [number, number];
    await using it = await running([idle(1, own)]);
    await it.start(1, 0);
    await it.stop(1);
    expect(await served([own])).toEqual([0]);
    await it.start(1, asked);
    expect(await served([own, asked])).toEqual([undefined, 1]);
    await it.stop(1);
    expect(await served([own, asked])).toEqual([0, undefined]);
  });

  test("ports/a-start-that-fails-gives-back-only-what-it-opened", async () => {
    const [own, asked, kept] = (await freePorts(3)) as [number, number, number];
    const onDemand = channel(2, undefined, ", run: on-demand");
    await using it = await running([idle(1, own), onDemand]);
    await expect(it.start(1, asked, "./no.mp4")).rejects.toMatchObject({ code: "UnknownPlan" });
    await expect(it.start(1, own, "./no.mp4")).rejects.toMatchObject({ code: "UnknownPlan" });
    expect(await served([own, asked])).toEqual([0, undefined]);
    // Viewers find one that stopped for want of them where its request put it.
    await it.start(2, kept);
    await it.engine.engine.channels.stop(2, "demand");
    await expect(it.start(2, asked, "./no.mp4")).rejects.toMatchObject({ code: "UnknownPlan" });
    expect(await served([kept, asked])).toEqual([0, undefined]);
  });

  test("ports/what-is-opened-once-the-engine-ends-is-closed-at-once", async () => {
    const [own, asked] = (await freePorts(2)) as [number, number];
    const it = await running([idle(1, own)]);
    const { channelPorts } = it.engine.engine;
    const opening = channelPorts.open(1, asked);
    await channelPorts[Symbol.asyncDispose]();
    await expect(opening).rejects.toMatchObject({ code: "Closed" });
    await channelPorts.release(1);
    expect(await served([own, asked])).toEqual([undefined, undefined]);
    await it[Symbol.asyncDispose]();
  });
});
