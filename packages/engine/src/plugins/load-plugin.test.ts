import { mkdirSync, mkdtempDisposableSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { PlayoutError, PluginContext } from "@retrovue/core";
import pattern from "@retrovue/decoder-pattern";
import { describe, expect, test } from "vitest";
import { readConfigText } from "../config/load.js";
import { configuredPlugins, pluginUses } from "./configured-plugins.js";
import { loadPlugin, type PluginUse } from "./load-plugin.js";

const context: PluginContext = {
  log: { debug() {}, info() {}, warn() {}, error() {} },
  configFolder: "/",
  mediaRoots: [],
  protocols: [],
};

/** A plugin's module in plain JavaScript, as a third party would ship it. */
const moduleOf = (name: string, provides: string, contract = "1.0") =>
  `export default { kind: "retrovue-plugin", name: "${name}", contract: "${contract}", provides: ${provides} };`;

const decoder = "{ decoder: { create: () => ({ probe() {}, open() {} }) } }";

function folderWith(files: Readonly<Record<string, string>>) {
  const folder = mkdtempDisposableSync(join(tmpdir(), "playout-plugins-"));
  const path = realpathSync(folder.path);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  return { path, [Symbol.dispose]: () => folder.remove() };
}

const decoderUse = (use: string, options = {}): PluginUse & { readonly port: "decoder" } => ({
  port: "decoder",
  use,
  options,
  place: "playout.yaml: decoders[0]",
});

async function refusal(use: PluginUse, folder: string): Promise<PlayoutError> {
  const loading = loadPlugin(use, folder);
  return await loading.then(
    () => expect.unreachable("it was loaded"),
    (thrown) => thrown as PlayoutError,
  );
}

describe("plugins/load", () => {
  test("plugins/by-name-from-the-configurations-folder-first", async () => {
    using folder = folderWith({
      "node_modules/@acme/decoder/package.json": `{ "name": "@acme/decoder", "version": "2.3.4", "type": "module", "exports": { ".": { "default": "./main.js" } } }`,
      "node_modules/@acme/decoder/main.js": moduleOf("@acme/decoder", decoder),
      // The engine has one of this name too.
      "node_modules/@retrovue/decoder-pattern/package.json": `{ "name": "@retrovue/decoder-pattern", "version": "99.0.0", "type": "module", "exports": "./main.js" }`,
      "node_modules/@retrovue/decoder-pattern/main.js": moduleOf("mine", decoder),
    });
    expect(await loadPlugin(decoderUse("@acme/decoder"), folder.path)).toMatchObject({
      version: "2.3.4",
      plugin: { name: "@acme/decoder" },
    });
    expect(await loadPlugin(decoderUse("@retrovue/decoder-pattern"), folder.path)).toMatchObject({
      version: "99.0.0",
      plugin: { name: "mine" },
    });
  });

  test("plugins/ours-come-by-the-same-door", async () => {
    using folder = folderWith({});
    const loaded = await loadPlugin(decoderUse("@retrovue/decoder-pattern"), folder.path);
    expect(loaded.plugin.name).toBe(pattern.name);
    expect(loaded.version).toBe("0.1.0");
    const factory = await loaded.create(context, {});
    const { score } = await factory.probe({ uri: "test://pattern" }, new AbortController().signal);
    expect(score).toBe(100);
    const conformer = {
      ...decoderUse("@retrovue/engine/plugins/copy-conformer"),
      port: "conformer" as const,
    };
    expect((await loadPlugin(conformer, folder.path)).plugin.provides).toHaveProperty("conformer");
  });

  test("plugins/a-package-for-import-alone-is-found", async () => {
    using folder = folderWith({
      "node_modules/esm-only/package.json": `{ "name": "esm-only", "version": "1.0.0", "type": "module", "exports": { ".": { "import": "./main.js" }, "./sub": { "node": { "import": "./sub.js" } } } }`,
      "node_modules/esm-only/main.js": moduleOf("esm-only", decoder),
      "node_modules/esm-only/sub.js": moduleOf("esm-only/sub", decoder),
    });
    expect((await loadPlugin(decoderUse("esm-only"), folder.path)).plugin.name).toBe("esm-only");
    expect((await loadPlugin(decoderUse("esm-only/sub"), folder.path)).plugin.name).toBe("esm-only/sub");
  });

  test("plugins/by-path-of-a-module-or-of-a-packages-folder", async () => {
    using folder = folderWith({
      "one.mjs": moduleOf("one", decoder),
      "two/package.json": `{ "name": "two", "version": "0.2.0", "type": "module", "exports": "./lib/main.js" }`,
      "two/lib/main.js": moduleOf("two", decoder),
    });
    expect(await loadPlugin(decoderUse(join(folder.path, "one.mjs")), "/")).toMatchObject({
      plugin: { name: "one" },
      version: undefined,
    });
    expect(await loadPlugin(decoderUse(join(folder.path, "two")), "/")).toMatchObject({
      plugin: { name: "two" },
      version: "0.2.0",
    });
  });

  test("plugins/one-that-is-not-installed-is-told-with-place-and-remedy", async () => {
    using folder = folderWith({});
    const error = await refusal(decoderUse("@retrovue/decoder-nobody-made"), folder.path);
    expect(error.code).toBe("PluginNotFound");
    expect(error.what).toBe(
      `playout.yaml: decoders[0]: No package @retrovue/decoder-nobody-made is installed in ${folder.path}, nor with the engine.`,
    );
    expect(error.remedy).toContain("npm install @retrovue/decoder-nobody-made");
    expect(error.details).toMatchObject({ place: "playout.yaml: decoders[0]" });
  });

  test.each([
    ["throws.mjs", `throw new Error("no such device");`, "PluginNotFound", /does not load: no such device/],
    ["needs.mjs", `import "not-installed-at-all";`, "PluginNotFound", /not-installed-at-all/],
    ["nothing.mjs", "export const a = 1;", "PluginInvalid", /default export is missing/],
    ["old.mjs", moduleOf("old", decoder, "0.9"), "PluginContract", /contract 0\.9; this engine speaks/],
    [
      "clock.mjs",
      moduleOf("c", "{ clock: { create() {} } }"),
      "PluginInvalid",
      /provides no decoder, only clock/,
    ],
  ])("plugins/refused-at-its-place: %s", async (name, content, code, message) => {
    using folder = folderWith({ [name]: content });
    const error = await refusal(decoderUse(join(folder.path, name)), folder.path);
    expect(error.code).toBe(code);
    expect(error.what).toMatch(/^playout\.yaml: decoders\[0\]: /);
    expect(error.what).toMatch(message);
  });

  test("plugins/options-are-refused-at-their-place", async () => {
    using folder = folderWith({});
    const error = await refusal(decoderUse("@retrovue/decoder-pattern", { speed: 2 }), folder.path);
    expect(error.code).toBe("InvalidConfig");
    expect(error.what).toMatch(/^playout\.yaml: decoders\[0\]: .*takes no options/);
  });

  test("plugins/needs-that-cannot-be-met-are-told", async () => {
    using folder = folderWith({
      "p.mjs": moduleOf("p", `{ decoder: { needs: ["renderer"], create() {} } }`),
    });
    const loaded = await loadPlugin(decoderUse(join(folder.path, "p.mjs")), folder.path);
    await expect(loaded.create(context, {})).rejects.toMatchObject({
      code: "PluginInvalid",
      what: expect.stringMatching(/^playout\.yaml: decoders\[0\]: .*needs renderer/),
    });
  });
});

describe("plugins/configured", () => {
  const usesOf = (text: string) => {
    const reading = readConfigText(text, "/etc/retrovue/playout.yaml", {
      environment: {},
      exists: () => true,
    });
    if (!reading.ok) throw new Error("the configuration is wrong");
    return pluginUses(configuredPlugins(reading.config));
  };

  test("plugins/what-the-configuration-names-in-its-order", () => {
    const uses = usesOf(
      "decoders: [{ use: ./mine.js }, { use: '@retrovue/decoder-pattern' }]\ntransports: []\nclock: { use: ./gps.js }\n",
    );
    expect(uses.map(({ port, use, place }) => [port, use, place])).toEqual([
      ["clock", "/etc/retrovue/gps.js", "playout.yaml: clock"],
      ["frameBus", "@retrovue/framebus-shm", "playout.yaml: frameBus"],
      ["decoder", "/etc/retrovue/mine.js", "playout.yaml: decoders[0]"],
      ["decoder", "@retrovue/decoder-pattern", "playout.yaml: decoders[1]"],
      ["conformer", "@retrovue/conform-libav", "playout.yaml: conformer"],
      ["renderer", "@retrovue/renderer", "playout.yaml: renderer"],
    ]);
  });

  test("plugins/the-engines-own-clocks-are-none", () => {
    expect(usesOf("clock: { use: system }\n").map(({ port }) => port)).not.toContain("clock");
  });
});
