import { decoderContract } from "@retrovue/plugin-contract";
import * as vitest from "vitest";
import plugin from "../src/index.js";

decoderContract({ runner: vitest, plugin, media: ["pattern"], knownFailures: [] });
