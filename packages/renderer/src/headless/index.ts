import {
  definePlugin,
  PlayoutError,
  type ProgramFormat,
  pluginContract,
  type RendererFactory,
} from "@retrovue/core";
import { HeadlessRenderer } from "./headless-renderer.js";

export { HeadlessRenderer } from "./headless-renderer.js";
export { type TimingFault, TimingReport } from "./timing-report.js";

/** Makes headless renderers. */
export class HeadlessRendererFactory implements RendererFactory {
  async open(format: ProgramFormat, signal: AbortSignal): Promise<HeadlessRenderer> {
    if (signal.aborted) throw PlayoutError.from(signal.reason, "Cancelled");
    return new HeadlessRenderer(format);
  }
}

/** Checks and counts what a channel's bus delivers, without an encoder: `renderer: { use: "@retrovue/renderer/headless" }`. */
export default definePlugin({
  name: "@retrovue/renderer/headless",
  contract: pluginContract,
  provides: { renderer: { create: () => new HeadlessRendererFactory() } },
});
