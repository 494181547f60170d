import {
  connect,
  type EngineFailure,
  failureOf,
  followEvents,
  leadClock,
  type PlayoutClient,
  retrying,
} from "@retrovue/client";
import { type ControlServices, ManualClock } from "@retrovue/core";
import { defaultAccess, parseServerOptions } from "@retrovue/protocol/serving";
import { ConnectTransport } from "@retrovue/transport-connect";
import { GrpcTransport } from "@retrovue/transport-grpc";
import { describe, expect, test } from "vitest";
import { HttpListener } from "../../src/http/http-listener.js";
import { openLog } from "../../src/log/log.js";
import { RunningEngine, smallConfig } from "../running-engine.js";

const asset = (id: number) => `test://pattern?duration=60s&size=16x16&mark=compact&id=${id}`;
const channels = `[{ id: 1, name: One, plan: "${asset(1)}", outputs: [] }]`;
const noHost = { mount: () => ({ [Symbol.dispose]() {} }) };
const never = new AbortController().signal;
const quick = { firstMs: 1, longestMs: 5 };

/** A server that may go and come back at the same address. */
class Serving implements AsyncDisposable {
  address: string;
  #transport: ConnectTransport | GrpcTransport | undefined;

  constructor(
    private readonly control: ControlServices,
    private readonly kind: "connect" | "grpc",
  ) {
    this.address = kind === "grpc" ? "127.0.0.1:0" : "http://127.0.0.1:0";
  }

  async start(): Promise<void> {
    const deps = { options: parseServerOptions({ listen: this.address }), access: defaultAccess };
    this.#transport = this.kind === "grpc" ? new GrpcTransport(deps) : new ConnectTransport(deps);
    const [endpoint] = await this.#transport.start(this.control, noHost, never);
    this.address = endpoint?.address ?? "";
  }

  get url(): string {
    return this.kind === "grpc" ? `grpc://${this.address}` : this.address;
  }

  async stop(): Promise<void> {
    await this.#transport?.stop(AbortSignal.abort());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

async function served(kind: "connect" | "grpc") {
  const running = new RunningEngine();
  const { control } = await running.start(smallConfig(channels));
  const serving = new Serving(control, kind);
  await serving.start();
  const client: PlayoutClient = connect(serving.url, { correlationId: () => "from-client" });
  return {
    running,
    serving,
    client,
    async [Symbol.asyncDispose]() {
      client.close();
      await serving.stop();
      await running[Symbol.asyncDispose]();
    },
  };
}

describe.each(["connect", "grpc"] as const)("client over %s", (kind) => {
  test("client/calls-are-typed-and-failures-keep-the-engines-code", async () => {
    await using it = await served(kind);
    expect((await it.client.control.getVersion({})).version).toBe("1.1.0");
    const failure: EngineFailure = await it.client.control.stopChannel({ channelId: 77 }).then(
      () => expect.unreachable(),
      (thrown: unknown) => failureOf(thrown),
    );
    expect(failure).toMatchObject({
      status: 5,
      code: "UnknownChannel",
      details: { channel: "77", correlationId: "from-client" },
    });
  });

  test("client/a-call-is-made-again-while-the-engine-is-away-and-not-for-its-refusals", async () => {
    await using it = await served(kind);
    await it.serving.stop();
    let attempts = 0;
    const version = retrying(
      async () => {
        attempts += 1;
        if (attempts === 3) await it.serving.start();
        return await it.client.control.getVersion({});
      },
      { ...quick, attempts: 20 },
    );
    expect((await version).version).toBe("1.1.0");
    expect(attempts).toBeGreaterThanOrEqual(3);
    attempts = 0;
    const refused = retrying(() => {
      attempts += 1;
      return it.client.control.updatePlan({ channelId: 77, planHandle: "x" });
    }, quick);
    await expect(refused).rejects.toThrow();
    expect(attempts).toBe(1);
  });

  test("client/events-are-neither-lost-nor-doubled-across-100-reconnections", async () => {
    await using it = await served(kind);
    const { engine } = await it.client.status.listChannels({});
    const gone = new AbortController();
    const seen: bigint[] = [];
    let lost = 0;
    const wanted = 300;
    const following = (async () => {
      const after = { runId: engine?.runId ?? "", sequence: engine?.eventSequence ?? 0n };
      const options = { after, signal: gone.signal, ...quick, onLost: () => lost++ };
      for await (const event of followEvents(it.client, options)) {
        expect(event.event.case).not.toBe("eventsLost");
        seen.push(event.sequence);
        if (seen.length === wanted) return;
      }
    })();
    const happen = (n: number) =>
      it.running.engine.channels.update(1, asset(2 + (n % 200)), "request", never);
    for (let round = 0; round < 100; round++) {
      const before = seen.length;
      await happen(round * 3);
      // It is connected, and what happens now may be on its way when the connection breaks.
      await expect.poll(() => seen.length, { interval: 1, timeout: 5_000 }).toBeGreaterThan(before);
      await happen(round * 3 + 1);
      await it.serving.stop();
      await happen(round * 3 + 2);
      await it.serving.start();
    }
    await following;
    gone.abort();
    expect(seen).toEqual(seen.map((_, n) => (seen[0] ?? 0n) + BigInt(n)));
    expect(lost).toBeGreaterThanOrEqual(100);
  }, 60_000);
});

test("client/a-call-that-comes-before-the-engine-takes-calls-is-made-again", async () => {
  const log = openLog({ level: "fatal", format: "json", now: () => 0n, write: () => {} });
  await using listener = new HttpListener(log);
  let isAwaited = true;
  listener.announce("/retrovue.playout.", () => isAwaited);
  const client = connect(`http://${await listener.listen("127.0.0.1:0")}`);
  const failures: EngineFailure[] = [];
  const call = async () => {
    try {
      return await client.control.loadPreview({ channelId: 1, assetPath: "a" });
    } catch (thrown) {
      failures.push(failureOf(thrown));
      isAwaited = failures.length < 3;
      throw thrown;
    }
  };
  await expect(retrying(call, quick)).rejects.toThrow();
  const refused = { status: 14, code: "Unavailable" };
  // The last answer is that of a path where nothing is.
  expect(failures).toMatchObject([refused, refused, refused, { code: undefined }]);
  client.close();
});

test("client/a-restarted-engine-is-told-and-followed", async () => {
  const running = new RunningEngine();
  const first = await running.start(smallConfig(channels));
  const serving = new Serving(first.control, "connect");
  await serving.start();
  const client = connect(serving.url);
  const gone = new AbortController();
  const events = followEvents(client, {
    after: { runId: "another", sequence: 5n },
    signal: gone.signal,
    ...quick,
  });
  const { value } = await events.next();
  expect(value).toMatchObject({ event: { case: "eventsLost", value: { otherRun: true } } });
  const next = await events.next();
  expect(next.value).toMatchObject({ sequence: 1n });
  gone.abort();
  await events.return();
  client.close();
  await serving.stop();
  await running[Symbol.asyncDispose]();
});

test("client/only-an-engine-that-follows-a-master-may-be-led", async () => {
  await using it = await served("grpc");
  expect(it.running.engine.clock).toBeInstanceOf(ManualClock);
  const leading = leadClock(it.client, {
    masterId: "m",
    now: () => 1_767_225_600_000_000_000n,
    signal: never,
  });
  await expect(leading).rejects.toMatchObject({ code: 9 });
});
