import { clipSources, decoderContract } from "@retrovue/plugin-contract";
import * as vitest from "vitest";
import plugin from "../src/index.js";

/** Every clip that is a file: each codec and container that the project promises. */
const media = clipSources.map(({ name }) => name).filter((name) => name !== "pattern");

decoderContract({ runner: vitest, plugin, media, knownFailures: [] });
