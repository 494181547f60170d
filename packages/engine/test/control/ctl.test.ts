import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { defaultAccess, parseServerOptions } from "@retrovue/protocol/serving";
import { ConnectTransport } from "@retrovue/transport-connect";
import { GrpcTransport } from "@retrovue/transport-grpc";
import { beforeAll, describe, expect, test } from "vitest";
import { openRemote, readingMs } from "../../src/cli/ctl/remote.js";
import { runProgram } from "../../src/cli/program.js";
import { buildIfStale, root, run, startedPlayout } from "../built-cli.js";
import { recordedTerminal } from "../recorded-terminal.js";
import { RunningEngine, smallConfig } from "../running-engine.js";
import { EngineProcess } from "./engine-process.js";

const asset = (id: number) => `test://pattern?duration=60s&size=16x16&mark=compact&id=${id}`;
const channels = `[{ id: 1, name: One, plan: "${asset(1)}", outputs: [] }]`;
const noHost = { mount: () => ({ [Symbol.dispose]() {} }) };

/** An engine that can be reached over HTTP and gRPC, and the command against it. */
async function reachable() {
  const running = new RunningEngine();
  const { control } = await running.start(smallConfig(channels));
  const connect = new ConnectTransport({
    options: parseServerOptions({ listen: "http://127.0.0.1:0" }),
    access: defaultAccess,
  });
  const grpc = new GrpcTransport({
    options: parseServerOptions({ listen: "127.0.0.1:0" }),
    access: defaultAccess,
  });
  const never = new AbortController().signal;
  const [http] = await connect.start(control, noHost, never);
  const [rpc] = await grpc.start(control, noHost, never);
  const ctl = async (...args: readonly string[]) => {
    const { terminal, written } = recordedTerminal();
    const to = args[0] === "--to" ? [] : ["--to", http?.address ?? ""];
    const code = await runProgram(["ctl", ...to, ...args], terminal);
    return { code, out: written.out, err: written.err };
  };
  return {
    running,
    ctl,
    grpc: `grpc://${rpc?.address}`,
    async [Symbol.asyncDispose]() {
      await connect.stop(AbortSignal.abort());
      await grpc.stop(AbortSignal.abort());
      await running[Symbol.asyncDispose]();
    },
  };
}

describe("ctl", () => {
  test("ctl/starts-updates-lists-switches-and-stops", async () => {
    await using it = await reachable();
    expect(await it.ctl("start", "1", asset(1))).toEqual({ code: 0, out: "already started\n", err: "" });
    await it.running.watch(1, 1_000);
    const list = await it.ctl("list");
    expect(list.out).toMatch(
      /^engine test-1, version 0\.0\.0\n +1 {2}One +ready +test:\/\/pattern.*; plan 1, \d+ frames ahead\n$/,
    );
    const json = JSON.parse((await it.ctl("list", "--json")).out) as { channels: { name: string }[] };
    expect(json.channels.map(({ name }) => name)).toEqual(["One"]);
    expect((await it.ctl("--to", it.grpc, "list")).out).toBe((await it.ctl("list")).out);
    expect(await it.ctl("preview", "1", asset(2), "--from", "50")).toMatchObject({ code: 0 });
    const switching = it.ctl("switch", "1", "--json");
    await it.running.watch(1, 1_000);
    expect(JSON.parse((await switching).out)).toMatchObject({ success: true, ptsContiguous: true });
    expect(await it.ctl("stop", "1")).toEqual({ code: 0, out: "stopped\n", err: "" });
    expect(await it.ctl("start", "1", asset(3), "--json")).toMatchObject({ code: 0 });
    expect(await it.ctl("update", "1", asset(4))).toEqual({ code: 0, out: "revision 4\n", err: "" });
  });

  test("ctl/failures-have-the-engines-words-and-an-exit-code", async () => {
    await using it = await reachable();
    expect(await it.ctl("update", "9", "x")).toEqual({
      code: 66,
      out: "",
      err: "error: No channel has the id 9\n",
    });
    const unresolved = await it.ctl("update", "1", "nobody");
    expect(unresolved.err).toMatch(
      /^error: "nobody" is no plan of the configuration.*\n {2}Correct the handle/,
    );
    expect(await it.ctl("switch", "1")).toMatchObject({
      code: 69,
      out: "",
      err: expect.stringContaining("No preview"),
    });
    expect(await it.ctl("start", "0", "x")).toMatchObject({ code: 2 });
    expect(await it.ctl("switch", "1", "--at", "yesterday")).toMatchObject({ code: 2 });
    const away = await it.ctl("--to", "http://127.0.0.1:1", "list");
    expect(away).toMatchObject({
      code: 69,
      err: expect.stringMatching(/^error: No engine answers at http.*\n {2}Start one/),
    });
    expect(await it.ctl("--to", "ftp://x", "list")).toMatchObject({ code: 2 });
  });

  test("ctl/watch-prints-a-line-for-each-event", async () => {
    await using it = await reachable();
    const watching = it.ctl("watch", "1", "--count", "2", "--json");
    // A watch begins with the next event, and the plan may be changed any number of times until it does.
    let n = 2;
    for (let done = false; !done; n++) {
      await it.ctl("update", "1", asset(n));
      done = await Promise.race([
        watching.then(() => true),
        new Promise<false>((resolve) => setImmediate(resolve, false)),
      ]);
    }
    const { out, code } = await watching;
    expect(code).toBe(0);
    const events = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { planApplied?: { revision: string } });
    expect(events).toHaveLength(2);
    expect(Number(events[1]?.planApplied?.revision)).toBe(Number(events[0]?.planApplied?.revision) + 1);
  });
});

beforeAll(buildIfStale, 120_000);

/** A peer that takes connections and never says a word, as an engine that was stopped by SIGSTOP. */
async function silent() {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).resume();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  return {
    server,
    address: typeof address === "object" ? `127.0.0.1:${address?.port}` : "",
    [Symbol.dispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

describe("ctl against an engine that does not answer", () => {
  test.each([
    ["http", "list"],
    ["grpc", "list"],
    ["http", "watch"],
    ["http", "start", "1", "x"],
    ["http", "update", "1", "x"],
    ["http", "stop", "1"],
    ["http", "preview", "1", "x"],
    ["http", "switch", "1"],
  ])("ctl/a-call-ends-at-its-timeout: %s %s", async (scheme, ...command) => {
    using peer = await silent();
    const to = `${scheme}://${peer.address}`;
    const { terminal, written } = recordedTerminal();
    const code = await runProgram(["ctl", "--to", to, "--timeout", "0.05", ...command], terminal);
    expect({ code, ...written }).toEqual({
      code: 69,
      out: "",
      err: `error: The engine at ${to} did not answer in time\n  Give it longer by --timeout. What was asked for may have been done: see ctl list.\n`,
    });
  });

  test("ctl/every-call-but-a-switch-has-a-timeout-of-its-own", () => {
    const { terminal } = recordedTerminal();
    const options = { to: "http://127.0.0.1:1" };
    using engine = openRemote(options, terminal);
    expect([engine.within(readingMs), engine.within()]).toEqual([{ timeoutMs: 10_000 }, {}]);
    using patient = openRemote({ ...options, timeout: 2.5 }, terminal);
    expect([patient.within(readingMs), patient.within()]).toEqual([
      { timeoutMs: 2_500 },
      { timeoutMs: 2_500 },
    ]);
  });

  test.each(["0", "-1", "soon", "1e3"])("ctl/a-timeout-is-a-number-of-seconds: %s", async (text) => {
    const { terminal, written } = recordedTerminal();
    expect(await runProgram(["ctl", "--timeout", text, "list"], terminal)).toBe(2);
    expect(written.err).toContain("--timeout");
  });

  test("ctl/ctrl-c-ends-a-watch-that-nobody-answered-yet", async () => {
    using peer = await silent();
    using watch = startedPlayout(["ctl", "--to", `http://${peer.address}`, "--timeout", "600", "watch"]);
    await once(peer.server, "connection");
    watch.child.kill("SIGINT");
    expect(await watch.ended).toEqual({ code: 0, out: "", err: "" });
  });
});

const isBuilt = existsSync(`${root}packages/framebus-shm/build/Release/framebus_shm.node`);

describe.skipIf(!isBuilt)(
  "watches of an engine as it is shipped (skipped where native parts are not)",
  () => {
    /** What a reader that leaves after its first line got, and how the command ended: told once it has. */
    const headOf = (args: readonly string[]) =>
      run("sh", [
        "-c",
        '{ "$@"; echo "ended with $?" >&2; } | head -n 1',
        "sh",
        `${root}bin/retrovue-playout`,
        ...args,
      ]);

    test("cli/a-watch-ends-when-nobody-reads-it-any-more", async () => {
      await using engine = new EngineProcess();
      const client = await engine.configure(channels).start();
      expect(await headOf(["bus", "--prefix", engine.prefix, "watch", "1", "--json"])).toEqual({
        code: 0,
        out: expect.stringMatching(/^{"tick":\d+,.*}\n$/),
        err: "ended with 0\n",
      });
      const watching = headOf(["ctl", "--to", engine.address, "watch", "1", "--json"]);
      let hasEnded = false;
      void watching.finally(() => {
        hasEnded = true;
      });
      // It notices at the next event that there is nobody.
      for (let n = 2; !hasEnded; n++) await client.control.updatePlan({ channelId: 1, planHandle: asset(n) });
      expect(await watching).toEqual({
        code: 0,
        out: expect.stringMatching(/^{.*}\n$/),
        err: "ended with 0\n",
      });
      client.close();
    }, 60_000);
  },
);
