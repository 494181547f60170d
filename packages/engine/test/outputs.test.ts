import { request } from "node:http";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { RunningEngine, smallConfig } from "./running-engine.js";

const pattern = "test://pattern?duration=1s&size=16x16&mark=compact";
const renderer = (options = "{}") =>
  `renderer: { use: ${JSON.stringify(fileURLToPath(new URL("./chunk-renderer.ts", import.meta.url)))}, options: ${options} }`;
const one = (more = "") =>
  `[{ id: 1, name: "One, \\"two\\"", plan: "${pattern}"${more} }, { id: 2, plan: "${pattern}", outputs: [] }]`;

/** What a viewer got: ticks of its chunks, and how the answer ended. */
function viewer(url: string) {
  const ticks: number[] = [];
  let status = 0;
  let headers: Record<string, unknown> = {};
  let rest = Buffer.alloc(0);
  const asked = request(url);
  const answered = Promise.withResolvers<void>();
  const ended = new Promise<"ended" | "cut" | "refused">((resolve) => {
    asked.on("error", () => resolve("refused"));
    asked.on("response", (response) => {
      status = response.statusCode ?? 0;
      headers = response.headers;
      answered.resolve();
      response.on("data", (piece: Buffer) => {
        rest = Buffer.concat([rest, piece]);
        for (; rest.length >= 188; rest = rest.subarray(188)) {
          expect(rest[0]).toBe(0x47);
          ticks.push(rest.readDoubleBE(4));
        }
      });
      response.on("end", () => resolve("ended"));
      response.on("error", () => resolve("cut"));
    });
  });
  asked.end();
  return {
    ticks,
    ended,
    answered: answered.promise,
    get status() {
      return status;
    },
    get headers() {
      return headers;
    },
    [Symbol.dispose]: () => void asked.destroy(),
  };
}

describe("outputs", () => {
  test("outputs/a-viewer-gets-the-kept-group-then-each-tick-until-the-channel-stops", async () => {
    await using running = new RunningEngine();
    const { addresses, channels } = await running.start(smallConfig(one(), renderer()));
    await running.watch(1, 1_000);
    const url = `http://${addresses.view}/channel/1.ts`;
    expect(addresses.view).toBe(addresses.control);
    using first = viewer(url);
    await expect.poll(() => first.ticks.length).toBeGreaterThan(0);
    expect((first.ticks[0] ?? -1) % 5).toBe(0);
    expect(first.status).toBe(200);
    expect(first.headers).toMatchObject({ "content-type": "video/mp2t", "cache-control": "no-store" });
    expect(first.headers).toMatchObject({ "transfer-encoding": "chunked" });
    await running.watch(1, 1_000);
    await expect.poll(() => first.ticks.length).toBeGreaterThan(25);
    expect(first.ticks).toEqual(first.ticks.map((_, index) => (first.ticks[0] ?? 0) + index));
    await channels.stop(1);
    expect(await first.ended).toBe("ended");
  });

  test("outputs/a-viewer-can-tell-the-channels-end-from-a-break", async () => {
    const running = new RunningEngine();
    await using _running = running;
    const { addresses, channels } = await running.start(smallConfig(one(), renderer()));
    await running.watch(1, 1_000);
    const [host, port] = addresses.view?.split(":") ?? [];
    using watching = viewer(`http://${addresses.view}/channel/1.ts`);
    // Who speaks HTTP/1.0 knows no chunks: the end of the connection is the stream's.
    const plain: Buffer[] = [];
    const socket = connect(Number(port), host);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.on("data", (piece) => plain.push(piece));
    socket.write("GET /channel/1.ts HTTP/1.0\r\n\r\n");
    await running.watch(1, 1_000);
    await expect.poll(() => Buffer.concat(plain).length).toBeGreaterThan(188 * 25);
    await expect.poll(() => watching.ticks.length).toBeGreaterThan(10);
    await channels.stop(1);
    await closed;
    expect(await watching.ended).toBe("ended");
    const answer = Buffer.concat(plain);
    const body = answer.subarray(answer.indexOf("\r\n\r\n") + 4);
    expect(answer.toString("latin1", 0, 400)).not.toMatch(/transfer-encoding/i);
    expect(body.length % 188).toBe(0);
    for (let at = 0; at < body.length; at += 188) expect(body[at]).toBe(0x47);
  });

  test("outputs/one-that-leaves-is-forgotten-and-clients-are-bounded", async () => {
    await using running = new RunningEngine();
    const config = smallConfig(one(", outputs: [{ type: http-ts, clientsMax: 1 }]"), renderer());
    const { addresses, channels } = await running.start(config);
    await running.watch(1, 1_000);
    const url = `http://${addresses.view}/channel/1.ts`;
    {
      using only = viewer(url);
      await only.answered;
      expect((await fetch(url)).status).toBe(503);
      const head = await fetch(url, { method: "HEAD" });
      expect([head.status, head.headers.get("content-type")]).toEqual([200, "video/mp2t"]);
    }
    await expect.poll(() => channels.running(1)?.outputs?.httpTs?.clients).toBe(0);
    using next = viewer(url);
    await next.answered;
    expect(next.status).toBe(200);
    const scraped = await (await fetch(`http://${addresses.metrics}/metrics`)).text();
    expect(scraped).toContain('retrovue_playout_output_clients{channel="1",output="http-ts"} 1');
    expect(scraped).toMatch(/retrovue_playout_output_bytes_total\{channel="1",output="http-ts"\} [1-9]/);
    expect(scraped).toMatch(/retrovue_playout_encode_latency_seconds_count\{channel="1"\} [1-9]/);
    expect(scraped).toContain('retrovue_playout_frame_gap_seconds{channel="1"} 0.002');
  });

  test("outputs/pages-for-viewers", async () => {
    await using running = new RunningEngine();
    const { addresses } = await running.start(smallConfig(one(), renderer()));
    await running.watch(1, 1_000);
    const origin = `http://${addresses.view}`;
    const playlist = await (await fetch(`${origin}/channels.m3u`)).text();
    expect(playlist).toBe(
      `#EXTM3U\n#EXTINF:-1 tvg-id="1" tvg-name="One   two " tvg-logo="${origin}/channel/1.jpg",One   two \n${origin}/channel/1.ts\n`,
    );
    const still = await fetch(`${origin}/channel/1.jpg`);
    expect(still.headers.get("content-type")).toBe("image/jpeg");
    const jpeg = new Uint8Array(await still.arrayBuffer());
    expect([...jpeg.subarray(0, 2)]).toEqual([0xff, 0xd8]);
    const { channels } = (await (await fetch(`${origin}/channels.json`)).json()) as {
      channels: Record<string, unknown>[];
    };
    expect(channels).toMatchObject([
      {
        id: 1,
        state: "ready",
        standIn: null,
        output: { live: true, viewers: 0 },
        onAir: { title: "pattern" },
      },
      { id: 2, output: { live: false } },
    ]);
    for (const path of [
      "/channel/2.ts",
      "/channel/2.jpg",
      "/channel/3.ts",
      "/channel/1.mp4",
      "/channel/../x",
    ])
      expect((await fetch(origin + path)).status, path).toBe(404);
    expect((await fetch(`${origin}/channel/1.ts`, { method: "POST" })).status).toBe(405);
    for (const path of ["/", "/page/page.js", "/page/page.css", "/page/mpegts.js"])
      expect((await fetch(origin + path)).status, path).toBe(200);
    expect((await fetch(`${origin}/page/../package.json`)).status).toBe(404);
  });

  test("outputs/a-picture-starts-no-channel-on-demand", async () => {
    await using running = new RunningEngine();
    const onDemand = `plan: "${pattern}", run: on-demand`;
    const config = smallConfig(
      `[{ id: 1, name: One, ${onDemand} }, { id: 2, ${onDemand}, outputs: [] }]`,
      renderer(),
    );
    const { addresses, channels } = await running.start(config);
    const origin = `http://${addresses.view}`;
    // Who loads the pictures of a playlist loads those of idle channels too.
    const playlist = await (await fetch(`${origin}/channels.m3u`)).text();
    const [, picture = ""] = /tvg-logo="([^"]*)"/.exec(playlist) ?? [];
    const idle = await fetch(picture);
    expect([idle.status, idle.headers.get("retry-after")]).toEqual([503, "10"]);
    expect(await idle.text()).toMatch(/^Unavailable: Channel 1 runs on demand/);
    expect((await fetch(`${origin}/channel/2.jpg`)).status).toBe(404);
    expect((await fetch(`${origin}/channel/3.jpg`)).status).toBe(404);
    expect([1, 2].map((id) => channels.running(id))).toEqual([undefined, undefined]);

    {
      using watching = viewer(`${origin}/channel/1.ts`);
      await watching.answered;
      await running.watch(1, 1_000);
      expect((await fetch(picture)).headers.get("content-type")).toBe("image/jpeg");
    }
    await channels.stop(1, "request");
    expect((await fetch(picture)).status).toBe(404);
  });

  test("outputs/viewers-have-an-address-and-ports-of-their-own", async () => {
    await using running = new RunningEngine();
    const config = smallConfig(one(), renderer()).replace(
      'http: { control: { listen: "127.0.0.1:0" } }',
      'http: { control: { listen: "127.0.0.1:0" }, view: { listen: "127.0.0.2:0" } }',
    );
    const engine = await running.start(config);
    await running.watch(1, 1_000);
    const { view, control } = engine.addresses;
    expect(view).toMatch(/^127\.0\.0\.2:/);
    expect((await fetch(`http://${view}/channels.m3u`)).status).toBe(200);
    // What controls is not there.
    expect((await fetch(`http://${view}/readyz`)).status).toBe(404);
    expect((await fetch(`http://${control}/channels.m3u`)).status).toBe(200);
    const { address: port } = await engine.channelPorts.open(1, 0);
    using own = viewer(`http://${port}/channel/1.ts`);
    await own.answered;
    expect(own.status).toBe(200);
    expect((await fetch(`http://${port}/channel/2.ts`)).status).toBe(404);
    await engine.channelPorts.release(1);
    expect(await own.ended).toBe("cut");
    await expect(fetch(`http://${port}/channel/1.ts`)).rejects.toThrow();
  });

  test("outputs/a-renderer-that-ends-is-replaced-and-viewers-stay", async () => {
    await using running = new RunningEngine();
    const config = smallConfig(one(), renderer("{ failAfterTicks: 30 }"));
    const { addresses } = await running.start(config);
    await running.watch(1, 400);
    using watching = viewer(`http://${addresses.view}/channel/1.ts`);
    await watching.answered;
    await running.watch(1, 4_000);
    expect(running.logged("renderer replaced").length).toBeGreaterThan(0);
    await expect.poll(() => watching.ticks.length).toBeGreaterThan(40);
    // Each run goes on from a random access point.
    for (const [index, tick] of watching.ticks.entries()) {
      const before = watching.ticks[index - 1];
      if (before !== undefined && tick !== before + 1) expect(tick % 5).toBe(0);
    }
    const scraped = await (await fetch(`http://${addresses.metrics}/metrics`)).text();
    expect(scraped).toMatch(/retrovue_playout_restart_total\{channel="1",what="renderer"\} [1-9]/);
  });

  test("outputs/a-configured-renderer-that-is-not-there-ends-the-start-with-its-place", async () => {
    await using running = new RunningEngine();
    const config = smallConfig(one(), "renderer: { use: nobody-made-this }");
    await expect(running.start(config)).rejects.toMatchObject({
      code: "PluginNotFound",
      message: expect.stringContaining("renderer"),
    });
  });
});
