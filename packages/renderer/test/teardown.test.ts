// Environments end with renderers at work: in processes of their own, since a fault would take this one along.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { defaultProgramFormat } from "@retrovue/core";
import { renderSettings } from "@retrovue/plugin-contract";
import { describe, expect, test } from "vitest";
import { encodeSpec } from "../src/encode-spec.js";
import { defaultOptions } from "../src/options.js";

const addon = fileURLToPath(new URL("../build/Release/renderer.node", import.meta.url));
const format = { ...defaultProgramFormat, width: 64, height: 48 };
const spec = encodeSpec(format, renderSettings, { ...defaultOptions, threads: 1 });

/** What each script begins with: the addon, and a line that is lent ticks under a standing clock. */
const prelude = `
  const { Line, still } = require(${JSON.stringify(addon)});
  const spec = ${JSON.stringify(spec)};
  const planes = [new Uint8Array(64 * 48), new Uint8Array(32 * 24), new Uint8Array(32 * 24)];
  const strides = [64, 32, 32];
  const sound = [new Float32Array(2048), new Float32Array(2048)];
  const mapping = { sequence: 0, monoAnchor: 0n, houseAnchor: 100_000_000_000n, ratePpb: -1e9 };
  const open = (onNews = () => {}, path) => new Line(spec, 0, mapping, path, onNews);
  const lending = (ticks, then) => {
    let lent = 0;
    const line = open(() => {
      if (line.isLent() || line.wanted() === -2) return;
      if (lent === ticks) return then(line);
      const tick = 2990 + lent++;
      if (!line.lend(tick, planes, strides, sound, tick * 1600, 1600, true)) throw new Error("refused");
    });
    return line;
  };`;

/** Runs a script to its end, whatever that is. */
function ran(script: string): { status: number | null; signal: string | null; said: string } {
  const run = spawnSync(process.execPath, ["--expose-gc", "-e", `${prelude}\n${script}`], {
    encoding: "utf8",
    // No promise of speed: only so that one that hangs is ended.
    timeout: 25_000,
  });
  return { status: run.status, signal: run.signal, said: `${run.stdout}${run.stderr}`.trim() };
}

const quiet = (said: string) => ({ status: 0, signal: null, said });

describe("the end of an environment", () => {
  test("renderer/a-process-ends-when-its-renderer-is-closed", () => {
    expect(ran("lending(5, (line) => { line.close(); line.close(); console.log('closed'); });")).toEqual(
      quiet("closed"),
    );
  });

  test("renderer/a-process-exits-though-a-renderer-is-at-work", () => {
    expect(ran("lending(5, () => { console.log('at work'); process.exit(0); });")).toEqual(quiet("at work"));
    expect(ran("open(() => {}, '/dev/shm/no-such-bus'); process.exit(0);")).toEqual(quiet(""));
  });

  test("renderer/a-renderer-that-nobody-holds-is-collected-with-its-threads", () => {
    const script =
      "for (let i = 0; i < 20; i++) open().close(); gc(); setImmediate(() => { gc(); console.log('gone'); });";
    expect(ran(script)).toEqual(quiet("gone"));
  });

  test("renderer/planes-smaller-than-the-format-are-refused", () => {
    const script = `
      const line = open(() => {
        if (line.wanted() === -2) return;
        const short = [planes[0].subarray(1), planes[1], planes[2]];
        console.log(line.lend(3000, short, strides, sound, 0, 1600, true), line.lend(3000, planes, [63, 32, 32], sound, 0, 1600, true),
          line.lend(3000, planes, strides, [sound[0]], 0, 1600, true), line.lend(3000, planes, strides, sound, 0, 4096, true));
        line.close();
      });`;
    expect(ran(script)).toEqual(quiet("false false false false"));
  });

  test("renderer/a-worker-thread-ends-in-the-middle-of-encoding-and-stills", () => {
    const script = `
      const { Worker } = require("node:worker_threads");
      const code = ${JSON.stringify(prelude)} + \`
        const { parentPort } = require("node:worker_threads");
        const line = lending(1e9, () => {});
        const counts = new Float64Array(32);
        const begun = () => {
          line.counters(counts);
          if (counts[0] < 3) return setImmediate(begun);
          for (let i = 0; i < 8; i++) still(planes, strides, 64, 48, "yuv420p", 1, 1, 1, 1, 64);
          parentPort.postMessage("begun");
        };
        begun();\`;
      (async () => {
        for (let i = 0; i < 8; i++) {
          const worker = new Worker(code, { eval: true });
          await new Promise((resolve) => worker.once("message", resolve));
          await worker.terminate();
        }
        console.log("ended");
      })();`;
    expect(ran(script)).toEqual(quiet("ended"));
  });

  test("renderer/a-worker-thread-ends-with-lines-that-could-not-be-opened", () => {
    const script = `
      const { Worker } = require("node:worker_threads");
      const code = ${JSON.stringify(prelude)} + \`
        let refused = 0;
        for (let i = 0; i < 20; i++) {
          try { new Line({ ...spec, preset: "no-such-preset" }, 0, mapping, undefined, () => {}); } catch { refused++; }
        }
        open().close();
        process.exit(refused);\`;
      new Worker(code, { eval: true }).on("exit", (status) => console.log("refused", status));`;
    const { said, ...end } = ran(script);
    expect(end).toEqual({ status: 0, signal: null });
    // x264 says what it thinks of the preset, each time.
    expect(said).toContain("refused 20");
  });

  test("renderer/a-worker-thread-ends-while-its-arguments-are-read", () => {
    const script = `
      const { Worker } = require("node:worker_threads");
      const ends = [
        "new Line({ ...spec, get width() { process.exit(7); } }, 0, mapping, undefined, () => {})",
        "new Line(spec, 0, { get sequence() { process.exit(7); } }, undefined, () => {})",
        "still(Object.defineProperty([0, 0, 0], 0, { get: () => process.exit(7) }), strides, 64, 48, 'yuv420p', 1, 1, 1, 1, 64)",
        "lending(1, (line) => line.lend(2991, planes, Object.defineProperty([0, 0, 0], 0, { get: () => process.exit(7) }), sound, 0, 1600, true))",
      ];
      (async () => {
        for (const end of ends) {
          const worker = new Worker(${JSON.stringify(prelude)} + end, { eval: true });
          console.log(await new Promise((resolve) => worker.once("exit", resolve)));
        }
      })();`;
    expect(ran(script)).toEqual(quiet("7\n7\n7\n7"));
  });

  test("renderer/pictures-of-stills-that-were-refused-are-collected", () => {
    const script = `
      const width = 640, height = 480;
      const wanted = [];
      const calls = Array.from({ length: 60 }, () => {
        const lent = [new Uint8Array(width * height), new Uint8Array(width * height / 4), new Uint8Array(width * height / 4)];
        wanted.push(new WeakRef(lent));
        return still(lent, [width, width / 2, width / 2], width, height, "yuv420p", 1, 1, 1, 1, width);
      });
      Promise.allSettled(calls).then((results) => {
        calls.length = 0;
        setImmediate(() => {
          gc();
          const refused = results.flatMap(({ reason }, n) => (reason?.code === "QueueFull" ? [n] : []));
          const held = refused.filter((n) => wanted[n].deref() !== undefined);
          console.log(refused.length > 0, held.length);
        });
      });`;
    expect(ran(script)).toEqual(quiet("true 0"));
  });
});
