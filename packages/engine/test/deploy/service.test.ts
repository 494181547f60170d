import { spawnSync } from "node:child_process";
import { existsSync, mkdtempDisposableSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { exitCodes } from "../../src/cli/exit-codes.js";
import { readConfigText } from "../../src/config/load.js";
import { root } from "../built-cli.js";

const unit = readFileSync(`${root}deploy/systemd/retrovue-playout.service`, "utf8");
const settings = new Map(
  [...unit.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]),
);
const containerFile = readFileSync(`${root}deploy/container/Containerfile`, "utf8");
const hasSystemd = spawnSync("systemd-analyze", ["--version"]).status === 0;

interface Workload {
  readonly kind: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly template?: {
      readonly spec: {
        readonly shareProcessNamespace?: boolean;
        readonly containers: readonly {
          readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
        }[];
        readonly volumes: readonly {
          readonly name: string;
          readonly emptyDir?: { readonly medium?: string };
        }[];
      };
    };
  };
}

describe("deployment", () => {
  test.skipIf(!hasSystemd)(
    "deploy/systemd takes the unit, and rates it as hardened (skipped without systemd)",
    () => {
      using folder = mkdtempDisposableSync(join(tmpdir(), "playout-unit-"));
      const file = join(folder.path, "retrovue-playout.service");
      writeFileSync(file, unit.replaceAll("/opt/retrovue-playout/", root));
      const verified = spawnSync("systemd-analyze", ["verify", file], { encoding: "utf8" });
      expect(`${verified.stdout}${verified.stderr}`).not.toContain("retrovue-playout.service:");
      expect(verified.status).toBe(0);
      // 0 is safest, 10 worst; a unit that says nothing has 9.6. In tenths.
      const rated = (text: string) => {
        writeFileSync(file, text);
        return spawnSync("systemd-analyze", ["security", "--offline=true", "--threshold=20", file]).status;
      };
      expect(rated(unit)).toBe(0);
      expect(rated("[Service]\nExecStart=/bin/true\n")).not.toBe(0);
    },
  );

  test.skipIf(!hasSystemd)(
    "deploy/systemd leaves workers what they confine themselves with (skipped without systemd)",
    () => {
      const { stdout } = spawnSync("systemd-analyze", ["syscall-filter"], { encoding: "utf8" });
      const groups = new Map(
        stdout.split(/\n(?=@)/).map((block) => {
          const [name = "", ...lines] = block.split("\n").map((line) => line.trim());
          return [name, lines.filter((line) => line !== "" && !line.startsWith("#"))];
        }),
      );
      const expanded = (name: string): readonly string[] =>
        name.startsWith("@") ? (groups.get(name) ?? []).flatMap(expanded) : [name];
      const filters = [...unit.matchAll(/^SystemCallFilter=(.*)$/gm)].flatMap(([, words = ""]) =>
        words.split(" "),
      );
      const allowed = new Set(filters.flatMap(expanded));
      // packages/sandbox/src/native: what the launcher calls that a service usually does not.
      const needed = ["seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"];
      const ordinary = ["close_range", "execveat", "capset", "prctl", "prlimit64", "dup3"];
      expect([...needed, ...ordinary].filter((call) => !allowed.has(call))).toEqual([]);
    },
  );

  test("deploy/systemd tries for ever, unless the configuration is at fault", () => {
    expect(settings.get("Restart")).toBe("always");
    expect(settings.get("StartLimitIntervalSec")).toBe("0");
    expect(settings.get("RestartPreventExitStatus")).toBe(String(exitCodes.BadConfig.code));
  });

  test("deploy/systemd leaves the engine on air when the kernel takes a worker's memory", () => {
    // What systemd does of itself is `stop`: all channels would go off air with one worker.
    expect(settings.get("OOMPolicy")).toBe("continue");
    // Workers stand 500 above the engine (packages/sandbox), so that one of them is taken.
    expect(Number(settings.get("OOMScoreAdjust"))).toBeLessThan(0);
  });

  test("deploy/kubernetes has a configuration that is right, and shared memory of its own", () => {
    const documents = parseAllDocuments(readFileSync(`${root}deploy/kubernetes/playout.yaml`, "utf8"));
    const workloads = documents.map((document) => document.toJS() as Workload);
    const text = workloads.find(({ kind }) => kind === "ConfigMap")?.data?.["playout.yaml"] ?? "";
    const reading = readConfigText(text, "/etc/retrovue/playout.yaml", {
      environment: {},
      exists: () => true,
    });
    expect(reading.ok ? [] : reading.faults).toEqual([]);
    const pod = workloads.find(({ kind }) => kind === "StatefulSet")?.spec?.template?.spec;
    const mount = pod?.containers[0]?.volumeMounts.find(({ mountPath }) => mountPath === "/dev/shm");
    expect(pod?.volumes.find(({ name }) => name === mount?.name)?.emptyDir?.medium).toBe("Memory");
  });

  test("deploy/the engine is not the first process of its container", () => {
    const documents = parseAllDocuments(readFileSync(`${root}deploy/kubernetes/playout.yaml`, "utf8"));
    const workloads = documents.map((document) => document.toJS() as Workload);
    const pod = workloads.find(({ kind }) => kind === "StatefulSet")?.spec?.template?.spec;
    expect(pod?.shareProcessNamespace).toBe(true);
    expect(containerFile).toMatch(/^# docker run --init /m);
  });

  test("deploy/the container has a configuration that is right, and lets out what it listens on", () => {
    const text = readFileSync(`${root}deploy/container/playout.yaml`, "utf8");
    const reading = readConfigText(text, "/etc/retrovue/playout.yaml", {
      environment: {},
      exists: () => true,
    });
    expect(reading.ok ? [] : reading.faults).toEqual([]);
    const [, exposed = ""] = /^EXPOSE (.*)$/m.exec(containerFile) ?? [];
    const outside = [...text.matchAll(/"0\.0\.0\.0:(\d+)"/g)].map(([, port]) => port);
    expect(exposed.split(" ")).toEqual(outside);
  });

  test("deploy/the container has every library that the addons are built against", () => {
    const { build } = JSON.parse(readFileSync(`${root}scripts/system-packages.json`, "utf8")) as {
      build: { packages: { name: string }[] };
    };
    const wanted = build.packages.map(({ name }) => name).filter((name) => name.endsWith("-dev"));
    const missing = wanted.filter(
      (name) => !new RegExp(`\\b${name.replace(/-dev$/, "")}\\d`).test(containerFile),
    );
    expect(missing).toEqual([]);
    expect(existsSync(`${root}deploy/container/Containerfile.dockerignore`)).toBe(true);
  });
});
