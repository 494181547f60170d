import { conformerContract } from "@retrovue/plugin-contract";
import * as vitest from "vitest";
import plugin, { LibavConformerFactory } from "../src/index.js";

const { conformer } = plugin.provides;

conformerContract({
  runner: vitest,
  title: "conform-libav",
  factory: () => conformer.create(conformer.options.parse(undefined)),
});
conformerContract({
  runner: vitest,
  title: "conform-libav, lanczos on three threads",
  factory: () => new LibavConformerFactory({ filter: "lanczos", threads: 3 }),
});
