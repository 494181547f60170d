import {
  type BusAddress,
  type Clock,
  type EncodeSettings,
  type FrameBus,
  orAbort,
  PlayoutError,
  type ProgramFormat,
  type Renderer,
  type RendererCounters,
  type RendererFactory,
  renderSource,
  type StreamTap,
} from "@retrovue/core";

/** What one channel's renderer is told. Plain values: it may be in another process. */
export interface RenderTask {
  readonly bus: BusAddress;
  readonly format: ProgramFormat;
  readonly encode: EncodeSettings;
}

/** What it works with, all borrowed. */
export interface RenderTools {
  readonly clock: Clock;
  readonly bus: FrameBus;
  readonly renderers: RendererFactory;
  /** Where the bytes go; what it is given is lent for the call. */
  readonly tap: StreamTap;
  /** Where they go instead if the renderer writes by itself: a descriptor. */
  readonly pipe?: number;
}

/** Enough to recognise anything by, and a tenth of the cost of a whole 1080p picture (pixels). */
const snapshotWidthMax = 640;

/**
 * Encodes one channel until it is told to stop: opens a renderer, which reads the channel's bus, and closes it. The same within
 * the engine and in a process of its own.
 */
export class RenderJob {
  readonly #task: RenderTask;
  readonly #tools: RenderTools;
  #renderer: Renderer | undefined;

  constructor(task: RenderTask, tools: RenderTools) {
    this.#task = task;
    this.#tools = tools;
  }

  /** Undefined until the renderer is open, and once it is closed. */
  counters(): RendererCounters | undefined {
    return this.#renderer?.counters();
  }

  /** Works until the signal aborts; resolves when all is closed. Rejects with what ended it otherwise. */
  async run(signal: AbortSignal): Promise<void> {
    const { bus, format, encode } = this.#task;
    const { clock, tap, pipe } = this.#tools;
    const renderer = await this.#tools.renderers.open(format, signal);
    try {
      renderer.start(renderSource(this.#tools.bus, bus), clock, encode);
      if (pipe !== undefined && renderer.pipeTo !== undefined) renderer.pipeTo(pipe);
      else renderer.tap(tap);
      this.#renderer = renderer;
      await orAbort(renderer.finished, signal).catch((thrown: unknown) => {
        if (!signal.aborted) throw thrown;
      });
      if (!signal.aborted)
        throw new PlayoutError("Internal", "The renderer ended although nobody told it to.");
    } finally {
      this.#renderer = undefined;
      await renderer[Symbol.asyncDispose]();
    }
  }

  /** A JPEG of the newest tick. `Unavailable` while nothing is encoded, `Unimplemented` where the renderer makes no stills. */
  async snapshot(signal: AbortSignal): Promise<Uint8Array> {
    const renderer = this.#renderer;
    if (renderer === undefined)
      throw new PlayoutError("Unavailable", "The channel's renderer is not at work yet.");
    if (renderer.snapshot === undefined)
      throw new PlayoutError("Unimplemented", "The channel's renderer makes no stills.");
    return await renderer.snapshot({ maxWidth: snapshotWidthMax }, signal);
  }
}
