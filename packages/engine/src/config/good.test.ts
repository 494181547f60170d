import { mkdirSync, mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultProgramFormat, PlayoutError } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { loadConfig, readConfig, readConfigText } from "./load.js";
import { configBytesMax } from "./source.js";

const environment = {};

/** The sample that the design's page on operations shows, word for word. */
const sample = `
engine: { id: playout-1, dataDir: ./var, isolation: process, spareWorkers: 1 }   # dataDir: applied plans, as-run; pruned by age
media:  { roots: [/srv/media], protocols: [file] }        # nothing outside is ever opened
clock:  { use: system }                                    # system | master | a plugin
frameBus: { use: "@retrovue/framebus-shm", options: { prefix: retrovue } }
decoders:                                                  # order = preference between equal scores
  - { use: "@retrovue/decoder-hw", options: { devices: [cuda, qsv, videotoolbox] } }
  - { use: "@retrovue/decoder-libav", options: { threads: { h264: 2, hevc: 3 } } }
conformer: { use: "@retrovue/conform-libav" }
renderer:  { use: "@retrovue/renderer" }
transports:
  - { use: "@retrovue/transport-grpc", options: { listen: ["127.0.0.1:50051", "unix:/run/retrovue/playout.sock"] } }
  - { use: "@retrovue/transport-connect", options: { listen: ["http://127.0.0.1:8090"] } }
telemetry: { metrics: { listen: "127.0.0.1:9308" }, log: { level: info } }
plans: { evening: ./plans/evening.yaml }
defaults:
  format: { width: 1920, height: 1080, frameRate: 30000/1001, pixelFormat: yuv420p, sampleRate: 48000, channels: 2 }
  slate: { image: ./slate.png }                            # none = built-in card with channel name and time
  lead: { minMs: 150, targetMs: 500 }
channels:
  - id: 1
    name: Demo
    plan: evening
    autostart: true
    run: always                                            # always | on-demand
    encode: { video: { codec: h264, bitrateKbps: 4000, gopMs: 1000, preset: veryfast }, audio: { codec: aac, bitrateKbps: 192 } }
    outputs: [ { type: http-ts }, { type: hls }, { type: udp, url: "udp://127.0.0.1:5001" } ]
`;

describe("config that is right", () => {
  test("config/the-sample-of-the-design-is-right-word-for-word", () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "playout-config-"));
    mkdirSync(join(folder.path, "plans"));
    writeFileSync(join(folder.path, "plans", "evening.yaml"), "segments: []\n");
    writeFileSync(join(folder.path, "slate.png"), "");
    const file = join(folder.path, "playout.yaml");
    writeFileSync(file, sample);
    const reading = readConfig(file, { environment });
    expect(reading.ok ? [] : reading.faults).toEqual([]);
    // The media folder is outside what a test may make.
    expect(reading.warnings.filter((warning) => warning.path !== "media.roots[0]")).toEqual([]);
    expect(reading).toMatchObject({
      config: {
        folder: folder.path,
        engine: { dataDir: join(folder.path, "var") },
        plans: { evening: join(folder.path, "plans", "evening.yaml") },
        defaults: { slate: { kind: "image", path: join(folder.path, "slate.png") } },
        channels: [{ id: 1, plan: "evening", format: defaultProgramFormat, outputs: [{}, {}, { ttl: 1 }] }],
      },
    });
  });

  test("config/one-channel-id-is-enough", () => {
    const reading = readConfigText("channels: [{id: 1}]\n", "/etc/playout.yaml", { environment });
    expect(reading.warnings).toEqual([]);
    expect(reading).toMatchObject({
      ok: true,
      config: {
        http: { control: { listen: "127.0.0.1:8090" }, view: { listen: "127.0.0.1:8090" } },
        channels: [
          {
            id: 1,
            name: "Channel 1",
            autostart: false,
            format: defaultProgramFormat,
            slate: { kind: "card" },
            lead: { minMs: 150, targetMs: 500 },
            outputs: [{ type: "http-ts" }],
          },
        ],
      },
    });
  });

  test("config/a-channel-takes-from-defaults-what-it-does-not-say", () => {
    const text = `
defaults:
  format: { width: 1280, height: 720, frameRate: 50, colour: { transfer: arib-std-b67 } }
  encode: { video: { bitrateKbps: 6000 } }
  slate: { clip: ./slate.mp4 }
  aspect: crop
channels:
  - id: 1
    format: { frameRate: "25", colour: { matrix: bt2020nc } }
    encode: { video: { preset: fast } }
    slate: {}
    aspect: stretch
`;
    const reading = readConfigText(text, "/etc/p.yaml", { environment, exists: () => true });
    expect(reading).toMatchObject({
      ok: true,
      config: {
        defaults: { slate: { kind: "clip", path: "/etc/slate.mp4" }, format: { aspectPolicy: "crop" } },
        channels: [
          {
            format: {
              width: 1_280,
              height: 720,
              frameRate: { num: 25, den: 1 },
              colour: { primaries: "bt709", transfer: "arib-std-b67", matrix: "bt2020nc" },
              aspectPolicy: "stretch",
            },
            encode: { video: { codec: "h264", bitrateKbps: 6_000, preset: "fast" } },
            slate: { kind: "card" },
          },
        ],
      },
    });
  });

  test("config/is-frozen-all-the-way-down", () => {
    const reading = readConfigText(sample, "/etc/p.yaml", { environment, exists: () => true });
    const unfrozen: string[] = [];
    const visit = (value: unknown, path: string): void => {
      if (typeof value !== "object" || value === null) return;
      if (!Object.isFrozen(value)) unfrozen.push(path);
      for (const [key, entry] of Object.entries(value)) visit(entry, `${path}.${key}`);
    };
    visit(reading.ok ? reading.config : { refused: true }, "config");
    expect(unfrozen).toEqual([]);
  });

  test("config/aliases-share-what-channels-have-in-common", () => {
    const text =
      "channels:\n  - id: 1\n    encode: &hd { video: { bitrateKbps: 8000 } }\n  - { id: 2, encode: *hd }\n";
    expect(readConfigText(text, "p.yaml", { environment })).toMatchObject({
      ok: true,
      config: { channels: [{}, { encode: { video: { bitrateKbps: 8_000 } } }] },
    });
  });

  test("config/a-missing-plan-file-warns-and-does-not-refuse", () => {
    const reading = readConfigText("plans: { a: ./a.yaml }\n", "/etc/p.yaml", {
      environment,
      exists: () => false,
    });
    expect(reading.ok).toBe(true);
    expect(reading.warnings).toMatchObject([
      { path: "plans.a", line: 1, column: 13, found: "nothing at /etc/a.yaml" },
    ]);
  });

  test("config/an-unknown-plan-only-warns-where-it-airs-slate", () => {
    const text = "unresolvedPlan: slate\nchannels: [{ id: 1, plan: later }]\n";
    const reading = readConfigText(text, "p.yaml", { environment });
    expect(reading).toMatchObject({ ok: true, warnings: [{ path: "channels[0].plan" }] });
  });

  test("config/control-beyond-loopback-is-right-with-a-guard", () => {
    const open = "http: { control: { listen: '0.0.0.0:8090' } }\n";
    const guards = [
      "security: { insecure: true }",
      "security: { tokens: [{ name: core, tokenFile: ./token }] }",
    ];
    for (const guard of guards) {
      const reading = readConfigText(open + guard, "p.yaml", { environment, exists: () => true });
      expect(reading.ok, guard).toBe(true);
    }
  });
});

describe("config files", () => {
  test("config/what-cannot-be-read-is-told-and-never-waited-for", () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "playout-config-"));
    const file = (name: string, content: string | Uint8Array): string => {
      const path = join(folder.path, name);
      writeFileSync(path, content);
      return path;
    };
    const found = (path: string): unknown => {
      const reading = readConfig(path, { environment });
      return reading.ok ? "right" : [reading.reason, reading.faults[0]?.found];
    };
    expect(found(join(folder.path, "none.yaml"))).toEqual(["missing", "no file of this name"]);
    expect(found(folder.path)).toEqual(["invalid", "a folder"]);
    expect(found("/dev/null")).toEqual(["invalid", "something not a file"]);
    expect(found(file("latin.yaml", Uint8Array.of(0x61, 0x3a, 0xe4)))).toEqual([
      "invalid",
      "bytes that are not UTF-8",
    ]);
    const long = file("long.yaml", `#${" ".repeat(configBytesMax)}`);
    expect(found(long)).toEqual(["invalid", `more than that (${configBytesMax + 1} bytes)`]);
    expect(found(file("bom.yaml", "\uFEFFchannels: [{ id: 1 }]"))).toBe("right");
    expect(found(file("tabs.json", '{\n\t"channels": [\n\t\t{ "id": 1 }\n\t]\n}\n'))).toBe("right");
  });

  test("config/load-throws-one-error-that-lists-every-fault", () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "playout-config-"));
    const file = join(folder.path, "playout.yaml");
    writeFileSync(file, "engine: 1\nmedia: 2\n");
    const error = (() => {
      try {
        return loadConfig(file, { environment });
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(PlayoutError);
    expect(error).toMatchObject({
      code: "InvalidConfig",
      details: {
        file,
        faults: [
          expect.stringContaining(`${file}:1:9: engine: `),
          expect.stringContaining(`${file}:2:8: media: `),
        ],
      },
    });
  });
});

describe("config/absent", () => {
  const reasonOf = (text: string) => {
    const reading = readConfigText(text, "playout.yaml", { environment: {}, exists: () => false });
    return reading.ok ? "right" : reading.reason;
  };
  const absent = "security: { tokens: [{ name: ops, tokenFile: /run/secrets/ops }] }\n";

  test("config/files-that-are-not-there-yet-are-no-fault-of-the-configuration", () => {
    expect(reasonOf(absent)).toBe("incomplete");
    expect(reasonOf(`${absent}clock: { use: ./clock.mjs }\n`)).toBe("incomplete");
    // Beside what no waiting cures it is a fault like another.
    expect(reasonOf(`${absent}engine: { id: 3 }\n`)).toBe("invalid");
    expect(reasonOf(`${absent}channels: [{ id: 1, name: One }, { id: 1, name: Two }]\n`)).toBe("invalid");
  });
});
