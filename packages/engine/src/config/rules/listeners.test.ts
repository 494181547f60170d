import { describe, expect, test } from "vitest";
import { configSchema } from "../schema/config-schema.js";
import { listenersApart, listenersOf } from "./listeners.js";

const input = (file: unknown) => ({
  document: configSchema.parse(file),
  resolve: (path: string) => path,
  where: (path: readonly (string | number)[]) => path.join("."),
  exists: () => true,
});

const clashes = (control: string, metrics: string): boolean =>
  listenersApart(
    input({ http: { control: { listen: control } }, telemetry: { metrics: { listen: metrics } } }),
  ).length > 0;

describe("listeners", () => {
  test.each([
    ["127.0.0.1:8090", "127.0.0.1:8090", true],
    ["127.0.0.1:8090", "127.0.0.1:8091", false],
    ["127.0.0.1:8090", "127.0.0.2:8090", false],
    ["127.0.0.1:8090", "localhost:8090", true],
    ["127.0.0.1:8090", "0.0.0.0:8090", true],
    ["127.0.0.1:8090", "[::]:8090", true],
    ["127.0.0.1:8090", "[::1]:8090", false],
    ["0.0.0.0:8090", "[::1]:8090", false],
    ["127.0.0.1:0", "127.0.0.1:0", false],
  ])("listeners/%s and %s clash: %s", (control, metrics, expected) => {
    expect(clashes(control, metrics)).toBe(expected);
    expect(clashes(metrics, control)).toBe(expected);
  });

  test("listeners/http-owners-share-one-identical-address", () => {
    const connect = { use: "@retrovue/transport-connect", options: { listen: ["http://127.0.0.1:8090/"] } };
    expect(listenersApart(input({ transports: [connect] }))).toEqual([]);
    const grpc = { use: "@retrovue/transport-grpc", options: { listen: "127.0.0.1:8090" } };
    expect(listenersApart(input({ transports: [connect, grpc] }))).toHaveLength(1);
  });

  test("listeners/a-channel-port-is-on-the-host-of-the-view", () => {
    const file = { http: { view: { listen: "10.0.0.1:8080" } }, channels: [{ id: 4, port: 8084 }] };
    const { document } = input(file);
    expect(listenersOf(document).at(-1)).toMatchObject({
      address: "10.0.0.1:8084",
      owner: "channel 4",
      control: false,
    });
    expect(listenersApart(input({ ...file, channels: [{ id: 4, port: 8080 }] }))).toHaveLength(1);
  });

  test("listeners/metrics-that-are-off-listen-nowhere", () => {
    const off = { telemetry: { metrics: { enabled: false, listen: "127.0.0.1:8090" } } };
    expect(listenersApart(input(off))).toEqual([]);
  });

  test("listeners/forms-that-only-a-plugin-knows-are-left-to-it", () => {
    const odd = { use: "odd", options: { listen: ["pipe:name", 3, { port: 1 }, "vsock://2:1024"] } };
    expect(
      listenersOf(input({ transports: [odd] }).document).filter(({ owner }) => owner === "odd"),
    ).toHaveLength(1);
  });
});
