import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mediaTime } from "@retrovue/core";
import decoderHw, { type DeviceOption, parseOptions } from "@retrovue/decoder-hw";
import { clipSources, isClip } from "@retrovue/plugin-contract";
import { beforeAll, describe, expect, test } from "vitest";
import { foldersFor, pluginFoldersOf } from "../src/plugins/plugin-folders.js";
import { buildIfStale, playout } from "./built-cli.js";

/** A folder with a configuration of these decoders; gone when it is disposed. */
function configured(decoders: (folder: string) => readonly object[], mediaRoot = ".") {
  const folder = mkdtempDisposableSync(join(tmpdir(), "playout-devices-"));
  const config = {
    channels: [{ id: 1, name: "A", plan: "test://bars" }],
    media: { roots: [mediaRoot] },
    decoders: decoders(folder.path),
  };
  writeFileSync(join(folder.path, "playout.yaml"), JSON.stringify(config));
  return folder;
}

const hardware = (folder: string, devices: readonly unknown[]) => ({
  use: decoderHw.name,
  options: { devices, folder: join(folder, "state") },
});
const never = new AbortController().signal;

async function h264Path(): Promise<string> {
  const clip = await clipSources.find(({ name }) => name === "mp4-h264-aac")?.make(never);
  if (clip === undefined || !isClip(clip) || clip.path === undefined) throw new Error("There is no clip.");
  return clip.path;
}

/** Nobody's: whatever this machine has, it has no 32nd card. */
const nobodys = { use: "cuda", index: 31 };

/** A plugin whose drivers take the process down. */
const crashing = (
  contract: string,
) => `export default { kind: "retrovue-plugin", name: "crashing", contract: "${contract}", provides: {
  decoder: { create: () => ({ devices: () => process.kill(process.pid, "SIGSEGV"), probe() {}, open() {} }) } } };`;

describe("retrovue-playout devices, as built", () => {
  beforeAll(buildIfStale, 120_000);

  test("devices/what-there-is-and-why-not", async () => {
    using folder = configured((path) => [
      hardware(path, [nobodys, { use: "standin", standin: { model: "Card of Paper", driver: "glue 1.2" } }]),
      { use: "@retrovue/decoder-libav" },
    ]);
    const { code, out, err } = await playout(["devices"], { cwd: folder.path });
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const lines = out.split("\n");
    expect(lines[0]).toBe("@retrovue/decoder-hw  playout.yaml: decoders[0]");
    expect(lines[1]).toMatch(/^ {2}cuda.*: cannot be used: \S/);
    expect(lines[2]).toBe("  standin:0: Card of Paper, glue 1.2; 0 of 8 sessions taken");
    expect(lines[3]).toMatch(/^ {4}codec +profile +bits +chroma +from +to$/);
    expect(out).toMatch(/^ {4}hevc +any +10 +4:2:0 +16x16 +8192x8192$/m);
  });

  test("devices/none-that-can-be-used-ends-with-69-and-the-reasons-as-json", async () => {
    using folder = configured((path) => [hardware(path, [nobodys, "videotoolbox"])]);
    const { code, out } = await playout(["devices", "--json"], { cwd: folder.path });
    const told = JSON.parse(out) as {
      ok: boolean;
      decoders: { decoder: string; devices: { name: string; problem?: string }[] }[];
    };
    expect([code, told.ok]).toEqual([69, false]);
    expect(told.decoders.map(({ decoder }) => decoder)).toEqual([decoderHw.name]);
    for (const { problem } of told.decoders[0]?.devices ?? []) expect(problem).toMatch(/\S/);
    expect(told.decoders[0]?.devices).toHaveLength(2);
  });

  test("devices/a-driver-that-crashes-takes-nothing-along", async () => {
    using folder = configured((path) => [{ use: join(path, "crashing.mjs") }]);
    writeFileSync(join(folder.path, "crashing.mjs"), crashing(decoderHw.contract));
    const { code, err } = await playout(["devices"], { cwd: folder.path });
    expect(err).toMatch(/^error: The process that asked the drivers ended \(SIGSEGV\)\n {2}\S/);
    expect(code).toBe(69);
  });

  test("devices/what-the-engine-has-learnt-of-devices-and-has-taken-of-them", async () => {
    const path = await h264Path();
    // Nobody else's, nor that of the same suite run beside this one: sessions are counted over the whole machine.
    const index = 21 + (process.pid % 11);
    const device: DeviceOption = { use: "standin", index };
    const decoders = [{ use: decoderHw.name, options: { devices: [device] } }];
    using folder = configured(() => [...decoders, { use: "@retrovue/decoder-libav" }], join(path, ".."));
    // As the engine makes its plugins, with nothing said of folders.
    const folders = foldersFor(pluginFoldersOf(join(folder.path, "var")), decoderHw.name);
    const inEngine = (options: object) =>
      decoderHw.provides.decoder.create(parseOptions(options), {
        log: { debug() {}, info() {}, warn() {}, error() {} },
        configFolder: folder.path,
        mediaRoots: [join(path, "..")],
        protocols: ["file"],
        ...(folders && { folders }),
      });
    const said = async (...args: string[]) => (await playout(args, { cwd: folder.path })).out;
    const factory = await inEngine({ devices: [device] });
    {
      await using _decoder = await factory.open({ uri: path }, {}, never);
      expect(await said("devices")).toContain(
        `standin:${index}: Stand-in, libavcodec; 1 of 8 sessions taken\n`,
      );
    }
    const spoilt = await inEngine({ devices: [{ ...device, standin: { wrong: "colour" } }] });
    {
      await using decoder = await spoilt.open({ uri: path }, {}, never);
      await expect(decoder.readPicture(mediaTime(0n), {}, never)).rejects.toThrow("must be bit-exact");
    }
    const devices = await said("devices");
    expect(devices).toContain("0 of 8 sessions taken");
    expect(devices).toMatch(/^ {4}not trusted with h264 .+ since 20\S+Z: Picture 0 of h264 differs/m);
    const probed = await said("probe", path);
    expect(probed).toContain("played by @retrovue/decoder-libav");
    expect(probed).toMatch(/@retrovue\/decoder-hw: No device: standin:\d+ is not trusted with h264/);
  });

  test("devices/probe-says-who-plays-on-what-and-why-not", async () => {
    const path = await h264Path();
    const probed = async (devices: readonly unknown[]) => {
      using folder = configured(
        (at) => [hardware(at, devices), { use: "@retrovue/decoder-libav" }],
        join(path, ".."),
      );
      const { code, out } = await playout(["probe", "--json", path], { cwd: folder.path });
      expect(code).toBe(0);
      return (
        JSON.parse(out) as { files: { decoder: string; candidates: { name: string; reason: string }[] }[] }
      ).files[0];
    };
    const onDevice = await probed(["standin"]);
    expect(onDevice?.decoder).toBe(decoderHw.name);
    expect(onDevice?.candidates[0]?.reason).toMatch(/^Decodes h264 .* on standin:0/);
    const inSoftware = await probed([nobodys]);
    expect(inSoftware?.decoder).toBe("@retrovue/decoder-libav");
    expect(inSoftware?.candidates[1]?.reason).toMatch(/^No device: cuda.* cannot be used \(/);
  });

  test("devices/it-works-without-a-configuration", async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "playout-devices-"));
    const { code, out } = await playout(["devices"], { cwd: folder.path });
    expect([0, 69]).toContain(code);
    expect(out).toMatch(/^@retrovue\/decoder-hw {2}nowhere configured\n {2}cuda/);
    expect(out).not.toContain("standin");
  });
});
