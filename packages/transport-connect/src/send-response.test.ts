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
      void sendResponse({ status: 200, header: new Headers(), body: body() }, response).catch(() => {});
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
    } finally {
      server.close();
      server.closeAllConnections();
    }
  }, 10_000);
});
