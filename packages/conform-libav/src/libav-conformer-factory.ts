import { type Conformer, type ConformerFactory, PlayoutError, type ProgramFormat } from "@retrovue/core";
import { LibavConformer } from "./libav-conformer.js";
import { loadNative } from "./native.js";
import { defaultOptions, type LibavConformerOptions } from "./options.js";

/** Makes conformers over zimg and libswresample; the native part is loaded at the first one. */
export class LibavConformerFactory implements ConformerFactory {
  readonly #options: LibavConformerOptions;

  constructor(options: Partial<LibavConformerOptions> = {}) {
    this.#options = { ...defaultOptions, ...options };
  }

  async open(format: ProgramFormat, signal: AbortSignal): Promise<Conformer> {
    if (signal.aborted) throw PlayoutError.from(signal.reason, "Cancelled");
    return new LibavConformer(format, loadNative(), this.#options);
  }
}
