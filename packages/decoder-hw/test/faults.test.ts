import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { mediaTime } from "@retrovue/core";
import { expect, test } from "vitest";
import { Bench, clipOf, countPictures, never, refusal } from "./standin.js";

const clip = await clipOf("mp4-h264-aac");
const { uri } = clip;
const addon = fileURLToPath(new URL("../build/Release/decoder_hw.node", import.meta.url));
/** Thousands by command: `RETROVUE_LIFE_ROUNDS=3000 vitest run packages/decoder-hw/test/faults.test.ts`. */
const rounds = Number(process.env["RETROVUE_LIFE_ROUNDS"] ?? 100);

test("faults/a-driver-error-ends-the-decoder-at-its-picture", async () => {
  await using bench = new Bench();
  const factory = await bench.factory([{ use: "standin", standin: { errorAt: 20 } }]);
  {
    await using decoder = await factory.open({ uri }, {}, never);
    const error = await refusal(countPictures(decoder));
    expect(error.code).toBe("DecodeFailed");
    expect(error.message).toMatch(/standin:0 failed on a picture: /);
    expect((await refusal(decoder.readPicture(mediaTime(-1n), {}, never))).code).toBe("DecodeFailed");
  }
  expect(bench.lines.map(({ message }) => message)).toEqual(["standin:0 ends a decoder"]);
  // The device is as good as before, and its session was given back.
  expect((await factory.devices(never))[0]).toMatchObject({ name: "standin:0", sessions: { inUse: 0 } });
  expect((await factory.probe({ uri }, never)).score).toBe(80);
});

test("faults/a-lost-device-ends-all-its-decoders-and-is-left-alone-for-a-while", async () => {
  await using bench = new Bench();
  const factory = await bench.factory([{ use: "standin", standin: { lostAt: 20 } }]);
  await using first = await factory.open({ uri }, {}, never);
  await using second = await factory.open({ uri }, {}, never);
  expect(await countPictures(second, 5)).toBe(5);
  const error = await refusal(countPictures(first));
  expect(error).toMatchObject({ code: "DeviceUnavailable", message: /standin:0 is lost/ });
  expect((await refusal(countPictures(second))).code).toBe("DeviceUnavailable");
  const { score, reason } = await factory.probe({ uri }, never);
  expect([score, reason]).toEqual([0, expect.stringMatching(/standin:0 was lost a moment ago \(.+is lost/)]);
});

test("faults/a-slow-device-plays-all-the-same", async () => {
  await using bench = new Bench();
  const factory = await bench.factory([{ use: "standin", standin: { latencyUs: 3_000 } }]);
  await using decoder = await factory.open({ uri }, {}, never);
  expect(await countPictures(decoder, 30)).toBe(30);
});

test("faults/a-device-that-cannot-be-opened-leaves-nothing-behind", async () => {
  await using bench = new Bench();
  const missing = "libpaper.so.1 cannot be loaded: no such file";
  const factory = await bench.factory([{ use: "standin", standin: { missing } }]);
  for (let i = 0; i < 20; i++)
    expect((await refusal(factory.open({ uri }, {}, never))).message).toContain(missing);
  expect((await factory.devices(never))[0]).toMatchObject({ name: "standin:0", problem: missing });
});

test("life/descriptors-threads-and-memory-stay-flat", { timeout: 600_000 }, async () => {
  await using bench = new Bench();
  const good = await bench.factory(["standin"]);
  const failing = await bench.factory([{ use: "standin", index: 1, standin: { errorAt: 8 } }]);
  const round = async (i: number) => {
    await using decoder = await good.open({ uri }, {}, never);
    await countPictures(decoder, i % 20);
    await using doomed = await failing.open({ uri }, {}, never);
    expect((await refusal(countPictures(doomed))).code).toBe("DecodeFailed");
  };
  const count = () => [readdirSync("/proc/self/fd").length, readdirSync("/proc/self/task").length];
  for (let i = 0; i < 30; i++) await round(i);
  const before = count();
  const rssBefore = process.memoryUsage().rss;
  for (let i = 0; i < rounds; i++) await round(i);
  expect(count()).toEqual(before);
  // What a round holds is some megabytes: a leak of a hundredth of it would be seen.
  expect(process.memoryUsage().rss - rssBefore).toBeLessThan(64e6 + rounds * 40_000);
});

test("life/disposal-at-any-moment-takes-everything-along", { timeout: 60_000 }, async () => {
  await using bench = new Bench();
  const factory = await bench.factory(["standin"]);
  for (let i = 0; i < 20; i++) {
    const decoder = await factory.open({ uri }, {}, never);
    await countPictures(decoder, i % 7);
    const pending = decoder.readPicture(mediaTime(-1n), {}, never).catch((thrown: unknown) => thrown);
    await Promise.all([decoder[Symbol.asyncDispose](), decoder[Symbol.asyncDispose]()]);
    await pending;
    expect((await refusal(decoder.readPicture(mediaTime(-1n), {}, never))).code).toBe("Closed");
  }
  expect((await factory.devices(never))[0]?.sessions.inUse).toBe(0);
  const open = readdirSync("/proc/self/fd").length;
  expect(open).toBeLessThan(200);
});

test("life/worker-threads-are-torn-down-in-mid-comparison", { timeout: 60_000 }, async () => {
  const program = `
    const { workerData, parentPort } = require("node:worker_threads");
    const { openSync } = require("node:fs");
    const { Session, openDevice, comparePictures } = require(workerData.addon);
    const base = { uri: "worker", languages: [], threads: {}, picturesHeldMax: 4, picturesAhead: 3, soundAheadMs: 1000,
      ioTimeoutMs: 10000, isProbe: false };
    const standin = { model: "", driver: "", capabilities: [], driverSessionsMax: 0, missing: "", errorAt: -1, lostAt: -1,
      wrong: "", wrongAt: 0, latencyUs: 0 };
    const open = (device) => {
      const session = new Session({ ...base, fd: openSync(workerData.path, "r"), ...(device && { device }) }, () => step());
      session.keepAlive(true);
      return session;
    };
    let step = () => {};
    openDevice({ kind: "standin", index: 0, standin }).then(({ handle }) => {
      const both = [open(handle), open()];
      const pictures = [];
      let compared = 0;
      let busy = false;
      step = async () => {
        if (busy || both.some((one) => one.info() === undefined)) return;
        busy = true;
        both.forEach((one, i) => { if (!pictures[i]) pictures[i] = one.readPicture(-1n); });
        if (pictures.every((one) => one)) {
          const { exact } = await comparePictures(...pictures);
          if (!exact) throw new Error("They differ.");
          if (++compared === 5) parentPort.postMessage("comparing");
          pictures.forEach((one, i) => both[i].releasePicture(one));
          pictures.fill(undefined);
        }
        busy = false;
        if (pictures.every((one) => one === null)) both.forEach((one) => one.seek(0n));
        setImmediate(step);
      };
      step();
    });`;
  for (let round = 0; round < 5; round++) {
    const workers = [0, 1].map(
      () => new Worker(program, { eval: true, workerData: { addon, path: clip.path } }),
    );
    await Promise.all(
      workers.map(
        (worker) =>
          new Promise<void>((resolve, reject) => {
            worker.once("message", () => resolve());
            worker.once("error", reject);
          }),
      ),
    );
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  await using bench = new Bench();
  await using decoder = await (await bench.factory(["standin"])).open({ uri }, {}, never);
  expect(await countPictures(decoder, 5)).toBe(5);
});
