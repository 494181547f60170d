import type { BusAddress, FrameBus } from "../bus/frame-bus.js";
import type { RenderSource } from "./renderer.js";

/**
 * A channel's bus as a renderer's source.
 *
 * @param name shown to operators beside the reader's process
 */
export function renderSource(bus: FrameBus, address: BusAddress, name = "renderer"): RenderSource {
  return {
    controlPath: bus.controlPath?.(address),
    openReader: (signal) => bus.openReader(address, { name }, signal),
  };
}
