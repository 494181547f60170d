import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { metricDefinitions } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { faultsOf } from "./queries.js";

const deploy = fileURLToPath(new URL("../../../../deploy/", import.meta.url));
const dashboards = readdirSync(`${deploy}grafana/dashboards`).filter((name) => name.endsWith(".json"));

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
}
interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly definition?: string }[] };
}
interface Rules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly labels: { readonly severity: string };
      readonly annotations: Readonly<Record<string, string>>;
    }[];
  }[];
}

const dashboardOf = (name: string): Dashboard =>
  JSON.parse(readFileSync(`${deploy}grafana/dashboards/${name}`, "utf8"));

describe("queries of deploy/", () => {
  test("deploy/the-check-of-queries-sees-what-is-wrong", () => {
    expect(faultsOf("rate(retrovue_playout_frames_shown_total[1m])")).toEqual([
      "no metric retrovue_playout_frames_shown_total",
    ]);
    expect(faultsOf("retrovue_playout_decode_latency_seconds")).toHaveLength(1);
    expect(faultsOf('retrovue_playout_channel_state{output="x"}')).toEqual([
      "retrovue_playout_channel_state has no label output",
    ]);
    expect(faultsOf("sum by (reason) (retrovue_playout_channel_state)")).toHaveLength(1);
    expect(faultsOf("vector(1)")).toHaveLength(1);
    expect(faultsOf('up{job="x"} == 0')).toEqual([]);
  });

  test.each(dashboards)("deploy/dashboard %s names exported metrics and their labels only", (name) => {
    const { panels, templating } = dashboardOf(name);
    const definitions = templating.list.flatMap(({ definition }) => definition ?? []);
    expect(definitions.length).toBeGreaterThan(0);
    const queries = [
      ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
      ...definitions.map((one) => /^label_values\((.+),\s*\w+\)$/s.exec(one)?.[1] ?? one),
    ];
    expect(queries.flatMap(faultsOf)).toEqual([]);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    // Nothing lies over anything else: each cell of the grid belongs to one panel.
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)} ${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });

  test("deploy/the-dashboards-show-nearly-everything-that-is-exported", () => {
    const shown = dashboards
      .flatMap((name) => dashboardOf(name).panels)
      .flatMap(({ targets }) => targets)
      .map(({ expr }) => expr)
      .join("\n");
    // One is there twice, for dashboards of another maker; conformed pictures are the rest of those decoded.
    const left = ["retrovue_clock_jitter_ms_p95", "retrovue_playout_frames_conformed_total"];
    expect(
      metricDefinitions
        .map(({ name }) => name)
        .filter((name) => !shown.includes(name))
        .sort(),
    ).toEqual(left);
  });

  test("deploy/alerts-name-exported-metrics-and-say-what-to-do", () => {
    const { groups } = parse(readFileSync(`${deploy}prometheus/alerts.yml`, "utf8")) as Rules;
    const rules = groups.flatMap((group) => group.rules);
    expect(rules.flatMap(({ expr }) => faultsOf(expr))).toEqual([]);
    for (const { alert, labels, annotations } of rules) {
      expect(Object.keys(annotations), alert).toEqual(["summary", "remedy"]);
      expect(["page", "ticket"], alert).toContain(labels.severity);
    }
    // Each rule has a case in which it fires.
    const tests = readFileSync(`${deploy}prometheus/alerts.test.yml`, "utf8");
    const fired = new Set(
      [...tests.matchAll(/^\s*alertname: (\w+)\n\s*exp_alerts:\n/gm)].map(([, name]) => name),
    );
    expect(rules.map(({ alert }) => alert).filter((alert) => !fired.has(alert))).toEqual([]);
  });
});
