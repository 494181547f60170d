import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { openLog } from "../log/log.js";
import { Health } from "./health.js";
import { answerText, HttpListener } from "./http-listener.js";

function listening() {
  const lines: string[] = [];
  const log = openLog({ level: "info", format: "json", now: () => 0n, write: (line) => lines.push(line) });
  return { listener: new HttpListener(log), lines };
}

describe("http/listener", () => {
  test("http/the-longest-prefix-answers-and-the-rest-is-404", async () => {
    const { listener } = listening();
    await using open = listener;
    listener.page("/", (_, response) => answerText(response, 200, "root"));
    const deep = listener.page("/channel/1.ts", (_, response) => answerText(response, 200, "one"));
    const address = await open.listen("127.0.0.1:0");
    const get = async (path: string) => await (await fetch(`http://${address}${path}`)).text();
    expect(await get("/channel/1.ts?x=/")).toBe("one");
    expect(await get("/channel/2.ts")).toBe("root");
    expect(() => listener.mount("/", () => {})).toThrow(/mounted at \/ already/);
    deep[Symbol.dispose]();
    expect(await get("/channel/1.ts")).toBe("root");
  });

  test("http/nothing-mounted-is-404-and-a-failing-page-500-without-details", async () => {
    const { listener, lines } = listening();
    await using open = listener;
    listener.page("/bad", async () => {
      throw new Error("secret");
    });
    const address = await open.listen("127.0.0.1:0");
    expect((await fetch(`http://${address}/x`)).status).toBe(404);
    const failed = await fetch(`http://${address}/bad`);
    expect(failed.status).toBe(500);
    expect(await failed.text()).not.toContain("secret");
    expect(lines.join("")).toContain("a request failed");
  });

  test("http/what-is-announced-is-503-until-it-comes-and-404-once-it-is-not-awaited", async () => {
    const { listener } = listening();
    await using open = listener;
    let isAwaited = true;
    listener.page("/", (_, response) => answerText(response, 404, "Nothing is here."));
    listener.announce("/api.", () => isAwaited);
    const address = await open.listen("127.0.0.1:0");
    const ask = (path: string) => fetch(`http://${address}${path}`, { method: "POST", body: "{}" });
    const early = await ask("/api.v1/Call");
    expect([early.status, early.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await early.json()).toMatchObject({
      code: "unavailable",
      details: [{ type: "google.rpc.ErrorInfo" }],
    });
    expect((await ask("/other")).status).toBe(404);
    const mounted = listener.page("/api.", (_, response) => answerText(response, 200, "called"));
    expect((await ask("/api.v1/Call")).status).toBe(200);
    mounted[Symbol.dispose]();
    expect((await ask("/api.v1/Call")).status).toBe(503);
    isAwaited = false;
    expect((await ask("/api.v1/Call")).status).toBe(404);
  });

  test("http/a-taken-port-is-told-by-name", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    const { listener } = listening();
    await expect(listener.listen(`127.0.0.1:${port}`)).rejects.toMatchObject({
      code: "PortInUse",
      message: expect.stringContaining(`127.0.0.1:${port}`),
    });
    await listener[Symbol.asyncDispose]();
    other.close();
  });

  test("http/an-address-that-this-host-has-not-may-come-later", async () => {
    // Of a block for documentation (RFC 5737): no host has it.
    await using listener = listening().listener;
    await expect(listener.listen("192.0.2.10:0")).rejects.toMatchObject({
      code: "Unavailable",
      message: expect.stringMatching(/192\.0\.2\.10:0 .*EADDRNOTAVAIL/),
    });
  });

  test("http/closing-cuts-what-is-open-and-is-idempotent", async () => {
    const { listener } = listening();
    listener.page("/never", () => {});
    const address = await listener.listen("127.0.0.1:0");
    const hanging = fetch(`http://${address}/never`).then(
      () => "answered",
      () => "cut",
    );
    await expect.poll(async () => await Promise.race([hanging, Promise.resolve("open")])).toBe("open");
    await listener[Symbol.asyncDispose]();
    await listener[Symbol.asyncDispose]();
    expect(await hanging).toBe("cut");
  });
});

describe("http/health", () => {
  test("http/ready-only-while-it-serves", async () => {
    const { listener } = listening();
    await using open = listener;
    const sandbox = { state: "partly", held: { seccomp: "filter" }, missing: { landlock: "none" } } as const;
    const health = new Health(
      () => [{ id: 1, name: "Demo", state: "ready" }],
      () => sandbox,
    );
    health.mount(listener);
    const address = await open.listen("127.0.0.1:0");
    const ask = async (path: string) => {
      const answer = await fetch(`http://${address}${path}`);
      return [answer.status, ((await answer.json()) as { status: string }).status];
    };
    expect(await ask("/readyz")).toEqual([503, "starting"]);
    health.serving();
    expect(await ask("/readyz")).toEqual([200, "serving"]);
    health.draining();
    health.serving();
    expect(await ask("/readyz")).toEqual([503, "draining"]);
    expect(await ask("/healthz")).toEqual([200, "ok"]);
    expect(await (await fetch(`http://${address}/healthz`)).json()).toEqual({ status: "ok", sandbox });
  });
});
