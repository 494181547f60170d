import { mkdirSync, mkdtempDisposableSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readAsRun } from "../src/as-run/read-as-run.js";
import { checkAsRunFiles } from "../src/cli/as-run/check.js";
import { runProgram } from "../src/cli/program.js";
import { recordedTerminal } from "./recorded-terminal.js";
import { RunningEngine, smallConfig } from "./running-engine.js";

const pattern = "test://pattern?duration=2s&size=16x16&mark=compact";
const planOf = (broken: string) => `
end: loop
segments:
  - { id: "${"1".repeat(32)}", uri: "${pattern}", duration: 2s, title: A, labels: { event: "7" } }
  - { id: "${"2".repeat(32)}", uri: "${broken}", duration: 1s }
`;
const config = smallConfig("[{ id: 1, name: One, plan: ./plan.yaml, outputs: [] }]");

async function airedWith(broken: string, forMs: number) {
  const engine = new RunningEngine();
  writeFileSync(join(engine.folder, "plan.yaml"), planOf(broken));
  await engine.start(config);
  expect(engine.logged("channel not started")).toEqual([]);
  const seen = await engine.watch(1, forMs);
  await engine.stop();
  const dataDir = join(engine.folder, "var");
  const { terminal, written } = recordedTerminal();
  const code = await checkAsRunFiles(dataDir, { json: true }, terminal);
  return { engine, seen, dataDir, code, told: JSON.parse(written.out), record: await readAsRun(dataDir) };
}

describe("as-run log of a running engine", () => {
  test("as-run/what-aired-as-planned-is-checked-to-the-frame", async () => {
    const { engine, code, told, record } = await airedWith(pattern, 10_000);
    await using _engine = engine;
    expect(record.damaged).toBe(0);
    expect(told.runs).toMatchObject([{ channel: 1, revision: 1, differences: [] }]);
    expect(told.runs[0].segments).toBeGreaterThanOrEqual(6);
    expect(told.runs[0].exact).toBe(told.runs[0].segments);
    expect(code).toBe(0);
    const aired = record.lines.filter((line) => line.type === "aired");
    expect(aired.slice(0, 2)).toMatchObject([
      { segment: { uri: pattern, title: "A", labels: { event: "7" } }, asPlanned: 50, outcome: "completed" },
      { asPlanned: 25 },
    ]);
    expect(aired.at(-1)?.outcome).toBe("stopped");
  });

  test("as-run/a-channel-that-a-viewer-had-begin-says-so", async () => {
    await using engine = new RunningEngine();
    const { channels, addresses } = await engine.start(
      smallConfig(
        `[{ id: 1, plan: "${pattern}", outputs: [] }, { id: 2, plan: "${pattern}", run: on-demand, outputs: [] }]`,
      ),
    );
    await fetch(`http://${addresses.view}/channel/2.ts`);
    expect(channels.running(2)).toBeDefined();
    await engine.stop();
    const { lines } = await readAsRun(join(engine.folder, "var"));
    const begun = lines.flatMap((line) => (line.type === "started" ? [[line.channel, line.by]] : []));
    expect(begun).toEqual([
      [1, undefined],
      [2, "demand"],
    ]);
  });

  test("as-run/what-the-bus-showed-and-what-the-log-says-of-a-missing-file-are-the-same", async () => {
    const { engine, seen, code, told, record } = await airedWith("./gone.mp4", 10_000);
    await using _engine = engine;
    expect(code).toBe(80);
    const from = seen[0]?.tick ?? 0;
    const to = (seen.at(-1)?.tick ?? 0) + 1;
    const onBus = seen.filter(({ standIn }) => standIn !== undefined).map(({ tick }) => tick);
    const inLog = record.lines
      .flatMap((line) => (line.type === "stand-in" ? [line] : []))
      .flatMap(({ from: first, end }) => Array.from({ length: end - first }, (_, index) => first + index))
      .filter((tick) => tick >= from && tick < to);
    expect(onBus.length).toBeGreaterThan(50);
    expect(inLog).toEqual(onBus);
    const { differences } = told.runs[0] as { differences: { what: string; planned: string }[] };
    expect(new Set(differences.map(({ what }) => what))).toEqual(new Set(["stand-in"]));
    expect(new Set(differences.map(({ planned }) => planned))).toEqual(new Set(["2".repeat(32)]));
    const failed = record.lines.find((line) => line.type === "aired" && line.segment.id === "2".repeat(32));
    expect(failed).toMatchObject({ failure: { code: expect.any(String) } });
  });
});

describe("as-run check on files that cannot be read", () => {
  const started = {
    ...{ v: 1, at: "2026-01-01T00:00:00Z", type: "started", channel: 1, tick: 0, name: "One", engine: "e" },
    ...{ frameRate: "25/1", sampleRate: 48_000, revision: 1, source: "./plan.yaml" },
  };

  /** What the command says of a data folder that `make` made. */
  async function checked(make: (dataDir: string) => void) {
    using folder = mkdtempDisposableSync(join(tmpdir(), "playout-as-run-"));
    mkdirSync(join(folder.path, "plans"));
    make(folder.path);
    const { terminal, written } = recordedTerminal();
    const code = await runProgram(["as-run", "check", "--data-dir", folder.path], terminal);
    return { code, err: written.err.replaceAll(folder.path, "DATA") };
  }

  const remedy = "Run the command as a user who may read the engine's data folder";

  test("as-run/a-folder-that-cannot-be-read-is-not-told-as-missing", async () => {
    expect(await checked((dataDir) => symlinkSync("as-run", join(dataDir, "as-run")))).toEqual({
      code: 69,
      err: `error: DATA/as-run cannot be read (ELOOP)\n  ${remedy}.\n`,
    });
    expect(await checked(() => {})).toMatchObject({
      code: 2,
      err: expect.stringContaining("There is no as-run log in DATA/as-run"),
    });
  });

  test("as-run/a-log-or-a-saved-plan-that-cannot-be-read-is-named", async () => {
    const log = "2026-01-01.jsonl";
    expect(await checked((dataDir) => mkdirSync(join(dataDir, "as-run", log), { recursive: true }))).toEqual({
      code: 2,
      err: `error: DATA/as-run/${log} cannot be read (EISDIR)\n  ${remedy}.\n`,
    });
    const plan = (dataDir: string) => {
      mkdirSync(join(dataDir, "as-run"));
      writeFileSync(join(dataDir, "as-run", log), `${JSON.stringify(started)}\n`);
      mkdirSync(join(dataDir, "plans", "channel-1.json"));
    };
    expect(await checked(plan)).toEqual({
      code: 2,
      err: `error: DATA/plans/channel-1.json cannot be read (EISDIR)\n  ${remedy}, or name a plan by --plan.\n`,
    });
  });
});
