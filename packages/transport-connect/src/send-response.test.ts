import { once } from "node:events";
import { createServer, get, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { sendResponse } from "./send-response.js";

const bytes = (text: string) => new TextEncoder().encode(text);

describe("transport-connect/send-response", () => {
  test("transport/a-stream-whose-caller-goes-in-mid-write-is-let-go-of", async () => {
    const gone = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<string>();
    const settled = Promise.withResolvers<void>();
    async function* body() {
      let wrote = "nothing";
      try {
        yield bytes("first");
        wrote = "one";
        await gone.promise;
        // The connection is destroyed by now, and the response has not heard of it.
        yield bytes("second");
        wrote = "two";
      } finally {
        ended.resolve(wrote);
      }
    }
    const responses: ServerResponse[] = [];
    const server = createServer((_request, response) => {
      responses.push(response);
      const sent = sendResponse({ status: 200, header: new Headers(), body: body() }, response);
      sent.catch(() => {}).finally(() => settled.resolve());
    });
    server.listen(0, "127.0.0.1");
    try {
      await once(server, "listening");
      const request = get({ host: "127.0.0.1", port: (server.address() as AddressInfo).port });
      request.on("error", () => {});
      const [answer] = (await once(request, "response")) as [IncomingMessage];
      answer.on("error", () => {});
      await once(answer, "data");
      responses[0]?.socket?.destroy();
      gone.resolve();
      expect(await ended.promise).toBe("two");
      await settled.promise;
    } finally {
      server.close();
      server.closeAllConnections();
    }
  }, 10_000);

  test("transport/an-answer-that-is-written-whole-is-settled", async () => {
    const settled = Promise.withResolvers<void>();
    async function* body() {
      yield bytes("all");
    }
    const server = createServer((_request, response) => {
      sendResponse({ status: 200, header: new Headers(), body: body() }, response).then(
        settled.resolve,
        settled.reject,
      );
    });
    server.listen(0, "127.0.0.1");
    try {
      await once(server, "listening");
      const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      expect(await answer.text()).toBe("all");
      await settled.promise;
    } finally {
      server.close();
      server.closeAllConnections();
    }
  }, 10_000);
});
