import { once } from "node:events";
import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { buildIfStale, startedPlayout } from "./built-cli.js";
import { smallConfig } from "./running-engine.js";

const config = smallConfig(
  '[{ id: 1, name: One, plan: "test://pattern?duration=1s&size=16x16", outputs: [] }]',
).replace("use: manual", "use: system");

/** An engine in a process of its own, and its log as it comes. */
function engineOf(text: string, args: readonly string[] = []) {
  const folder = mkdtempDisposableSync(join(tmpdir(), "playout-run-"));
  writeFileSync(join(folder.path, "playout.yaml"), text);
  const engine = startedPlayout(args, { cwd: folder.path });
  const lines = () =>
    engine.text.out
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const logged = (message: string) => lines().find((line) => line["message"] === message);
  return {
    ...engine,
    logged,
    write: (other: string) => writeFileSync(join(folder.path, "playout.yaml"), other),
    untilLogged: async (message: string) => {
      await expect.poll(() => logged(message), { timeout: 20_000 }).toBeDefined();
      return logged(message) ?? {};
    },
    [Symbol.dispose]: () => {
      engine[Symbol.dispose]();
      folder.remove();
    },
  };
}

describe("running the engine", () => {
  beforeAll(buildIfStale, 120_000);

  test.each(["SIGTERM", "SIGINT"] as const)("run/%s-drains-and-ends-with-0", async (signal) => {
    using engine = engineOf(config);
    await engine.untilLogged("buffering -> ready");
    engine.child.kill(signal);
    expect(await engine.ended).toMatchObject({ code: 0, err: "" });
    expect(engine.logged("asked to stop")).toMatchObject({ signal });
    expect(engine.logged("engine stopped")).toMatchObject({ failed: 0, unfinished: 0 });
  });

  test("run/answers-on-the-addresses-that-it-logs", async () => {
    using engine = engineOf(config);
    const { control, metrics } = await engine.untilLogged("engine started");
    await engine.untilLogged("channel started");
    expect((await fetch(`http://${control}/healthz`)).status).toBe(200);
    expect(await (await fetch(`http://${metrics}/metrics`)).text()).toContain("retrovue_playout_build_info{");
    engine.child.kill("SIGTERM");
    await engine.ended;
  });

  test("run/a-hangup-reloads-what-may-change-and-names-the-rest", async () => {
    using engine = engineOf(config);
    await engine.untilLogged("buffering -> ready");
    engine.write("channels: [");
    engine.child.kill("SIGHUP");
    await engine.untilLogged("the configuration has faults: nothing was changed");
    engine.write(
      config
        .replace("id: test-1", "id: test-2")
        .replace(
          "outputs: [] }]",
          'outputs: [] }, { id: 2, plan: "test://pattern?size=16x16", outputs: [] }]',
        ),
    );
    engine.child.kill("SIGHUP");
    expect(await engine.untilLogged("configuration reloaded")).toMatchObject({ added: [2], removed: [] });
    expect(engine.logged("these need a restart of the engine and stay as they were")).toMatchObject({
      refused: ["engine.id"],
    });
    await engine.untilLogged("channel started");
    engine.child.kill("SIGTERM");
    expect((await engine.ended).code).toBe(0);
  });

  test("run/nobody-reading-its-log-does-not-hold-it-up", async () => {
    using engine = engineOf(config, ["--log-level", "trace"]);
    await engine.untilLogged("buffering -> ready");
    // Whoever destroys its end hears of no close any more.
    const exited = once(engine.child, "exit");
    engine.child.stdout.destroy();
    engine.child.kill("SIGHUP");
    engine.child.kill("SIGTERM");
    expect(await exited).toEqual([0, null]);
  });

  test("run/a-plugin-that-is-not-installed-ends-with-78-and-the-remedy", async () => {
    using engine = engineOf(config.replace("@retrovue/decoder-pattern", "nobody-made-this"));
    const { code, err } = await engine.ended;
    expect(code).toBe(78);
    expect(err).toMatch(/^error: playout\.yaml: decoders\[0\]: No package nobody-made-this is installed/);
    expect(err).toContain("npm install nobody-made-this");
  });
});
