import { closeSync, openSync, readdirSync } from "node:fs";
import { copyFile, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { endOfMedia, mediaTime, PlayoutError } from "@retrovue/core";
import { type Clip, clipSources, isClip } from "@retrovue/plugin-contract";
import { beforeAll, describe, expect, test } from "vitest";
import plugin, { LibavDecoderFactory, parseOptions } from "../src/index.js";
import { loadNative } from "../src/native.js";

const factory = new LibavDecoderFactory(["/"], parseOptions({}));
const signal = new AbortController().signal;
const addon = fileURLToPath(new URL("../build/Release/decoder_libav.node", import.meta.url));

let clip: Clip;
beforeAll(async () => {
  const made = await clipSources.find(({ name }) => name === "mp4-h264-aac")!.make(signal);
  if (!isClip(made)) throw new Error(made.unavailable);
  clip = made;
});

async function playABit(): Promise<void> {
  await using decoder = await factory.open({ uri: clip.uri }, {}, signal);
  const picture = await decoder.readPicture(mediaTime(0n), {}, signal);
  const sound = await decoder.readSound(2_000, signal);
  if (picture !== endOfMedia) picture.release();
  if (sound !== endOfMedia) sound.release();
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "fulfilled",
    (thrown: unknown) => (PlayoutError.is(thrown) ? thrown.code : String(thrown)),
  );

async function playFrom(opener: LibavDecoderFactory, uri: string): Promise<void> {
  await using decoder = await opener.open({ uri }, {}, signal);
  const picture = await decoder.readPicture(mediaTime(0n), {}, signal);
  if (picture !== endOfMedia) picture.release();
}

describe("decoder-libav", () => {
  test("life/opens-run-at-once", { timeout: 60_000 }, async () => {
    await Promise.all(Array.from({ length: 64 }, () => playABit()));
  });

  test("life/two-worker-threads-play-and-are-torn-down-in-mid-read", { timeout: 60_000 }, async () => {
    const program = `
      const { workerData, parentPort } = require("node:worker_threads");
      const { openSync } = require("node:fs");
      const { Session } = require(workerData.addon);
      const options = { fd: openSync(workerData.path, "r"), uri: "worker", languages: [], threads: {}, picturesHeldMax: 4,
        picturesAhead: 3, soundAheadMs: 1000, ioTimeoutMs: 10000, isProbe: false };
      let read = 0;
      const session = new Session(options, () => step());
      function step() {
        if (session.info() === undefined) return;
        for (let picture; (picture = session.readPicture(-1n)); read++) session.releasePicture(picture);
        if (session.readPicture(-1n) === null) session.seek(0n);
        if (session.sought() && read > 20) parentPort.postMessage("playing");
      }
      session.keepAlive(true);
      step();`;
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
    await playABit();
  });

  test("life/a-worker-thread-ends-while-its-arguments-are-read", { timeout: 60_000 }, async () => {
    const program = `
      const { workerData } = require("node:worker_threads");
      const { openSync } = require("node:fs");
      const { Session } = require(workerData.addon);
      new Session({ fd: openSync(workerData.path, "r"), get uri() { process.exit(7); } }, () => {});`;
    const worker = new Worker(program, { eval: true, workerData: { addon, path: clip.path } });
    const status = await new Promise((resolve, reject) => {
      worker.once("exit", resolve);
      worker.once("error", reject);
    });
    expect(status).toBe(7);
    await playABit();
  });

  test("life/what-a-getter-of-the-caller-throws-comes-out-and-nothing-is-opened", () => {
    const { Session } = loadNative();
    const descriptors = () => readdirSync("/proc/self/fd").length;
    const fd = openSync(clip.path!, "r");
    const spec = {
      get uri(): string {
        throw new RangeError("mine");
      },
      fd,
    };
    const before = descriptors();
    expect(() => new Session(spec as never, () => {})).toThrow(new RangeError("mine"));
    expect(descriptors()).toBe(before);
    closeSync(fd);
  });

  test("life/views-are-empty-after-release", async () => {
    await using decoder = await factory.open({ uri: clip.uri }, {}, signal);
    const picture = await decoder.readPicture(mediaTime(0n), {}, signal);
    if (picture === endOfMedia) throw new Error("there is a picture");
    const [luma] = picture.planes;
    expect(luma!.length).toBeGreaterThan(0);
    picture.release();
    expect(luma!.length).toBe(0);
  });

  test("open/nothing-outside-the-roots", async () => {
    const folder = await mkdtemp(join(tmpdir(), "retrovue-roots-"));
    try {
      const inside = new LibavDecoderFactory([folder], parseOptions(undefined));
      const link = join(folder, "link.mp4");
      await symlink(clip.path!, link);
      await writeFile(join(folder, "text.mp4"), "nothing");
      const open = (uri: string) => codeOf(inside.open({ uri }, {}, signal));
      expect(await open(clip.uri)).toBe("MediaForbidden");
      expect(await open(link)).toBe("MediaForbidden");
      expect(await open(join(folder, "..", "x.mp4"))).toBe("MediaNotFound");
      expect(await open(join(folder, "text.mp4"))).toBe("UnsupportedMedia");
      expect(await open("http://127.0.0.1/x.mp4")).toBe("UnsupportedMedia");
      expect(await open("/dev/zero")).toBe("MediaForbidden");
      expect(await codeOf(factory.open({ uri: "/dev/zero" }, {}, signal))).toBe("UnsupportedMedia");
      // A name that only begins like the way up.
      await copyFile(clip.path!, join(folder, "..promo.mp4"));
      expect(await codeOf(playFrom(inside, join(folder, "..promo.mp4")))).toBe("fulfilled");
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("options/faults-name-their-field", () => {
    const options = plugin.provides.decoder.options;
    const fault = (value: unknown) => {
      try {
        options.parse(value);
        return "";
      } catch (thrown) {
        return PlayoutError.from(thrown).message;
      }
    };
    expect(fault({ thread: 2 })).toMatch(/^thread is not an option/);
    expect(fault({ threads: { h264: 0 } })).toMatch(/^threads\.h264 must be/);
    expect(fault({ picturesAhead: 1.5 })).toMatch(/^picturesAhead must be/);
    expect(options.parse({ threads: { h264: 2, hevc: "auto" } }).threads).toEqual({ h264: 2, hevc: 0 });
    expect(options.parse({ threads: 4 }).threads).toEqual({ default: 4 });
  });
});
