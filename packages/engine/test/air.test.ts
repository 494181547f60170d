import { describe, expect, test } from "vitest";
import { parseAirArguments, readAirConfig, runAir } from "../src/cli/air.js";
import type { EngineRunner } from "../src/cli/run-engine.js";
import { recordedTerminal } from "./recorded-terminal.js";

describe("retrovue_air", () => {
  test.each([
    [["--port", "50051"], { kind: "run", port: 50_051, ignored: [] }],
    [["--port=7000"], { kind: "run", port: 7_000, ignored: [] }],
    [[], { kind: "run", port: 50_051, ignored: [] }],
    [
      ["--channel-id", "3", "--port", "7000", "--legacy=yes", "-x"],
      { kind: "run", port: 7_000, ignored: ["--channel-id", "3", "--legacy=yes", "-x"] },
    ],
    [["--port", "7000", "--help"], { kind: "help" }],
    [["-V"], { kind: "version" }],
  ])("air/reads %j", (args, request) => {
    expect(parseAirArguments(args)).toEqual(request);
  });

  test.each([[["--port"]], [["--port", "x"]], [["--port=0"]], [["--port", "65536"]], [["--port", "-1"]]])(
    "air/refuses %j",
    async (args) => {
      const { terminal, written } = recordedTerminal();
      expect(await runAir(args, terminal)).toBe(2);
      expect(written.err).toMatch(
        /^error: --port expects a whole number from 1 to 65535, found .*\n {2}Write --port 50051\.\n$/,
      );
    },
  );

  test("air/stands-for-an-engine-without-a-configuration", () => {
    const reading = readAirConfig(7_000, { HOME: "/state/air" });
    expect(reading).toMatchObject({
      ok: true,
      config: {
        engine: { id: "air-7000", spareWorkers: 0, dataDir: "/state/air/.local/state/retrovue/air-7000" },
        media: { roots: ["/"] },
        transports: [{ use: "@retrovue/transport-grpc", options: { listen: ["127.0.0.1:7000"] } }],
        unresolvedPlan: "slate",
        channels: [],
      },
    });
  });

  test("air/media-roots-come-from-the-environment", () => {
    const reading = readAirConfig(7_000, { HOME: "/h", RETROVUE_MEDIA_ROOTS: "/srv/a:/srv/b:" });
    expect(reading).toMatchObject({ ok: true, config: { media: { roots: ["/srv/a", "/srv/b"] } } });
  });

  test("air/a-port-that-is-that-of-the-metrics-wins", () => {
    const reading = readAirConfig(9_308, { HOME: "/h" });
    expect(reading).toMatchObject({ ok: true, config: { telemetry: { metrics: { enabled: false } } } });
  });

  test("air/unknown-flags-are-tolerated-with-a-warning", async () => {
    const { terminal, written } = recordedTerminal({ HOME: "/h" });
    const run: EngineRunner = async (config) => {
      expect(config.engine.id).toBe("air-7000");
      return 0;
    };
    expect(await runAir(["--port", "7000", "--verbose", "3"], terminal, run)).toBe(0);
    expect(written.out).toBe("");
    expect(written.err).toBe("warning: ignored: --verbose 3\n  Only --port means something here.\n");
  });
});
