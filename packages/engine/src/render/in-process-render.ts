import { type Clock, type FrameBus, PlayoutError, type RendererFactory } from "@retrovue/core";
import type { Log } from "../log/log.js";
import { RenderJob, type RenderTask } from "./render-job.js";
import type { RenderHost, RenderLine, RenderListener } from "./render-line.js";

/** What renderers within the engine are made with. */
export interface InProcessRenderOptions {
  readonly task: RenderTask;
  readonly clock: Clock;
  readonly bus: FrameBus;
  readonly renderers: RendererFactory;
  readonly log: Log;
}

/** How often counters are told, in ticks: about each second at any house rate. */
const ticksPerReport = 30;

/** Renderers within the engine (`isolation: none`): the same job. What crashes an encoder here crashes the engine. */
export class InProcessRender implements RenderHost {
  constructor(private readonly options: InProcessRenderOptions) {}

  spawn(listener: RenderListener): RenderLine {
    const { task, log, ...tools } = this.options;
    const stop = new AbortController();
    let isGone = false;
    let reported = 0;
    const job: RenderJob = new RenderJob(task, {
      ...tools,
      tap: {
        write: (chunk) => {
          if (isGone) return;
          listener.onChunk({ ...chunk, bytes: Uint8Array.from(chunk.bytes) });
          if (chunk.tick - reported < ticksPerReport) return;
          reported = chunk.tick;
          const counters = job.counters();
          if (counters !== undefined) listener.onCounters(counters);
        },
      },
    });
    const leave = (cause: string) => {
      if (isGone) return;
      isGone = true;
      // Like a process, it is heard of later, never within the call that ended it.
      queueMicrotask(() => listener.onExit(cause));
    };
    job.run(stop.signal).then(
      () => leave("stopped"),
      (thrown: unknown) => {
        if (!stop.signal.aborted) log.error({ err: thrown }, "the renderer failed");
        leave(PlayoutError.from(thrown).code);
      },
    );
    const end = () => stop.abort(new PlayoutError("Closed", "The renderer was stopped."));
    return {
      snapshot: (signal) => job.snapshot(signal),
      stop: end,
      kill: () => {
        end();
        leave("cut off");
      },
    };
  }
}
