import { spawnSync } from "node:child_process";
import { mkdtempDisposableSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { metricDefinitions } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { started } from "../built-cli.js";
import { RunningEngine, smallConfig } from "../running-engine.js";

const deploy = fileURLToPath(new URL("../../../../deploy/prometheus/", import.meta.url));
/** Debian's package as `npm test` unpacks it, where it is not installed. */
const unpacked = fileURLToPath(new URL("../../../../.cache/packages/prometheus/usr/bin/", import.meta.url));
const found = (command: string) =>
  [command, unpacked + command].find((program) => spawnSync(program, ["--version"]).status === 0);
const [promtool, prometheusProgram] = [found("promtool"), found("prometheus")];
const skipped = "(skipped where Debian's prometheus is neither installed nor could be fetched)";
const pattern = "test://pattern?duration=2s&size=16x16&mark=compact";

interface Target {
  readonly health: string;
  readonly lastError: string;
}

async function ask<T>(address: string, path: string): Promise<T> {
  const response = await fetch(`http://${address}/api/v1/${path}`);
  return ((await response.json()) as { data: T }).data;
}

describe.skipIf(promtool === undefined)(`promtool ${skipped}`, () => {
  test.each([
    ["check", "config", "prometheus.yml"],
    ["check", "rules", "alerts.yml"],
    ["test", "rules", "alerts.test.yml"],
  ])("deploy/promtool %s %s %s", (...args) => {
    const { status, stdout, stderr } = spawnSync(promtool ?? "", args, { cwd: deploy, encoding: "utf8" });
    expect(`${stdout}${stderr}`).not.toContain("FAILED");
    expect(status).toBe(0);
  });
});

describe.skipIf(prometheusProgram === undefined)(`Prometheus ${skipped}`, () => {
  test("deploy/a-real-prometheus-scrapes-a-running-engine-and-judges-it-by-our-rules", async () => {
    await using engine = new RunningEngine();
    await engine.start(smallConfig(`[{ id: 1, name: One, plan: "${pattern}", outputs: [] }]`));
    await engine.watch(1, 2_000);
    using folder = mkdtempDisposableSync(join(tmpdir(), "playout-prometheus-"));
    const config = readFileSync(`${deploy}prometheus.yml`, "utf8")
      .replace("127.0.0.1:9308", engine.engine.addresses.metrics ?? "")
      .replaceAll("interval: 5s", "interval: 1s")
      .replace("- alerts.yml", `- ${deploy}alerts.yml`);
    writeFileSync(join(folder.path, "prometheus.yml"), config);
    using prometheus = started(prometheusProgram ?? "", [
      `--config.file=${folder.path}/prometheus.yml`,
      `--storage.tsdb.path=${folder.path}/tsdb`,
      "--web.listen-address=127.0.0.1:0",
    ]);
    const listening = /Listening on" address=(127\.0\.0\.1:\d+)/;
    await expect.poll(() => prometheus.text.err, { timeout: 20_000 }).toMatch(listening);
    const address = listening.exec(prometheus.text.err)?.[1] ?? "";
    const targets = async () =>
      (await ask<{ activeTargets: Target[] }>(address, "targets")).activeTargets.map(
        ({ health, lastError }) => `${health} ${lastError}`,
      );
    await expect.poll(targets, { timeout: 20_000 }).toEqual(["up "]);

    const metadata = await ask<Record<string, { type: string; help: string }[]>>(address, "metadata");
    const exported = metricDefinitions.map(({ name }) => ({ name, ...metadata[name]?.[0] }));
    expect(exported).toEqual(
      metricDefinitions.map(({ name, type, help }) => ({ name, type, help, unit: "" })),
    );
    const state = async () =>
      (
        await ask<{ result: { metric: { channel: string }; value: [number, string] }[] }>(
          address,
          "query?query=retrovue_playout_channel_state",
        )
      ).result.map(({ metric, value }) => [metric.channel, value[1]]);
    await expect.poll(state, { timeout: 20_000 }).toEqual([["1", "2"]]);

    const rules = async () =>
      (await ask<{ groups: { rules: { name: string; health: string }[] }[] }>(address, "rules")).groups
        .flatMap((group) => group.rules)
        .filter(({ health }) => health !== "ok");
    // Each rule was evaluated against what the engine really exports.
    await expect.poll(rules, { timeout: 20_000 }).toEqual([]);
    prometheus.child.kill("SIGTERM");
    expect((await prometheus.ended).code).toBe(0);
  }, 90_000);
});
