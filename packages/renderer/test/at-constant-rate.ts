import type { RendererFactory } from "@retrovue/core";

/** Renderers that are started with a constant rate, whatever their settings say. */
export const atConstantRate = (factory: RendererFactory, muxRateKbps: number): RendererFactory => ({
  open: async (format, signal) => {
    const renderer = await factory.open(format, signal);
    const start = renderer.start.bind(renderer);
    renderer.start = (source, clock, settings) => start(source, clock, { ...settings, muxRateKbps });
    return renderer;
  },
});
