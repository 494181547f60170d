import {
  type Clock,
  type FrameBus,
  type Nanoseconds,
  nanosecondsFromMs,
  PlayoutError,
  type RendererFactory,
} from "@retrovue/core";
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

/** How often counters are told. */
const reportEveryNs = nanosecondsFromMs(1_000);

/** Renderers within the engine (`isolation: none`): the same job. What crashes an encoder here crashes the engine. */
export class InProcessRender implements RenderHost {
  constructor(private readonly options: InProcessRenderOptions) {}

  spawn(listener: RenderListener): RenderLine {
    const { task, log, ...tools } = this.options;
    const { clock } = tools;
    const stop = new AbortController();
    let isGone = false;
    const job = new RenderJob(task, {
      ...tools,
      tap: {
        write: (chunk) => {
          if (!isGone) listener.onChunk({ ...chunk, bytes: Uint8Array.from(chunk.bytes) });
        },
      },
    });
    const end = () => stop.abort(new PlayoutError("Closed", "The renderer was stopped."));
    const leave = (cause: string) => {
      if (isGone) return;
      isGone = true;
      end();
      // Like a process, it is heard of later, never within the call that ended it.
      queueMicrotask(() => listener.onExit({ cause, isFromOutside: false }));
    };
    job.run(stop.signal).then(
      () => leave("stopped"),
      (thrown: unknown) => {
        if (!stop.signal.aborted) log.error({ err: thrown }, "the renderer failed");
        leave(PlayoutError.from(thrown).code);
      },
    );
    const report = async () => {
      while (!isGone) {
        await clock.sleepUntil((clock.now() + reportEveryNs) as Nanoseconds, stop.signal).catch(() => {});
        const counters = job.counters();
        if (stop.signal.aborted) return;
        if (counters !== undefined) listener.onCounters(counters);
      }
    };
    void report();
    return {
      snapshot: (signal) => job.snapshot(signal),
      stop: end,
      kill: (cause) => leave(cause),
    };
  }
}
