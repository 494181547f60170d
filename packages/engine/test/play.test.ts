import { existsSync, mkdtempDisposableSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { configToPlay } from "../src/cli/play.js";
import { buildIfStale, playout, root, startedPlayout } from "./built-cli.js";

const clip = "test://pattern?duration=1s&size=16x16";
const natives = [
  "framebus-shm/build/Release/framebus_shm.node",
  "renderer/build/Release",
  "decoder-libav/build/Release",
  "conform-libav/build/Release",
];
const isBuilt = natives.every((path) => existsSync(`${root}packages/${path}`));

describe("play", () => {
  test("play/files-become-one-channel-beneath-whose-roots-they-lie", () => {
    const environment = { XDG_STATE_HOME: "/state" };
    const reading = configToPlay(["/films/a.mp4", "/more/b.mkv", "test://bars"], undefined, {}, environment);
    expect(reading).toMatchObject({
      ok: true,
      config: {
        engine: { dataDir: "/state/retrovue/play" },
        media: { roots: ["/films", "/more"] },
        channels: [
          { id: 1, name: "a.mp4 and 2 more", plan: "/state/retrovue/play/play.json", autostart: true },
        ],
      },
    });
    expect(
      configToPlay(["/plans/p.yaml"], "/plans/p.yaml", { http: "127.0.0.1:0" }, environment),
    ).toMatchObject({
      ok: true,
      config: {
        http: { control: { listen: "127.0.0.1:0" } },
        channels: [{ name: "p.yaml", plan: "/plans/p.yaml" }],
      },
    });
  });
});

describe.skipIf(!isBuilt)("play as built (skipped where native parts are not)", () => {
  beforeAll(buildIfStale, 120_000);

  test("play/a-clip-comes-on-air-and-ends-when-asked-to", async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "playout-play-"));
    const environment = { XDG_STATE_HOME: folder.path };
    using engine = startedPlayout(["--http", "127.0.0.1:0", "--log-level", "info", "play", clip], {
      environment,
    });
    const line = (message: string) => {
      const found = engine.text.out.split("\n").find((text) => text.includes(`"message":"${message}"`));
      return found === undefined ? undefined : (JSON.parse(found) as Record<string, unknown>);
    };
    await expect
      .poll(() => line("segment began"), { timeout: 30_000 })
      .toMatchObject({ channel: 1, asset: clip });
    const { control } = line("engine started") ?? {};
    const response = await fetch(`http://${control}/channel/1.ts`);
    expect(response.status).toBe(200);
    const first = await response.body?.getReader().read();
    expect(first?.value?.[0]).toBe(0x47);
    expect(JSON.parse(readFileSync(join(folder.path, "retrovue/play/play.json"), "utf8"))).toMatchObject({
      end: "loop",
      segments: [{ uri: clip, duration: "1.000000000s" }],
    });
    engine.child.kill("SIGTERM");
    expect((await engine.ended).code).toBe(0);
  }, 60_000);

  test("play/a-file-that-nobody-plays-is-told", async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "playout-play-"));
    writeFileSync(join(folder.path, "no.mp4"), "no film");
    const environment = { XDG_STATE_HOME: folder.path };
    const { code, err } = await playout(["play", join(folder.path, "no.mp4")], { environment });
    expect(code).toBe(65);
    expect(err).toMatch(/no\.mp4 is left out: .*\n(?:.*\n)*error: nothing is left to play/);
  }, 60_000);

  test("play/a-folder-that-cannot-be-written-is-told-with-its-remedy", async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "playout-play-"));
    // A file in its place: refused also to root.
    writeFileSync(join(folder.path, "retrovue"), "");
    const { code, err } = await playout(["play", clip], { environment: { XDG_STATE_HOME: folder.path } });
    expect(code).toBe(69);
    expect(err).toMatch(
      /error: The folder .*retrovue\/play cannot be written \((?:ENOTDIR|EEXIST)\)\n {2}Name another one/,
    );
  }, 60_000);
});
