import { PlayoutControl } from "@retrovue/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Engine } from "../../src/engine.js";
import { RunningEngine, smallConfig } from "../running-engine.js";
import { call } from "./calls.js";
import { missingFromTable, type Row, type State, statusOf, tableRows } from "./table.js";
import { grpcWire, httpWires, inProcessWire, type Wire } from "./wires.js";

const asset = "test://pattern?duration=60s&size=16x16&mark=compact";
const channels = `[{ id: 1, plan: "${asset}", outputs: [] }, { id: 2, autostart: false, outputs: [] }]`;

const running = new RunningEngine();
let engine: Engine;
const wires = new Map<string, Wire>();
/** Each row that makes a channel takes an id of its own. */
let unknown = 1_000;

beforeAll(async () => {
  engine = await running.start(smallConfig(channels));
  const all = [
    await grpcWire(engine.control),
    ...(await httpWires(engine.control)),
    await inProcessWire(engine.control),
  ];
  for (const wire of all) wires.set(wire.name, wire);
});

afterAll(async () => {
  for (const wire of wires.values()) await wire[Symbol.asyncDispose]();
  await running[Symbol.asyncDispose]();
});

const { startChannel, stopChannel } = PlayoutControl.method;

/** Brings a channel into the state, with no style pinned, and gives its id. */
async function channelIn(state: State): Promise<number> {
  if (state === "unknown") return unknown++;
  const id = state === "running" ? 1 : 2;
  await call(engine.control, stopChannel, { channelId: id });
  if (state === "running") await call(engine.control, startChannel, { channelId: id, planHandle: asset });
  return id;
}

test("control/the-table-holds-every-call", () => {
  expect(missingFromTable()).toEqual([]);
  expect(tableRows().length).toBeGreaterThan(200);
});

const rowsOver = (name: string): readonly Row[] =>
  tableRows().filter(({ isBinaryOnly }) => !isBinaryOnly || name !== "Connect, JSON");

describe.each(["gRPC", "Connect, JSON", "Connect, binary", "gRPC-Web", "in-process"])(
  "control/table over %s",
  (name) => {
    test.each(rowsOver(name).map((row): [string, Row] => [row.name, row]))("%s", async (_, row) => {
      const wire = wires.get(name);
      if (wire === undefined) throw new Error(`no ${name}`);
      const { status, reason, field } = await wire.send(row.method, row.request(await channelIn(row.state)));
      const { code } = row.expected;
      expect([status, reason]).toEqual([statusOf(row.expected), code === "ok" ? undefined : code]);
      if (row.expected.field !== undefined) expect(field).toMatch(new RegExp(`^${row.expected.field}`));
    });
  },
);

test("control/after-the-table-the-engine-is-as-it-was", async () => {
  const seen = await running.watch(1, 400).catch(() => undefined);
  expect(seen === undefined || seen.length > 0).toBe(true);
  expect(running.lines.filter(({ level }) => level === "error" || level === "fatal")).toEqual([]);
});
