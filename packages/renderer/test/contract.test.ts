import { ShmFrameBus } from "@retrovue/framebus-shm";
import { rendererContract } from "@retrovue/plugin-contract";
import * as vitest from "vitest";
import { HeadlessRendererFactory } from "../src/headless/index.js";
import { LibavRendererFactory } from "../src/index.js";
import { atConstantRate } from "./at-constant-rate.js";

const openShared = () => new ShmFrameBus();

rendererContract({
  runner: vitest,
  title: "libav, shared memory mapped by native code",
  factory: () => new LibavRendererFactory(),
  openBus: openShared,
});
rendererContract({
  runner: vitest,
  title: "libav, ticks lent from memory",
  factory: () => new LibavRendererFactory(),
});
rendererContract({
  runner: vitest,
  title: "libav at a constant rate",
  factory: () => atConstantRate(new LibavRendererFactory(), 2_500),
  openBus: openShared,
});
rendererContract({
  runner: vitest,
  title: "headless",
  factory: () => new HeadlessRendererFactory(),
  encodes: false,
  openBus: openShared,
});
