import type { ChildProcess } from "node:child_process";
import { EventEmitter } from "node:events";
import { SystemClock, silentMetrics } from "@retrovue/core";
import { settled, VirtualHost } from "@retrovue/core/testing";
import { expect, test } from "vitest";
import { openLog } from "../log/log.js";
import { ProcessRender } from "./process-render.js";
import type { RenderExit } from "./render-line.js";

/** A process that ends as the test says. */
class ToldProcess extends EventEmitter {
  readonly pid = 7;
  readonly connected = false;
  readonly stdio = [null, null, null, null, new EventEmitter()];

  kill(): boolean {
    setImmediate(() => this.emit("exit", null, "SIGKILL"));
    return true;
  }
}

/** A renderer in `child`, and how it ended. */
function renderIn(child: EventEmitter) {
  using clock = new SystemClock(new VirtualHost());
  const exits: RenderExit[] = [];
  const plugin = { use: "x", options: {}, place: "x" };
  const host = new ProcessRender({
    order: {
      frameBus: { ...plugin, port: "frameBus" },
      renderer: { ...plugin, port: "renderer" },
      folder: "/",
      task: {} as never,
    },
    clock,
    metrics: silentMetrics,
    log: openLog({ level: "fatal", format: "json", now: () => 0n, write: () => {} }),
    launcher: { begin: () => child as ChildProcess },
  });
  const line = host.spawn({
    onChunk: () => {},
    onCounters: () => {},
    onDropped: () => {},
    onExit: (exit) => exits.push(exit),
  });
  return { line, exits };
}

test("render/a-process-without-descriptors-is-one-that-died", async () => {
  // As Node gives it at EMFILE and ENFILE: nothing but an error, a moment later.
  const child = Object.assign(new EventEmitter(), { pid: undefined, stdio: undefined, kill: () => false });
  const { line, exits } = renderIn(child);
  line.stop();
  child.emit("error", Object.assign(new Error("spawn node EMFILE"), { code: "EMFILE" }));
  await settled();
  expect(exits).toEqual([{ cause: "spawn node EMFILE", isFromOutside: false }]);
});

test("render/who-is-killed-by-the-engine-ended-for-its-reason-and-by-others-from-outside", async () => {
  const ours = renderIn(new ToldProcess());
  ours.line.kill("gave nothing");
  ours.line.kill("did not stop");
  await settled();
  expect(ours.exits).toEqual([{ cause: "gave nothing", isFromOutside: false }]);
  const child = new ToldProcess();
  const theirs = renderIn(child);
  child.kill();
  await settled();
  expect(theirs.exits).toEqual([{ cause: "SIGKILL", isFromOutside: true }]);
});

test("render/who-is-not-understood-ended-for-that", async () => {
  const child = new ToldProcess();
  const { exits } = renderIn(child);
  child.emit("message", { kind: "nonsense" });
  await settled();
  expect(exits).toEqual([{ cause: "not understood", isFromOutside: false }]);
});
