import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PlayoutError } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { type EngineOptions, readLaunch } from "../src/cli/launch.js";

const launch = (options: EngineOptions) => readLaunch(options, {}).reading;

describe("launch", () => {
  test("launch/one-channel-needs-no-file", () => {
    const reading = launch({ channel: 3, port: 8_099, plan: "/films/a.mp4", address: "::1" });
    expect(reading).toMatchObject({
      ok: true,
      config: {
        file: undefined,
        media: { roots: [process.cwd(), "/films"] },
        http: { view: { listen: "[::1]:8099" } },
        channels: [{ id: 3, plan: "/films/a.mp4", autostart: true }],
      },
    });
  });

  test("launch/one-channel-may-share-the-port-of-control", () => {
    expect(launch({ channel: 1, port: 8_090 }).ok).toBe(true);
  });

  test("launch/options-win-over-the-file-and-are-named-in-its-faults", () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "playout-launch-"));
    const config = join(folder.path, "playout.yaml");
    writeFileSync(config, "transports: [{ use: mine }]\nhttp: { control: { listen: '127.0.0.1:9000' } }\n");
    expect(
      launch({ config, grpc: "127.0.0.1:9001", http: "127.0.0.1:9002", logLevel: "debug" }),
    ).toMatchObject({
      ok: true,
      config: {
        transports: [
          { use: "mine" },
          { use: "@retrovue/transport-grpc", options: { listen: ["127.0.0.1:9001"] } },
        ],
        http: { control: { listen: "127.0.0.1:9002" } },
        telemetry: { log: { level: "debug" } },
      },
    });
    expect(launch({ config, http: "here" })).toMatchObject({
      ok: false,
      faults: [{ file: "--http", line: 0, path: "http.control.listen", found: '"here"' }],
    });
    expect(launch({ config, grpc: "127.0.0.1:9000" })).toMatchObject({
      ok: false,
      faults: [{ file: "--grpc" }],
    });
  });

  test("launch/grpc-replaces-the-address-of-the-transport-that-is-there", () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "playout-launch-"));
    const config = join(folder.path, "playout.yaml");
    writeFileSync(
      config,
      "transports: [{ use: '@retrovue/transport-grpc', options: { listen: ['127.0.0.1:1'], x: 1 } }]\n",
    );
    expect(launch({ config, grpc: "unix:/run/p.sock" })).toMatchObject({
      ok: true,
      config: { transports: [{ options: { listen: ["unix:/run/p.sock"], x: 1 } }] },
    });
  });

  test("launch/the-first-candidate-that-exists-is-read", () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "playout-launch-"));
    const second = join(folder.path, "second.yaml");
    writeFileSync(second, "channels: [{ id: 1 }]\n");
    const candidates = [join(folder.path, "first.yaml"), second];
    expect(readLaunch({}, {}, candidates)).toMatchObject({ name: second, reading: { ok: true } });
    expect(readLaunch({}, {}, candidates.slice(0, 1)).reading).toMatchObject({
      ok: false,
      reason: "missing",
    });
  });

  test.each<[EngineOptions, string]>([
    [{ port: 1 }, "--port needs --channel"],
    [{ plan: "a" }, "--plan needs --channel"],
    [{ channel: 1 }, "--channel needs --port"],
    [{ channel: 1, port: 1, config: "a" }, "--channel runs without a configuration"],
  ])("launch/refuses %j", (options, message) => {
    expect(() => launch(options)).toThrow(PlayoutError);
    expect(() => launch(options)).toThrow(message);
  });
});
