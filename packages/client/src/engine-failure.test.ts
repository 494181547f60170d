import { createServer, type Socket } from "node:net";
import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema, errorDomain } from "@retrovue/protocol/browser";
import { describe, expect, test } from "vitest";
import { connect } from "./connection.js";
import { failureOf, isTransient, neverBegan } from "./engine-failure.js";
import { retrying } from "./retrying.js";

/** As connect-node gives a failure of a system call: what it does not know itself is `Internal`. */
const failed = (code: string, syscall?: string) =>
  new ConnectError(
    code,
    Code.Internal,
    undefined,
    undefined,
    Object.assign(new Error(code), { code, syscall }),
  );

/** A peer that takes a request's first bytes and hangs up, so that nobody can know what became of the call. */
class HangingUp implements AsyncDisposable {
  requests = 0;
  readonly #server = createServer((socket: Socket) => {
    socket.on("error", () => {});
    socket.once("data", () => {
      this.requests += 1;
      socket.destroy();
    });
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const address = this.#server.address();
    return typeof address === "object" ? `127.0.0.1:${address?.port}` : "";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

describe("client/failures", () => {
  test.each(["EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "ENETDOWN", "ETIMEDOUT", "ENOENT", "ECONNREFUSED"])(
    "client/a-connection-that-fails-by-%s-is-transient-and-its-call-never-began",
    (code) => {
      expect(failureOf(failed(code, "connect")).status).toBe(Code.Unavailable);
      expect(neverBegan(failed(code, "connect"))).toBe(true);
    },
  );

  test.each([
    ["ETIMEDOUT", "read"],
    ["EHOSTUNREACH", "read"],
    ["ECONNRESET", "read"],
    ["EPIPE", "write"],
    ["ERR_HTTP2_STREAM_ERROR", undefined],
  ])("client/a-connection-that-breaks-by-%s-is-transient-and-its-call-may-have-begun", (code, syscall) => {
    expect(isTransient(failed(code, syscall))).toBe(true);
    expect(neverBegan(failed(code, syscall))).toBe(false);
  });

  test("client/of-a-name-with-several-addresses-none-must-have-been-reached", () => {
    const gathered = (...reasons: unknown[]) =>
      Object.assign(new AggregateError(reasons), { code: "ECONNREFUSED" });
    const both = [failed("ECONNREFUSED", "connect").cause, failed("EHOSTUNREACH", "connect").cause];
    const thrown = (cause: unknown) => new ConnectError("", Code.Unavailable, undefined, undefined, cause);
    expect(neverBegan(thrown(gathered(...both)))).toBe(true);
    expect(neverBegan(thrown(gathered(...both, failed("ECONNRESET", "read").cause)))).toBe(false);
    expect(neverBegan(thrown(gathered()))).toBe(false);
  });

  test("client/the-engines-own-refusals-come-before-the-call-and-its-other-failures-may-not", () => {
    const refused = (reason: string, status = Code.Unavailable) =>
      new ConnectError(reason, status, undefined, [
        { desc: ErrorInfoSchema, value: { reason, domain: errorDomain, metadata: {} } },
      ]);
    expect(neverBegan(refused("Unavailable"))).toBe(true);
    expect(isTransient(refused("WorkerLost"))).toBe(true);
    expect(neverBegan(refused("WorkerLost"))).toBe(false);
    // Cut in the middle by the engine's end.
    expect(isTransient(refused("Cancelled", Code.Canceled))).toBe(true);
    expect(neverBegan(refused("Cancelled", Code.Canceled))).toBe(false);
  });

  test("client/what-another-program-answers-in-the-engines-place-may-come-after-the-call", () => {
    const gatewayTimeout = new ConnectError("HTTP 504", Code.Unavailable);
    expect(isTransient(gatewayTimeout)).toBe(true);
    expect(neverBegan(gatewayTimeout)).toBe(false);
  });

  // Linux refuses connections to a multicast group with ENETUNREACH, on any network and on none.
  test.each(["http", "grpc"])(
    "client/a-network-that-cannot-be-reached-is-tried-again-over-%s",
    async (scheme) => {
      const client = connect(`${scheme}://224.0.0.1:50051`);
      let attempts = 0;
      const call = () => {
        attempts += 1;
        return client.control.stopChannel({ channelId: 1 });
      };
      await expect(retrying(call, { firstMs: 1, attempts: 3 })).rejects.toMatchObject({
        cause: { code: "ENETUNREACH" },
      });
      expect(attempts).toBe(3);
      client.close();
    },
  );
});

describe.each(["http", "grpc"])("client over %s", (scheme) => {
  test("client/a-call-that-was-cut-off-is-not-made-again-unless-that-does-no-harm", async () => {
    await using peer = new HangingUp();
    const client = connect(`${scheme}://${await peer.listen()}`);
    const call = () => client.control.loadPreview({ channelId: 1, assetPath: "a" });
    const thrown = await retrying(call, { firstMs: 1, attempts: 3 }).catch((thrown: unknown) => thrown);
    expect(isTransient(thrown)).toBe(true);
    expect(peer.requests).toBe(1);
    await expect(retrying(call, { firstMs: 1, attempts: 3, isIdempotent: true })).rejects.toThrow();
    expect(peer.requests).toBe(1 + 3);
    client.close();
  });

  test("client/a-call-that-its-own-caller-ends-is-not-transient", async () => {
    const client = connect(`${scheme}://127.0.0.1:1`);
    const thrown = await client.control
      .getVersion({}, { signal: AbortSignal.abort() })
      .catch((it: unknown) => it);
    expect(failureOf(thrown).status).toBe(Code.Canceled);
    client.close();
  });
});
