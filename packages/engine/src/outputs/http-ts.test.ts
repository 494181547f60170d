import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { nanoseconds, silentMetrics } from "@retrovue/core";
import { expect, test } from "vitest";
import { openLog } from "../log/log.js";
import { HttpTs } from "./http-ts.js";
import type { OutputEvent } from "./output-events.js";
import { StreamHub } from "./stream-hub.js";

test("outputs/who-left-while-the-channel-was-waking-is-no-viewer", async () => {
  const events: OutputEvent[] = [];
  const served = new HttpTs({
    hub: new StreamHub(),
    clientsMax: 2,
    bitrateKbps: 500,
    gopMs: 400,
    now: () => nanoseconds(0n),
    metrics: silentMetrics,
    log: openLog({ level: "fatal", format: "json", now: () => 0n, write: () => {} }),
    onEvent: (event) => events.push(event),
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  const server = createServer(async (request, response) => {
    leaving.destroy();
    await once(request.socket, "close");
    served.serve(request, response);
    resolve();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const leaving = connect((server.address() as AddressInfo).port, "127.0.0.1");
  leaving.write("GET /channel/1.ts HTTP/1.1\r\nhost: here\r\n\r\n");
  await promise;
  expect([served.clients, events]).toEqual([0, []]);
  server.close();
});
