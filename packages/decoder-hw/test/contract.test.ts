import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clipSources, decoderContract } from "@retrovue/plugin-contract";
import * as vitest from "vitest";
import plugin from "../src/index.js";

/** What the stand-in decodes unless it is told otherwise (libav-kit: standin_device.cc), at 8 bits and 10. */
const decoded =
  /^(?:mp4|mkv|ts|ps|avi|webm|mov|mxf)-(?:h264|hevc|hevc10|av1|vp8|vp9|mpeg2|mpeg4|mjpeg)(?:-|$)/;
const all = clipSources.map(({ name }) => name).filter((name) => decoded.test(name));

/** Each codec once, with what is awkward for devices: reordering, fields, odd sizes, open groups, ten bits. */
const share = [
  "mp4-h264-opengop",
  "mp4-h264-odd",
  "ts-h264-mbaff",
  "mp4-hevc10-eac3",
  "mp4-av1-aac",
  "webm-vp8-vorbis",
  "webm-vp9-vorbis",
  "ts-mpeg2-interlaced",
  "avi-mpeg4-pcm16",
  "mov-mjpeg-pcm16",
];
/** All of them take minutes: `RETROVUE_HARDWARE_CLIPS=all`. */
const media = process.env["RETROVUE_HARDWARE_CLIPS"] === "all" ? all : share;

const folder = mkdtempSync(join(tmpdir(), "retrovue-hw-"));
vitest.afterAll(() => rmSync(folder, { recursive: true, force: true }));

vitest.test("the-share-is-of-what-the-stand-in-decodes", () => {
  vitest.expect(all).toEqual(vitest.expect.arrayContaining(share));
});

decoderContract({
  runner: vitest,
  plugin,
  options: { devices: ["standin"], folder, sessionsMax: 64 },
  media,
  knownFailures: [],
  title: "@retrovue/decoder-hw on a stand-in",
});
