import { fileURLToPath } from "node:url";
import conformLibav from "@retrovue/conform-libav";
import decoderLibav from "@retrovue/decoder-libav";
import decoderPattern from "@retrovue/decoder-pattern";
import framebusShm from "@retrovue/framebus-shm";
import renderer from "@retrovue/renderer";
import transportConnect from "@retrovue/transport-connect";
import transportGrpc from "@retrovue/transport-grpc";
import { describe, expect, test } from "vitest";
import { readConfigText } from "../src/config/load.js";
import { configuredPlugins } from "../src/plugins/configured-plugins.js";
import { findPlugin } from "../src/plugins/plugin-file.js";

describe("plugins of the engine", () => {
  test("plugins/those-of-an-empty-configuration-come-with-the-engine", () => {
    const reading = readConfigText("{}", "/nowhere/playout.yaml", { environment: {}, exists: () => true });
    if (!reading.ok) expect.unreachable();
    const {
      frameBus,
      decoders,
      conformer,
      renderer: encoder,
      transports,
    } = configuredPlugins(reading.config);
    const named = [frameBus, ...decoders, conformer, encoder, ...transports].map(({ use }) => use);
    const ours = [
      framebusShm,
      decoderLibav,
      decoderPattern,
      conformLibav,
      renderer,
      transportGrpc,
      transportConnect,
    ];
    expect(named).toEqual(ours.map(({ name }) => name));
    const packages = fileURLToPath(new URL("../..", import.meta.url));
    for (const use of named) {
      expect(findPlugin(use, "/nowhere").file).toContain(`${packages}${use.replace("@retrovue/", "")}/`);
    }
  });
});
