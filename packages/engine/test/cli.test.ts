import { mkdirSync, mkdtempDisposableSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { buildIfStale, playout, root, run, started } from "./built-cli.js";

const good = "channels:\n  - { id: 1, name: Demo, plan: 'test://bars', outputs: [{ type: hls }] }\n";
const bad = "channels:\n  - { id: one }\n  - { id: 2, plna: x }\n";

function folderWith(files: Readonly<Record<string, string>>) {
  const folder = mkdtempDisposableSync(join(tmpdir(), "playout-cli-"));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder.path, name), content);
  return folder;
}

describe("retrovue-playout as built", () => {
  beforeAll(buildIfStale, 120_000);

  test("cli/check-config-tells-what-a-right-file-would-run", async () => {
    using folder = folderWith({ "playout.yaml": good });
    const { code, out, err } = await playout(["check-config"], { cwd: folder.path });
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("./playout.yaml is right");
    expect(out).toContain("channel 1  Demo: 1920x1080 at 30000/1001 yuv420p, 48000 Hz x2");
    expect(out).toContain("plan test://bars, starts with the engine");
    for (const address of ["127.0.0.1:50051", "127.0.0.1:8090", "127.0.0.1:9308"])
      expect(out).toContain(address);
    expect(out).toContain("@retrovue/decoder-libav");
  });

  test("cli/check-config-tells-every-fault-on-stderr-with-its-remedy-below", async () => {
    using folder = folderWith({ "bad.yaml": bad });
    const { code, out, err } = await playout(["check-config", "bad.yaml"], { cwd: folder.path });
    expect({ code, out }).toEqual({ code: 78, out: "" });
    expect(err.split("\n")).toEqual([
      'error: bad.yaml:2:11: channels[0].id: expected a whole number from 1 to 2147483647, found "one"',
      "  Write a whole number from 1 to 2147483647, as in `id: 1`.",
      'error: bad.yaml:3:14: channels[1].plna: expected a known key, found "plna"',
      "  Did you mean plan?",
      "error: 2 faults in bad.yaml",
      "",
    ]);
  });

  test("cli/as-run-check-tells-what-keeps-it-from-finding-the-log", async () => {
    using folder = folderWith({ "bad.yaml": bad });
    const faulty = await playout(["as-run", "check", "--config", "bad.yaml"], { cwd: folder.path });
    expect({ code: faulty.code, out: faulty.out }).toEqual({ code: 78, out: "" });
    expect(faulty.err).toContain("bad.yaml:2:11: channels[0].id");
    const missing = await playout(["as-run", "check", "--config", "none.yaml"], { cwd: folder.path });
    expect({ code: missing.code, out: missing.out }).toEqual({ code: 66, out: "" });
    expect(missing.err).toContain("none.yaml");
  });

  test("cli/check-config-json-is-for-programs", async () => {
    using folder = folderWith({ "bad.yaml": bad, "good.yaml": good });
    const wrong = await playout(["check-config", "--json", "bad.yaml"], { cwd: folder.path });
    expect({ code: wrong.code, err: wrong.err }).toEqual({ code: 78, err: "" });
    expect(JSON.parse(wrong.out)).toMatchObject({
      ok: false,
      file: "bad.yaml",
      faults: [
        { line: 2, column: 11, path: "channels[0].id" },
        { line: 3, remedy: "Did you mean plan?" },
      ],
    });
    const right = await playout(["check-config", "--json", "good.yaml"], { cwd: folder.path });
    expect(right.code).toBe(0);
    expect(JSON.parse(right.out)).toMatchObject({
      ok: true,
      faults: [],
      runs: { channels: [{ id: 1, name: "Demo" }] },
    });
  });

  test("cli/check-config-strict-refuses-warnings", async () => {
    using folder = folderWith({ "p.yaml": "plans: { a: ./a.yaml }\n" });
    const lenient = await playout(["check-config", "p.yaml"], { cwd: folder.path });
    expect(lenient.code).toBe(0);
    expect(lenient.err).toMatch(
      /^warning: p\.yaml:1:13: plans\.a: expected a plan or media file that exists/,
    );
    expect((await playout(["check-config", "--strict", "p.yaml"], { cwd: folder.path })).code).toBe(78);
  });

  test.each(["minimal", "full"])("cli/check-config-passes-the-%s-example-as-it-lies-there", async (name) => {
    const ended = await playout(["check-config", `examples/config/${name}.yaml`]);
    expect(ended.err).not.toContain("error:");
    expect(ended.code).toBe(0);
  });

  test("cli/no-file-is-no-input-and-names-where-it-looked", async () => {
    using folder = folderWith({});
    const named = await playout(["check-config", "none.yaml"], { cwd: folder.path });
    expect(named).toMatchObject({ code: 66, out: "" });
    expect(named.err).toMatch(
      /^error: none\.yaml: expected a configuration file, found no file of this name\n {2}Check/,
    );
  });

  test("cli/a-faulty-configuration-is-told-before-anything-runs", async () => {
    using folder = folderWith({ "playout.yaml": bad });
    expect((await playout([], { cwd: folder.path })).code).toBe(78);
  });

  test.each([
    [["chek-config"], "error: unknown command 'chek-config'\n  Did you mean check-config?\n"],
    [["--confg", "x"], "error: unknown option '--confg'\n  Did you mean --config?\n"],
    [["check-config", "--jsn"], "error: unknown option '--jsn'\n  Did you mean --json?\n"],
    [["--zebra"], "error: unknown option '--zebra'\n  See retrovue-playout --help.\n"],
    [
      ["--channel", "x", "--port", "1"],
      "error: option '--channel <id>' argument 'x' is invalid\n  Write a whole number",
    ],
    [
      ["--channel", "1", "--port", "99999"],
      "error: option '--port <port>' argument '99999' is invalid\n  Write a whole",
    ],
    [["--port", "8090"], "error: --port needs --channel\n  Write --channel 1 --port 8090.\n"],
    [
      ["--log-level", "loud"],
      "error: option '--log-level <level>' argument 'loud' is invalid\n  Allowed choices are trace,",
    ],
    [["--config", ""], "error: The name of the configuration is empty\n  Name one with --config FILE.\n"],
    [
      ["check-config", "a.yaml", "b.yaml"],
      "error: too many arguments for 'check-config'. Expected 1 argument but got 2: a.yaml, b.yaml.\n  See",
    ],
    [
      ["--config", "a.yaml", "check-config", "b.yaml"],
      "error: The configuration is named twice\n  Leave out --config or the file.\n",
    ],
    [["--config"], "error: option '-c, --config <file>' argument missing\n  See retrovue-playout --help.\n"],
  ])("cli/wrong-usage %j ends with 2 and a remedy", async (args, message) => {
    const { code, out, err } = await playout(args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err.startsWith(message), err).toBe(true);
  });

  test.each(["check-plan"])("cli/a-command-of-a-later-version-says-so: %s", async (command) => {
    const { code, out, err } = await playout([command, "x"]);
    expect({ code, out }).toEqual({ code: 79, out: "" });
    expect(err).toMatch(/^error: \S+ is not built yet\n {2}See retrovue-playout --help/);
  });

  test("cli/plugins-ls-tells-what-the-configuration-loads", async () => {
    const listed = await playout([
      "--config",
      "examples/config/test-pattern.yaml",
      "plugins",
      "ls",
      "--json",
    ]);
    const { plugins } = JSON.parse(listed.out) as { plugins: readonly Record<string, unknown>[] };
    expect(plugins.slice(0, 3)).toMatchObject([
      { port: "frameBus", ok: true, name: "@retrovue/engine/plugins/memory-bus", contract: "1.0" },
      {
        port: "decoder",
        ok: true,
        name: "@retrovue/decoder-pattern",
        version: "0.1.0",
        provides: ["decoder"],
      },
      { port: "conformer", ok: true, place: "test-pattern.yaml: conformer" },
    ]);
  });

  test("cli/plugins-ls-ends-with-78-for-one-that-does-not-load", async () => {
    using folder = folderWith({ "playout.yaml": "decoders: [{ use: nobody-made-this }]\n" });
    const ended = await playout(["plugins", "ls"], { cwd: folder.path });
    expect(ended.code).toBe(78);
    expect(ended.err).toMatch(
      /error: playout\.yaml: decoders\[0\]: No package nobody-made-this is installed in/,
    );
    expect(ended.err).toContain("npm install nobody-made-this");
    const asJson = await playout(["plugins", "ls", "--json"], { cwd: folder.path });
    expect(asJson.code).toBe(78);
    expect(JSON.parse(asJson.out).plugins).toContainEqual(
      expect.objectContaining({ ok: false, error: expect.objectContaining({ code: "PluginNotFound" }) }),
    );
  });

  test("cli/probe-tells-who-would-play-it-and-what-it-is", async () => {
    const config = ["--config", "examples/config/test-pattern.yaml"];
    const uri = "test://pattern?duration=2s&rate=24000/1001&size=64x36";
    const told = await playout([...config, "probe", uri]);
    expect(told).toMatchObject({ code: 0, err: "" });
    expect(told.out).toContain("played by @retrovue/decoder-pattern");
    expect(told.out).toContain("pattern 64x36 yuv420p at 24000/1001");
    expect(told.out).toContain("100  @retrovue/decoder-pattern: It is a test pattern.");
    const asJson = await playout([...config, "probe", "--json", uri]);
    expect(JSON.parse(asJson.out)).toMatchObject({
      ok: true,
      files: [
        {
          decoder: "@retrovue/decoder-pattern",
          candidates: [{ score: 100 }],
          asset: { picture: { nominalRate: "24000/1001" }, sound: { sampleRate: 48_000 } },
        },
      ],
    });
  });

  test("cli/probe-tells-why-nobody-plays-it", async () => {
    using folder = folderWith({
      "playout.yaml": "decoders: [{ use: '@retrovue/decoder-pattern' }]\nmedia: { roots: [.] }\n",
      "a.mp4": "not a film",
    });
    const options = { cwd: folder.path };
    const unplayable = await playout(["probe", "a.mp4"], options);
    expect(unplayable.code).toBe(65);
    expect(unplayable.err).toMatch(/^error: .*a\.mp4: .*is not a test pattern/);
    expect((await playout(["probe", "b.mp4"], options)).code).toBe(66);
    const outside = await playout(["probe", "/etc/hostname"], options);
    expect(outside.code).toBe(77);
    expect(outside.err).toContain("outside of all media roots");
  });

  test("cli/help-shows-examples-and-version-the-version", async () => {
    const help = await playout(["--help"]);
    expect(help).toMatchObject({ code: 0, err: "" });
    expect(help.out).toContain("Usage: retrovue-playout [options] [command]");
    expect(help.out).toContain("retrovue-playout check-config playout.yaml");
    const asked = await playout(["help", "check-config"]);
    expect(asked).toMatchObject({ code: 0, err: "" });
    expect(asked.out).toContain("--strict");
    const version = await playout(["version", "--json"]);
    expect(JSON.parse(version.out)).toMatchObject({
      name: "retrovue-playout",
      node: expect.stringMatching(/^v24\./),
    });
    expect((await playout(["--version"])).out).toBe((await playout(["version"])).out);
  });

  test("cli/a-reader-that-goes-away-is-no-error-and-a-full-disk-is-one", async () => {
    using folder = folderWith({ "playout.yaml": good });
    const shell = (line: string) =>
      run("sh", ["-c", line, "sh", `${root}bin/retrovue-playout`], { cwd: folder.path });
    expect(await shell('"$1" --help | true')).toMatchObject({ code: 0, err: "" });
    const full = await shell('"$1" check-config > /dev/full');
    expect(full.code).toBe(74);
    expect(full.err).toMatch(/^error: the output cannot be written: .*\n {2}Check where/);
    expect(full.err).not.toContain("    at ");
  });

  test("cli/output-in-a-pipe-holds-no-colours", async () => {
    using folder = folderWith({ "playout.yaml": bad });
    const { err } = await playout(["check-config"], { cwd: folder.path });
    expect(err).not.toContain(String.fromCharCode(27));
  });
});

describe("bin", () => {
  beforeAll(buildIfStale, 120_000);

  test("bin/works-through-links-and-from-any-folder", async () => {
    using folder = folderWith({ "playout.yaml": good });
    mkdirSync(join(folder.path, "bin"));
    symlinkSync(`${root}bin/retrovue-playout`, join(folder.path, "bin", "first"));
    symlinkSync("first", join(folder.path, "bin", "second"));
    const ended = await run(join(folder.path, "bin", "second"), ["check-config"], { cwd: folder.path });
    expect(ended).toMatchObject({ code: 0, err: "" });
    expect(ended.out).toContain("./playout.yaml is right");
  });

  test("bin/passes-arguments-and-exit-code-through", async () => {
    const ended = await run(`${root}bin/retrovue-playout`, ["check-config", "a file that is not there.yaml"]);
    expect(ended.code).toBe(66);
    expect(ended.err).toContain("error: a file that is not there.yaml: ");
  });

  test("bin/retrovue_air-starts-with-a-port-and-tolerates-the-rest", async () => {
    using folder = folderWith({});
    using air = started(`${root}bin/retrovue_air`, ["--port", "7000", "--old-flag"], {
      environment: { XDG_STATE_HOME: folder.path },
    });
    await expect.poll(() => air.text.err, { timeout: 20_000 }).toContain("warning: ignored: --old-flag");
    air.child.kill("SIGKILL");
    await air.ended;
    expect((await run(`${root}bin/retrovue_air`, ["--help"])).out).toContain("RETROVUE_MEDIA_ROOTS");
  });
});
