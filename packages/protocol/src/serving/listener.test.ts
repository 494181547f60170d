import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { listenOn, parseListen } from "./listener.js";

describe("serving/listener", () => {
  test("serving/an-address-that-this-host-has-not-may-come-later", async () => {
    const signal = new AbortController().signal;
    const options = { unixMode: 0o600, connectionsMax: 1, opensBeyondLoopback: true, signal };
    // Of a block for documentation (RFC 5737): no host has it.
    await expect(listenOn(createServer(), parseListen("192.0.2.10:0"), options)).rejects.toMatchObject({
      code: "Unavailable",
      message: expect.stringMatching(/192\.0\.2\.10:0 .*EADDRNOTAVAIL/),
    });
  });
});
