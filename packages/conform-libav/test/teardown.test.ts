// Environments end with work under way: in processes of their own, since a fault would take this one along.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { defaultProgramFormat } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { recipeOf } from "../src/recipe.js";
import { formatOf } from "./pictures.js";

const addon = fileURLToPath(new URL("../build/Release/conform_libav.node", import.meta.url));
const recipe = recipeOf(formatOf(1_280, 720), defaultProgramFormat, "preserve", "bicubic");

/** What each script begins with: the addon, and a picture to convert. */
const prelude = `
  const { Conformer, Sound } = require(${JSON.stringify(addon)});
  const planes = (w, h) => [new Uint8Array(w * h), new Uint8Array((w * h) / 4), new Uint8Array((w * h) / 4)];
  const from = planes(1280, 720), into = planes(1920, 1080);
  const open = () => {
    const conformer = new Conformer(1);
    const recipe = conformer.add(Float64Array.from(${JSON.stringify([...recipe])}));
    let job = 0;
    const show = () =>
      conformer.picture(recipe, ++job, from, [1280, 640, 640], into, [1920, 960, 960], 1, 0, 0, false);
    return { conformer, show };
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

describe("the end of an environment", () => {
  test("conform/a-process-ends-though-a-conformer-is-open", () => {
    expect(ran("open(); new Sound(44100, 2, 'stereo', 48000, 2);")).toEqual({
      status: 0,
      signal: null,
      said: "",
    });
  });

  test("conform/a-process-waits-for-its-pictures", () => {
    const script = "const { show } = open(); show().then(() => console.log('shown'));";
    expect(ran(script)).toEqual({ status: 0, signal: null, said: "shown" });
  });

  test("conform/closing-settles-every-picture", () => {
    const script = `
      const { conformer, show } = open();
      const all = Array.from({ length: 20 }, () => show().then(() => "shown", (error) => error.code));
      conformer.close();
      Promise.all(all).then((ends) => console.log(ends.length, ends.at(-1)));`;
    expect(ran(script)).toEqual({ status: 0, signal: null, said: "20 Closed" });
  });

  test("conform/a-picture-outlives-all-that-refers-to-it", () => {
    const script = `
      let all = Array.from({ length: 20 }, () => open().show());
      gc();
      Promise.all(all).then(() => { all = undefined; gc(); console.log("shown"); });`;
    expect(ran(script)).toEqual({ status: 0, signal: null, said: "shown" });
  });

  test("conform/a-worker-thread-ends-in-the-middle-of-pictures", () => {
    const script = `
      const { Worker } = require("node:worker_threads");
      const code = ${JSON.stringify(prelude)} + \`
        const { show } = open();
        for (let i = 0; i < 100; i++) show();
        require("node:worker_threads").parentPort.postMessage("begun");\`;
      (async () => {
        for (let i = 0; i < 8; i++) {
          const worker = new Worker(code, { eval: true });
          await new Promise((resolve) => worker.once("message", resolve));
          await worker.terminate();
        }
        console.log("ended");
      })();`;
    expect(ran(script)).toEqual({ status: 0, signal: null, said: "ended" });
  });

  test("conform/a-worker-thread-ends-in-the-middle-of-a-call", () => {
    const script = `
      const { Worker } = require("node:worker_threads");
      const code = ${JSON.stringify(prelude)} + \`
        const { conformer, show } = open();
        require("node:worker_threads").parentPort.postMessage("begun");
        for (;;) {
          try { conformer.add(new Float64Array(3)); } catch {}
          try { new Sound(0, 0, "", 48000, 2); } catch {}
          new Sound(44100, 2, "stereo", 48000, 2);
          show().catch(() => {});
        }\`;
      (async () => {
        for (let i = 0; i < 25; i++) {
          const worker = new Worker(code, { eval: true });
          await new Promise((resolve) => worker.once("message", resolve));
          await worker.terminate();
        }
        console.log("ended");
      })();`;
    expect(ran(script)).toEqual({ status: 0, signal: null, said: "ended" });
  });

  test("conform/a-worker-thread-ends-while-its-arguments-are-read", () => {
    const script = `
      const { Worker } = require("node:worker_threads");
      const code = ${JSON.stringify(prelude)} + \`
        const { show } = open();
        Object.defineProperty(into, 0, { get: () => process.exit(7) });
        show();\`;
      new Worker(code, { eval: true }).on("exit", (status) => console.log("ended", status));`;
    expect(ran(script)).toEqual({ status: 0, signal: null, said: "ended 7" });
  });
});
