import { PlayoutError, type ProgramFormat, type Renderer, type RendererFactory } from "@retrovue/core";
import { LibavRenderer } from "./libav-renderer.js";
import { loadNative } from "./native.js";
import { defaultOptions, type LibavRendererOptions } from "./options.js";

/** Makes renderers over libavcodec; the native part is loaded at the first one. */
export class LibavRendererFactory implements RendererFactory {
  readonly #options: LibavRendererOptions;

  constructor(options: Partial<LibavRendererOptions> = {}) {
    this.#options = { ...defaultOptions, ...options };
  }

  async open(format: ProgramFormat, signal: AbortSignal): Promise<Renderer> {
    if (signal.aborted) throw PlayoutError.from(signal.reason, "Cancelled");
    return new LibavRenderer(format, loadNative(), this.#options);
  }
}
