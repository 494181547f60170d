import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clipSources, decoderContract } from "@retrovue/plugin-contract";
import * as vitest from "vitest";
import plugin from "../src/index.js";

/** What the stand-in decodes unless it is told otherwise (libav-kit: standin_device.cc), at 8 bits and 10. */
const decoded =
  /^(?:mp4|mkv|ts|ps|avi|webm|mov|mxf)-(?:h264|hevc|hevc10|av1|vp8|vp9|mpeg2|mpeg4|mjpeg)(?:-|$)/;
const media = clipSources.map(({ name }) => name).filter((name) => decoded.test(name));

const folder = mkdtempSync(join(tmpdir(), "retrovue-hw-"));
vitest.afterAll(() => rmSync(folder, { recursive: true, force: true }));

decoderContract({
  runner: vitest,
  plugin,
  options: { devices: ["standin"], folder, sessionsMax: 64 },
  media,
  knownFailures: [],
  title: "@retrovue/decoder-hw on a stand-in",
});
