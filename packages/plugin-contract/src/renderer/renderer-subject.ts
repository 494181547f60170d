import { MemoryFrameBus, type RendererFactory } from "@retrovue/core";
import type { OpenFrameBus } from "../frame-bus/bus-bench.js";
import type { Rule } from "../framework/rule.js";
import { RenderBench, type RenderBenchOptions } from "./render-bench.js";

/** What a check of the renderer suite examines. */
export class RendererSubject implements AsyncDisposable {
  readonly #benches: RenderBench[] = [];

  /**
   * @param encodes whether it makes a stream; a renderer that only counts is excused from what is said of bytes
   * @param openBus what it reads; default: a bus in this process's memory
   * @param pipes whether it has `pipeTo`; default: as `encodes`
   */
  constructor(
    readonly factory: RendererFactory,
    readonly encodes: boolean = true,
    readonly openBus: OpenFrameBus = (clock) => new MemoryFrameBus({ clock }),
    readonly pipes: boolean = encodes,
  ) {}

  /** A channel on air by hand; disposed after the check. */
  async bench(
    signal: AbortSignal,
    options: Partial<Pick<RenderBenchOptions, "format" | "epoch" | "leadTicks">> = {},
  ): Promise<RenderBench> {
    const { factory, openBus } = this;
    const bench = await RenderBench.make({ factory, openBus, ...options }, signal);
    this.#benches.push(bench);
    return bench;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const bench of this.#benches) await bench[Symbol.asyncDispose]();
  }
}

/** A rule of the renderer suite. */
export type RendererRule = Rule<RendererSubject>;

/** For rules about bytes. */
export const onlyEncoders = (subject: RendererSubject): string | undefined =>
  subject.encodes ? undefined : "makes no stream";

/** For rules about `pipeTo`. */
export const onlyPipers = (subject: RendererSubject): string | undefined =>
  subject.pipes ? undefined : "writes into no pipe";
